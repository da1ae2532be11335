/** The powers of a site since the page was opened, for the small charts of the totals. */

import { useCallback, useEffect, useSyncExternalStore } from "react";
import type { SiteState } from "../api/schema";

export interface Moment {
  at: number;
  power: number | null;
  pv: number | null;
  charging: number | null;
}

/** Half an hour at one moment in five seconds. */
const LONGEST = 360;
const NONE: readonly Moment[] = [];

const kept = new Map<string, readonly Moment[]>();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function keep(site: string, moment: Moment): void {
  const before = kept.get(site) ?? NONE;
  if (before.at(-1)?.at === moment.at) return;
  kept.set(site, [...before, moment].slice(-LONGEST));
  for (const listener of listeners) listener();
}

export function useTrend(site: string, state: SiteState, at: number): readonly Moment[] {
  useEffect(() => {
    const { power_now: power, pv_now: pv, charging_now: charging } = state;
    keep(site, { at, power, pv, charging });
  }, [site, state, at]);
  const get = useCallback(() => kept.get(site) ?? NONE, [site]);
  return useSyncExternalStore(subscribe, get);
}
