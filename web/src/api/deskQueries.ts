/** What the alarm desk asks for: incidents, who was told, windows, drills, duty, evidence. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getJson } from "./client";
import type {
  AlarmClasses,
  AlarmGroupPage,
  AlarmItem,
  AuditPage,
  AuditVerdict,
  ChainName,
  DrillPage,
  DutyList,
  DutyTurn,
  Hold,
  OnDuty,
  RollCallPage,
  SafetyReport,
  Show,
  TellingItem,
  WindowPage,
} from "./schema";

const SECOND = 1000;
const PAGE = 100;
/** Incidents of one answer; the most urgent are always among them. */
export const MOST_GROUPS = 200;

export interface GroupFilter {
  state: Show;
  site?: string | undefined;
  severity?: string | undefined;
  alarm_class?: string | undefined;
  held?: Hold | undefined;
}

export const groupsQuery = (filter: GroupFilter, limit = MOST_GROUPS) =>
  queryOptions({
    queryKey: ["alarms", "groups", filter, limit],
    queryFn: ({ signal }) =>
      getJson<AlarmGroupPage>("/alarms/groups", { ...filter, limit }, signal),
    refetchInterval: 20 * SECOND,
  });

export const alarmQuery = (id: number) =>
  queryOptions({
    queryKey: ["alarms", "one", id],
    queryFn: ({ signal }) => getJson<AlarmItem>(`/alarms/${id}`, {}, signal),
    refetchInterval: 20 * SECOND,
  });

export const tellingQuery = (id: number) =>
  queryOptions({
    queryKey: ["alarm-telling", id],
    queryFn: ({ signal }) => getJson<TellingItem>(`/alarms/${id}/notifications`, {}, signal),
    refetchInterval: 3 * SECOND,
  });

/** The classes are built in; they do not change while a page is open. */
export const classesQuery = queryOptions({
  queryKey: ["alarm-classes"],
  queryFn: ({ signal }) => getJson<AlarmClasses>("/alarm-classes", {}, signal),
  staleTime: Infinity,
});

export const windowsQuery = infiniteQueryOptions({
  queryKey: ["maintenance"],
  queryFn: ({ pageParam, signal }) =>
    getJson<WindowPage>("/maintenance", { limit: PAGE, after: pageParam ?? undefined }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next ?? null,
  refetchInterval: 15 * SECOND,
});

export const drillsQuery = infiniteQueryOptions({
  queryKey: ["drills"],
  queryFn: ({ pageParam, signal }) =>
    getJson<DrillPage>("/drills", { limit: PAGE, after: pageParam ?? undefined }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next ?? null,
  refetchInterval: 15 * SECOND,
});

export const dutyQuery = queryOptions({
  queryKey: ["duty", "list"],
  queryFn: ({ signal }) => getJson<DutyList>("/duty", {}, signal),
});

export const dutyNowQuery = queryOptions({
  queryKey: ["duty", "now"],
  queryFn: ({ signal }) => getJson<OnDuty[]>("/duty/now", {}, signal),
  refetchInterval: 30 * SECOND,
});

export const turnsQuery = (day: string, days: number) =>
  queryOptions({
    queryKey: ["duty", "turns", day, days],
    queryFn: ({ signal }) => getJson<DutyTurn[]>("/duty/turns", { day, days }, signal),
  });

export const rollCallsQuery = queryOptions({
  queryKey: ["roll-calls"],
  queryFn: ({ signal }) => getJson<RollCallPage>("/roll-calls", { limit: PAGE }, signal),
  refetchInterval: 5 * SECOND,
});

export interface SafetyRequest {
  site: string;
  period: string;
  operators: number;
}

export const safetyQuery = (request: SafetyRequest) =>
  queryOptions({
    queryKey: ["safety-report", request],
    queryFn: ({ signal }) =>
      getJson<SafetyReport>("/reports/safety", { ...request, format: "json" }, signal),
    staleTime: 60 * SECOND,
  });

export const verdictQuery = (chain: ChainName) =>
  queryOptions({
    queryKey: ["audit-verdict", chain],
    queryFn: ({ signal }) => getJson<AuditVerdict>("/audit/verdict", { chain }, signal),
    staleTime: 60 * SECOND,
  });

export interface AuditFilter {
  action?: string | undefined;
  actor?: string | undefined;
  subject?: string | undefined;
  /** ISO 8601 with a zone. */
  start?: string | undefined;
  end?: string | undefined;
}

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) =>
      getJson<AuditPage>(
        "/audit",
        { ...filter, limit: PAGE, after: pageParam ?? undefined },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
  });
