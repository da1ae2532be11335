/** How a device is, from its connection, its alarms and its live values. */

import type { DeviceSummary } from "../api/schema";
import { isAlarming } from "../format/value";
import type { PointValues } from "../live/store";

export const CONDITIONS = ["alarming", "silent", "unknown", "normal"] as const;
export type Condition = (typeof CONDITIONS)[number];

/** Whether something was heard, and every one of these points may be believed now. */
export function isKnown(points: readonly string[], values: PointValues): boolean {
  return (
    values.size > 0 &&
    points.every((point) => {
      const item = values.get(point);
      return item !== undefined && item.value !== null && item.quality === "good";
    })
  );
}

/**
 * Normal is only said of a device whose safety values, and those of all its parts, are known and
 * good, and of which nothing else is out of date.
 */
export function conditionOf(
  device: DeviceSummary,
  values: PointValues,
  parts: readonly PointValues[],
): Condition {
  if (device.alarms > 0 || values.get("state")?.value === "fault") return "alarming";
  for (const each of [values, ...parts]) {
    for (const item of each.values()) {
      if (item.value !== null && isAlarming(item.point, item.value)) return "alarming";
    }
  }
  if (device.connected === false) return "silent";
  const old = [...values.values()].some((item) => item.quality === "stale");
  const unknown =
    device.connected === null ||
    old ||
    !isKnown(device.safety_points, values) ||
    parts.length < device.parts ||
    parts.some((part) => !isKnown(device.part_safety_points, part));
  return unknown ? "unknown" : "normal";
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
