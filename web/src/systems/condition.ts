/** How a device is, from its connection, its alarms and its live values. */

import type { DeviceSummary } from "../api/schema";
import { isAlarming } from "../format/value";
import type { PointValues } from "../live/store";

export const CONDITIONS = ["alarming", "silent", "unknown", "normal"] as const;
export type Condition = (typeof CONDITIONS)[number];

export function conditionOf(device: DeviceSummary, values: PointValues): Condition {
  if (device.alarms > 0 || values.get("state")?.value === "fault") return "alarming";
  for (const item of values.values()) {
    if (item.value !== null && isAlarming(item.point, item.value)) return "alarming";
  }
  if (device.connected === false) return "silent";
  const old = [...values.values()].some((item) => item.quality === "stale");
  return device.connected === null || values.size === 0 || old ? "unknown" : "normal";
}

/** A value that may be believed now, as a number. */
export function goodNumber(values: PointValues, point: string): number | null {
  const item = values.get(point);
  return item !== undefined && item.quality === "good" && typeof item.value === "number"
    ? item.value
    : null;
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}
