/** What is on the wall now: pictures that follow each other, or the one that somebody holds. */

import { useEffect, useState } from "react";
import { useViewportSize } from "@mantine/hooks";
import type { SceneName } from "../search";

export interface Picture {
  scene: SceneName;
  /** From 0: a scene with more than fits has several pictures. */
  page: number;
  pages: number;
}

/** How many things of a size fit onto the wall; sizes in letters, as everything there is. */
export interface Room {
  columns: number;
  rows: number;
}

/** Font size of the wall, as `wall.css` has it: 1.25 % of the width, 13 to 40. [px] */
export function letterOf(width: number, height: number): number {
  return Math.min(40, Math.max(13, Math.min(width * 0.0125, height * 0.022)));
}

/** Letters that the header, the notices and the footer take of the height. */
const FRAME = 13;

export function useRoom(wide: number, high: number, frame = FRAME): Room {
  const { width, height } = useViewportSize();
  const letter = letterOf(width, height);
  return {
    columns: Math.max(1, Math.floor((width / letter - 2) / wide)),
    rows: Math.max(1, Math.floor((height / letter - frame) / high)),
  };
}

export function picturesOf(pages: Readonly<Record<SceneName, number>>): Picture[] {
  return (Object.keys(pages) as SceneName[]).flatMap((scene) =>
    Array.from({ length: Math.max(1, pages[scene]) }, (_, page) => ({
      scene,
      page,
      pages: Math.max(1, pages[scene]),
    })),
  );
}

/** Goes to the next picture after a while, unless it is held; by key or button at once. */
export function useTurn(count: number, every: number, held: boolean, first: number) {
  const [turn, setTurn] = useState(first);
  const index = ((turn % count) + count) % count;
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => setTurn(index + 1), every * 1000);
    return () => clearTimeout(timer);
  }, [index, every, held]);
  return [index, setTurn] as const;
}
