/** How a line is, in one word, and the order and choice of lines. */

import type { LineItem } from "../api/schema";

/** The worst first. */
export const LINE_STATES = [
  "down",
  "silent",
  "late",
  "letters",
  "unknown",
  "refused",
  "normal",
] as const;
export type LineState = (typeof LINE_STATES)[number];

export function answering(line: LineItem): number {
  return line.devices.filter((device) => device.state === "answering").length;
}

export function refusedOn(line: LineItem): number {
  return line.devices.reduce((sum, device) => sum + Object.keys(device.refused).length, 0);
}

export function stateOf(line: LineItem): LineState {
  if (!line.connected) return "down";
  if (line.devices.some((device) => device.state === "silent")) return "silent";
  if ((line.rates["skipped"] ?? 0) > 0) return "late";
  if ((line.rates["dead_letters"] ?? 0) > 0 || line.refused_subscriptions > 0) return "letters";
  if (line.devices.length > 0 && answering(line) === 0) return "unknown";
  return refusedOn(line) > 0 ? "refused" : "normal";
}

/** What is listened to has messages where others have requests. */
export function load(line: LineItem): { rate: number | undefined; of: "requests" | "messages" } {
  const of = "messages" in line.counters ? "messages" : "requests";
  return { rate: line.rates[of], of };
}

export const LINE_ORDERS = [
  "state",
  "name",
  "devices",
  "load",
  "timeouts",
  "exceptions",
  "garbled",
  "skipped",
  "late",
  "p99",
] as const;
export type LineOrder = (typeof LINE_ORDERS)[number];

const byName = new Intl.Collator("en", { numeric: true });

/** What a line is ordered by, the largest first; what is not counted comes last. */
function figure(line: LineItem, order: LineOrder): number {
  switch (order) {
    case "devices":
      return line.devices.length - answering(line);
    case "load":
      return load(line).rate ?? -1;
    case "late":
      return line.lateness_ms ?? -1;
    case "p99":
      return line.lateness_p99_ms ?? -1;
    case "name":
    case "state":
      return -LINE_STATES.indexOf(stateOf(line));
    default:
      return line.counters[order] ?? -1;
  }
}

export function ordered(
  lines: readonly LineItem[],
  order: LineOrder,
  turned: boolean,
): readonly LineItem[] {
  const sign = turned ? -1 : 1;
  return [...lines].sort((a, b) => {
    const names = byName.compare(a.name, b.name);
    if (order === "name") return sign * names;
    return sign * (figure(b, order) - figure(a, order)) || names;
  });
}

export function fits(line: LineItem, state: LineState | undefined, words: string): boolean {
  if (state !== undefined && stateOf(line) !== state) return false;
  if (words === "") return true;
  const devices = line.devices.flatMap((each) => [each.device, ...Object.values(each.name)]);
  return [line.name, line.protocol ?? "", ...devices]
    .join(" ")
    .toLowerCase()
    .includes(words.toLowerCase());
}
