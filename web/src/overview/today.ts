/** What sites together drew and made since midnight; unknown as soon as one of them is. */

import { useQueries } from "@tanstack/react-query";
import { todayQuery } from "../api/queries";
import type { CarbonFactor, Today } from "../api/schema";

export interface TodaySum {
  consumption: number | null;
  bought: number | null;
  fedIn: number | null;
  pv: number | null;
  charging: number | null;
  carbon: number | null;
  factor: CarbonFactor | null;
  /** Share of the meters' time for which nothing is known, 0 to 1: that of the worst site. */
  missing: number;
  at: number;
}

function sum(days: readonly Today[], pick: (day: Today) => number | null): number | null {
  let total = 0;
  for (const day of days) {
    const value = pick(day);
    if (value === null) return null;
    total += value;
  }
  return total;
}

export function addDays(days: readonly Today[]): TodaySum | undefined {
  const first = days[0];
  if (first === undefined) return undefined;
  return {
    consumption: sum(days, (day) => day.energy.consumption_wh),
    bought: sum(days, (day) => day.energy.grid_import_wh),
    fedIn: sum(days, (day) => day.energy.grid_export_wh),
    pv: sum(days, (day) => day.energy.pv_wh),
    charging: sum(days, (day) => day.energy.charging_wh),
    carbon: sum(days, (day) => day.carbon_kg),
    factor: first.factor,
    missing: Math.max(...days.map((day) => day.energy.missing_share)),
    at: Math.min(...days.map((day) => Date.parse(day.as_of))),
  };
}

/** Several sites are the parts of an estate that a person sees. */
export function useToday(sites: readonly string[]) {
  return useQueries({
    queries: sites.map((site) => todayQuery(site)),
    combine: (answers) => ({
      data: answers.every((one) => one.data !== undefined)
        ? addDays(answers.map((one) => one.data))
        : undefined,
      error: answers.find((one) => one.error !== null)?.error ?? null,
      refetch: () => {
        for (const one of answers) void one.refetch();
      },
    }),
  });
}
