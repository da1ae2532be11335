/** Choosing and ordering the places of the coverage page. */

import type { CoverageItem } from "../api/schema";

export const SYSTEMS = ["fire", "elevator"] as const;
export type CoverageSystem = (typeof SYSTEMS)[number];

export const STATES = ["unprotected", "degraded", "protected"] as const;
export type CoverageState = (typeof STATES)[number];

export interface CoverageFilter {
  system?: CoverageSystem | undefined;
  state?: CoverageState | undefined;
  reason?: string | undefined;
}

export function fits(item: CoverageItem, filter: CoverageFilter): boolean {
  return (
    (filter.system === undefined || item.system === filter.system) &&
    (filter.state === undefined || item.state === filter.state) &&
    (filter.reason === undefined || item.reasons.includes(filter.reason))
  );
}

/** What is worst stands first, places in the order of the estate. */
export function worstFirst(items: readonly CoverageItem[]): CoverageItem[] {
  const rank = (item: CoverageItem) => {
    const found = STATES.findIndex((state) => state === item.state);
    return found === -1 ? 0 : found;
  };
  return [...items].sort((a, b) => rank(a) - rank(b));
}

export function reasonsOf(items: readonly CoverageItem[]): string[] {
  return [...new Set(items.flatMap((item) => item.reasons))].sort();
}
