/** Nothing moves under the cursor: while a pointer is at work in a list, its rows stay in place. */

import { useEffect, useMemo, useState, type RefObject } from "react";

/** A pointer that has not moved for so long is not at work. [ms] */
const RESTS_MS = 4000;

/** Whether a pointer moves in an element, or has done so a moment ago. */
export function usePointing(target: RefObject<HTMLElement | null>): boolean {
  const [pointing, setPointing] = useState(false);
  useEffect(() => {
    const element = target.current;
    if (element === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const rest = () => setPointing(false);
    const move = () => {
      setPointing(true);
      clearTimeout(timer);
      timer = setTimeout(rest, RESTS_MS);
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerleave", rest);
    return () => {
      clearTimeout(timer);
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerleave", rest);
    };
  }, [target]);
  return pointing;
}

/** The items, each as it is now, in the order they had; `fresh` is how many wait to be let in. */
export function useSteady<T>(
  items: readonly T[],
  keyOf: (item: T) => number,
  still: boolean,
): { shown: readonly T[]; fresh: readonly T[] } {
  const [kept, setKept] = useState(items);
  if (!still && kept !== items) setKept(items);
  return useMemo(() => {
    if (!still) return { shown: items, fresh: [] };
    const now = new Map(items.map((item) => [keyOf(item), item]));
    const known = new Set(kept.map(keyOf));
    return {
      shown: kept.map((item) => now.get(keyOf(item)) ?? item),
      fresh: items.filter((item) => !known.has(keyOf(item))),
    };
  }, [items, kept, keyOf, still]);
}
