/** The figures of the safety report against what they should be (docs/kpi.md). Pure. */

import type { SafetyFigures, SafetyItem } from "../api/schema";

export interface Figure {
  name: "per_operator" | "peak" | "floods" | "chattering" | "stale" | "unacknowledged";
  value: (figures: SafetyFigures) => number;
  /** What the value must not be above. */
  most: number;
  /** What stands below the heading. */
  target: string;
  places: number;
}

export function unacknowledged(figures: SafetyFigures): number {
  return Object.values(figures.classes).reduce((sum, one) => sum + one.unacknowledged, 0);
}

export function judged(figures: SafetyFigures): { judged: number; wrong: number } {
  const classes = Object.values(figures.classes);
  return {
    judged: classes.reduce((sum, one) => sum + one.judged, 0),
    wrong: classes.reduce((sum, one) => sum + one.false_alarms, 0),
  };
}

/** EEMUA 191: one alarm per operator and ten minutes, ten at most; the rest as docs/kpi.md says. */
export const FIGURES: readonly Figure[] = [
  {
    name: "unacknowledged",
    value: unacknowledged,
    most: 0,
    target: "0",
    places: 0,
  },
  {
    name: "per_operator",
    value: (one) => one.per_operator_10min,
    most: 1,
    target: "≤ 1",
    places: 2,
  },
  { name: "peak", value: (one) => one.peak_10min, most: 10, target: "≤ 10", places: 0 },
  { name: "floods", value: (one) => one.floods.length, most: 0, target: "0", places: 0 },
  { name: "chattering", value: (one) => one.chattering.length, most: 0, target: "0", places: 0 },
  { name: "stale", value: (one) => one.stale, most: 4, target: "< 5", places: 0 },
];

/** Longest time until somebody is on site after an entrapment (TSG T5002). [s] */
export const ARRIVE_S: Readonly<Record<string, number>> = { entrapment: 1800 };

export function missed(figure: Figure, figures: SafetyFigures): boolean {
  return figure.value(figures) > figure.most;
}

function faults(figures: SafetyFigures): number {
  return FIGURES.filter((figure) => missed(figure, figures)).length;
}

/** The most missed targets first, then the most unacknowledged, then the most alarms. */
export function worstFirst(rows: readonly SafetyItem[]): SafetyItem[] {
  return [...rows].sort(
    (a, b) =>
      faults(b.figures) - faults(a.figures) ||
      unacknowledged(b.figures) - unacknowledged(a.figures) ||
      b.figures.alarms - a.figures.alarms,
  );
}
