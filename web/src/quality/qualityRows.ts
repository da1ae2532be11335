/** The order and choice of rows of data quality, and how a share reads. */

import type { QualityItem } from "../api/schema";

export const GROUPS = ["device", "site", "kind", "line"] as const;
export type Group = (typeof GROUPS)[number];

export const QUALITY_DAYS = [7, 14, 30] as const;
export type QualityDays = (typeof QUALITY_DAYS)[number];

export const MEASURES = ["completeness", "online"] as const;
export type Measure = (typeof MEASURES)[number];

export const QUALITY_ORDERS = ["worst", "name", "completeness", "online", "faults"] as const;
export type QualityOrder = (typeof QUALITY_ORDERS)[number];

/** The shares at which a figure is good, passable and poor; what lies below is bad. */
const LEVELS = [0.99, 0.95, 0.8] as const;
export type Level = "good" | "fair" | "poor" | "bad" | "unknown";

export function levelOf(share: number | null | undefined): Level {
  if (share === null || share === undefined) return "unknown";
  if (share >= LEVELS[0]) return "good";
  if (share >= LEVELS[1]) return "fair";
  return share >= LEVELS[2] ? "poor" : "bad";
}

/** A share in whole percent, rounded down: 100 says that nothing is missing. */
export function cell(share: number): string {
  const percent = Math.floor(share * 100 + 1e-9);
  return share > 0 && percent === 0 ? "<1" : String(percent);
}

export function faults(item: QualityItem): number {
  const count = (found: Record<string, number>) =>
    Object.values(found).reduce((sum, each) => sum + each, 0);
  const { figures } = item;
  return figures === null ? -1 : count(figures.suspect) + count(figures.missing);
}

/** The worse of the two shares; what is not known comes last. */
function worst(item: QualityItem): number {
  const shares = [item.figures?.completeness, item.figures?.online].filter(
    (share) => share !== null && share !== undefined,
  );
  return shares.length === 0 ? 2 : Math.min(...shares);
}

const byName = new Intl.Collator("en", { numeric: true });

function figure(item: QualityItem, order: QualityOrder): number {
  switch (order) {
    case "completeness":
      return item.figures?.completeness ?? 2;
    case "online":
      return item.figures?.online ?? 2;
    case "faults":
      return -faults(item);
    default:
      return worst(item);
  }
}

/** The worst first, or last where the order is turned; the unknown is last in any case. */
export function ordered(
  items: readonly QualityItem[],
  order: QualityOrder,
  turned: boolean,
  name: (item: QualityItem) => string,
): readonly QualityItem[] {
  const sign = turned ? -1 : 1;
  return [...items].sort((a, b) => {
    const unknown = Number(a.figures === null) - Number(b.figures === null);
    const names = byName.compare(name(a), name(b)) || byName.compare(a.key, b.key);
    if (order === "name") return sign * names;
    return unknown || sign * (figure(a, order) - figure(b, order)) || names;
  });
}

export function fits(item: QualityItem, words: string): boolean {
  return [item.key, ...Object.values(item.name)]
    .join(" ")
    .toLowerCase()
    .includes(words.toLowerCase());
}

/** The dates from one to another, both included. */
export function datesOf(first: string, last: string): string[] {
  const found: string[] = [];
  const end = Date.parse(last);
  for (let at = Date.parse(first); at <= end; at += 86_400_000) {
    found.push(new Date(at).toISOString().slice(0, 10));
  }
  return found;
}
