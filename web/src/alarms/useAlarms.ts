/** Alarms as the page holds them: asked for once, then kept fresh by the live stream. */

import { useInfiniteQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { alarmsQuery, type AlarmFilter } from "../api/queries";
import type { AlarmItem } from "../api/schema";
import { liveStore } from "../live/store";
import { severityRank } from "../ui/badges";

/** Alarms come in bursts; what they change is asked for at most this often. [ms] */
const GATHER_MS = 300;

const KEYS = [
  "alarms",
  "alarm-events",
  "alarm-telling",
  "roll-calls",
  "sites",
  "coverage",
  "devices",
  "device",
];

/** Ask again for everything that a change of an alarm changes. */
export function refreshAlarms(queries: QueryClient): void {
  for (const key of KEYS) {
    void queries.invalidateQueries({ queryKey: [key] });
  }
}

/** Keeps alarms and what depends on them fresh; used once, by the frame of the page. */
export function useAlarmRefresh(): void {
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = liveStore.onAlarm(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        refreshAlarms(queries);
      }, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [queries]);
}

/** Closed after open, tests after what is real, then by severity, then what nobody has seen. */
export function byWaiting(a: AlarmItem, b: AlarmItem): number {
  return (
    Number(a.state === "cleared") - Number(b.state === "cleared") ||
    Number(a.test) - Number(b.test) ||
    severityRank(a.severity) - severityRank(b.severity) ||
    Number(a.acked) - Number(b.acked)
  );
}

/** What waits first, then the newest. */
export function byUrgency(a: AlarmItem, b: AlarmItem): number {
  return byWaiting(a, b) || Date.parse(b.raised_at) - Date.parse(a.raised_at);
}

/** Of one severity or all, as far as it was loaded: the newest first. */
export function useAlarms(filter: AlarmFilter) {
  const answer = useInfiniteQuery(alarmsQuery(filter));
  const data = answer.data;
  const alarms = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  return { ...answer, data: alarms };
}

/**
 * As `useAlarms`, with every emergency and high alarm in it: the interface gives the newest first,
 * and an old emergency must not be hidden behind a hundred new trifles.
 */
export function useUrgentAlarms(filter: AlarmFilter) {
  const all = useAlarms(filter);
  const only = filter.severity;
  const emergencies = useAlarms({ ...filter, severity: only ?? "emergency" });
  const high = useAlarms({ ...filter, severity: only ?? "high" });
  const data = useMemo(() => {
    if (all.data === undefined) return undefined;
    const found = [...all.data, ...(emergencies.data ?? []), ...(high.data ?? [])];
    const known = new Map(found.map((alarm) => [alarm.id, alarm]));
    return [...known.values()].sort(byUrgency);
  }, [all.data, emergencies.data, high.data]);
  return { ...all, data };
}
