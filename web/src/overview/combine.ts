/** What several sites come to together, for a person who sees only parts of the estate. */

import type { PowerShare, SiteNode, SiteState } from "../api/schema";
import { severityRank } from "../ui/badges";

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** Unknown as soon as one of them is; `null` where nothing measures it stays out of it. */
function sumOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? sum(known) : null;
}

type Figure = "power" | "grid" | "pv" | "charging";

function measured(states: readonly SiteState[], figure: Figure): SiteState[] {
  return states.filter((state) => state.shares[figure]?.sources !== 0);
}

function share(states: readonly SiteState[], figure: Figure): PowerShare {
  const shares = states.flatMap((state) => state.shares[figure] ?? []);
  const known = shares.flatMap((each) => each.known ?? []);
  return {
    known: known.length === 0 ? null : sum(known),
    sources: sum(shares.map((each) => each.sources)),
    unknown: sum(shares.map((each) => each.unknown)),
  };
}

function powerOf(states: readonly SiteState[], figure: Figure): number | null {
  const there = measured(states, figure);
  return there.length === 0 ? null : sumOfKnown(there.map((state) => state[`${figure}_now`]));
}

function added(counts: readonly Record<string, number>[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const each of counts) {
    for (const [name, count] of Object.entries(each)) found[name] = (found[name] ?? 0) + count;
  }
  return found;
}

/** The sites as if one site stood above them; one alone is itself. */
export function combine(sites: readonly [SiteNode, ...SiteNode[]]): SiteNode {
  if (sites.length === 1) return sites[0];
  const states = sites.map((site) => site.state);
  const total = (pick: (state: SiteState) => number) => sum(states.map(pick));
  const worst = states
    .map((state) => state.worst)
    .sort((a, b) => severityRank(a) - severityRank(b))[0];
  const figures = ["power", "grid", "pv", "charging"] as const;
  return {
    ...sites[0],
    id: sites.map((site) => site.id).join(" "),
    level: "estate",
    role: null,
    parent: null,
    state: {
      alarms: added(states.map((state) => state.alarms)),
      classes: added(states.map((state) => state.classes)),
      unacked: total((state) => state.unacked),
      worst: worst ?? null,
      devices: total((state) => state.devices),
      devices_connected: total((state) => state.devices_connected),
      power_now: powerOf(states, "power"),
      grid_now: powerOf(states, "grid"),
      pv_now: powerOf(states, "pv"),
      charging_now: powerOf(states, "charging"),
      charging_sessions: total((state) => state.charging_sessions),
      protected: total((state) => state.protected),
      unprotected: total((state) => state.unprotected),
      tests: total((state) => state.tests),
      degraded: total((state) => state.degraded),
      shares: Object.fromEntries(figures.map((figure) => [figure, share(states, figure)])),
    },
  };
}
