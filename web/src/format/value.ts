/** One live value, as it may be shown: the unknown never as a figure, the old never as live. */

import type { LatestItem, PointInfo } from "../api/schema";
import { label } from "../i18n";
import { quantity, UNKNOWN } from "./number";
import type { Language } from "./time";

export type Shown =
  | { state: "never" }
  | { state: "missing"; reason: string | null }
  | { state: "good" | "suspect" | "stale"; text: string; unit: string; alarming: boolean };

/** Points whose `true` is something to look at. */
const ALARMING = new Set([
  "fire",
  "smoke",
  "gas_alarm",
  "alarm",
  "fault",
  "shielded",
  "supervisory",
  "test",
  "mains_fault",
  "battery_fault",
  "bus_fault",
  "battery_low",
  "tamper",
  "water_leak",
  "entrapment",
  "alarm_button",
  "forced_open",
  "held_open",
  "tailgating",
]);

export function isAlarming(point: string, value: LatestItem["value"]): boolean {
  return value === true && (ALARMING.has(point) || point.startsWith("fault_"));
}

export interface Words {
  language: Language;
  yes: string;
  no: string;
}

function written(item: LatestItem, info: PointInfo | undefined, words: Words) {
  const value = item.value;
  if (typeof value === "number") return quantity(value, item.unit, words.language);
  if (typeof value === "boolean") return { text: value ? words.yes : words.no, unit: "" };
  const named = info?.values[String(value)];
  return { text: named === undefined ? String(value) : label(named, words.language), unit: "" };
}

export function show(
  item: LatestItem | undefined,
  info: PointInfo | undefined,
  words: Words,
): Shown {
  if (item === undefined) return { state: "never" };
  if (item.value === null || item.quality === "missing") {
    return { state: "missing", reason: item.reason };
  }
  const state =
    item.quality === "good" || item.quality === "suspect" || item.quality === "stale"
      ? item.quality
      : "suspect";
  return { state, ...written(item, info, words), alarming: isAlarming(item.point, item.value) };
}

/** The moment an age is counted from: the device's clock where it is trusted, else the arrival. */
export function takenAt(item: LatestItem): number {
  return Date.parse(item.source_at ?? item.received_at);
}

export { UNKNOWN };
