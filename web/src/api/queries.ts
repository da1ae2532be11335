/** What the page asks the service for, and how long an answer stays fresh. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getJson } from "./client";
import type {
  AlarmEvent,
  AlarmPage,
  Corrections,
  Coverage,
  DeadLetterPage,
  DeviceDetail,
  DeviceProofs,
  DeviceSummary,
  EnergyFlow,
  EnergyReport,
  Health,
  Hold,
  IssuePage,
  KindInfo,
  LineItem,
  Quality,
  ReportDocument,
  ReportJob,
  ReportKind,
  Series,
  Session,
  Show,
  SiteNode,
  Today,
  UnaccountedReport,
} from "./schema";

const SECOND = 1000;
const PAGE_OF_ALARMS = 100;
/** An incident is seen whole: all detectors of a large panel. */
const WHOLE_INCIDENT = 500;
const PAGE_OF_LETTERS = 50;

/** A device id may hold a part (`panel-1/p017`); the resource is the device. */
export function deviceOf(id: string): string {
  return id.split("/", 1)[0] ?? id;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => getJson<Session>("/session", {}, signal),
  staleTime: 60 * SECOND,
  retry: false,
});

export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => getJson<Health>("/health", {}, signal),
  refetchInterval: 30 * SECOND,
});

export const sitesQuery = queryOptions({
  queryKey: ["sites"],
  queryFn: ({ signal }) => getJson<SiteNode[]>("/sites", {}, signal),
  refetchInterval: 5 * SECOND,
});

/** Counters come in by quarter hours; more often says nothing new. */
export const todayQuery = (site: string) =>
  queryOptions({
    queryKey: ["today", site],
    queryFn: ({ signal }) => getJson<Today>("/today", { site }, signal),
    refetchInterval: 60 * SECOND,
  });

export const energyFlowQuery = (site: string, period: string) =>
  queryOptions({
    queryKey: ["energy-flow", site, period],
    queryFn: ({ signal }) => getJson<EnergyFlow>("/energy-flow", { site, period }, signal),
    refetchInterval: 5 * 60 * SECOND,
  });

export const devicesQuery = (site: string) =>
  queryOptions({
    queryKey: ["devices", site],
    queryFn: ({ signal }) => getJson<DeviceSummary[]>("/devices", { site }, signal),
    refetchInterval: 15 * SECOND,
  });

export const systemQuery = (system: string, site: string | undefined) =>
  queryOptions({
    queryKey: ["devices", "system", system, site ?? ""],
    queryFn: ({ signal }) => getJson<DeviceSummary[]>("/devices", { system, site }, signal),
    refetchInterval: 15 * SECOND,
  });

export const deviceQuery = (device: string) =>
  queryOptions({
    queryKey: ["device", device],
    queryFn: ({ signal }) =>
      getJson<DeviceDetail>(`/devices/${encodeURIComponent(device)}`, {}, signal),
    refetchInterval: 15 * SECOND,
  });

export const proofsQuery = (device: string) =>
  queryOptions({
    queryKey: ["proofs", device],
    queryFn: ({ signal }) =>
      getJson<DeviceProofs>(`/devices/${encodeURIComponent(device)}/proofs`, {}, signal),
    refetchInterval: 60 * SECOND,
  });

/** What exists in the library does not change while a page is open. */
export const kindsQuery = queryOptions({
  queryKey: ["kinds"],
  queryFn: ({ signal }) => getJson<KindInfo[]>("/kinds", {}, signal),
  staleTime: Infinity,
});

export const linesQuery = (site: string | undefined) =>
  queryOptions({
    queryKey: ["lines", site ?? ""],
    queryFn: ({ signal }) => getJson<LineItem[]>("/lines", { site }, signal),
    refetchInterval: 5 * SECOND,
  });

export const lineQuery = (name: string) =>
  queryOptions({
    queryKey: ["line", name],
    queryFn: ({ signal }) => getJson<LineItem>(`/lines/${encodeURIComponent(name)}`, {}, signal),
    refetchInterval: 5 * SECOND,
  });

export const deadLettersQuery = infiniteQueryOptions({
  queryKey: ["dead-letters"],
  queryFn: ({ pageParam, signal }) =>
    getJson<DeadLetterPage>(
      "/dead-letters",
      { limit: PAGE_OF_LETTERS, after: pageParam ?? undefined },
      signal,
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next ?? null,
  refetchInterval: 20 * SECOND,
});

export interface QualityRequest {
  site: string | undefined;
  kind: string | undefined;
  by: string;
  from: string;
  to: string;
  limit: number;
}

export const qualityQuery = (request: QualityRequest) =>
  queryOptions({
    queryKey: ["quality", request],
    queryFn: ({ signal }) => getJson<Quality>("/quality", { ...request }, signal),
    refetchInterval: 60 * SECOND,
  });

export const deviceQualityQuery = (device: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["device-quality", device, from, to],
    queryFn: ({ signal }) => getJson<Quality>("/quality", { device, from, to }, signal),
    refetchInterval: 60 * SECOND,
  });

export const coverageQuery = (site: string | undefined) =>
  queryOptions({
    queryKey: ["coverage", site ?? ""],
    queryFn: ({ signal }) => getJson<Coverage>("/coverage", { site }, signal),
    refetchInterval: 15 * SECOND,
  });

export interface AlarmFilter {
  state: Show;
  site?: string | undefined;
  severity?: string | undefined;
  device?: string | undefined;
  alarm_class?: string | undefined;
  held?: Hold | undefined;
  group?: number | undefined;
}

export const alarmsQuery = (filter: AlarmFilter) =>
  infiniteQueryOptions({
    queryKey: ["alarms", filter],
    queryFn: ({ pageParam, signal }) =>
      getJson<AlarmPage>(
        "/alarms",
        {
          ...filter,
          limit: filter.group === undefined ? PAGE_OF_ALARMS : WHOLE_INCIDENT,
          after: pageParam ?? undefined,
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    refetchInterval: 20 * SECOND,
  });

export const alarmEventsQuery = (id: number) =>
  queryOptions({
    queryKey: ["alarm-events", id],
    queryFn: ({ signal }) => getJson<AlarmEvent[]>(`/alarms/${id}/events`, {}, signal),
  });

export interface SeriesRequest {
  device: string;
  points: string[];
  start: string;
  end: string;
  step: string | undefined;
}

export const getSeries = (request: SeriesRequest, signal: AbortSignal) =>
  getJson<Series>(
    `/devices/${encodeURIComponent(request.device)}/series`,
    {
      points: request.points.join(","),
      start: request.start,
      end: request.end,
      step: request.step,
    },
    signal,
  );

export interface EnergyRequest {
  site: string;
  period: string;
  step: "day" | "month";
}

export const energyQuery = (request: EnergyRequest) =>
  queryOptions({
    queryKey: ["energy", request],
    queryFn: ({ signal }) =>
      getJson<EnergyReport>("/reports/energy", { ...request, format: "json" }, signal),
    staleTime: 60 * SECOND,
  });

export const unaccountedQuery = (request: { site: string; period: string }) =>
  queryOptions({
    queryKey: ["unaccounted", request],
    queryFn: ({ signal }) =>
      getJson<UnaccountedReport>("/reports/unaccounted", { ...request, format: "json" }, signal),
    staleTime: 60 * SECOND,
  });

export const reportKindsQuery = queryOptions({
  queryKey: ["report-kinds"],
  queryFn: ({ signal }) => getJson<ReportKind[]>("/reports", {}, signal),
  staleTime: Infinity,
});

/** Site, period and options of a report as its address has them. */
export const inQuery = (request: {
  site: string;
  period: string;
  options: Record<string, string>;
}) => ({
  site: request.site,
  period: request.period,
  option: Object.entries(request.options).map(([name, value]) => `${name}=${value}`),
});

export const reportQuery = (
  request: { kind: string; site: string; period: string; options: Record<string, string> },
  language: string,
) =>
  queryOptions({
    queryKey: ["report", request, language],
    queryFn: ({ signal }) =>
      getJson<ReportDocument>(
        `/reports/${encodeURIComponent(request.kind)}`,
        { ...inQuery(request), language },
        signal,
      ),
    staleTime: 60 * SECOND,
    retry: false,
  });

/** A report in the making, asked for until it is over. */
export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["report-job", id],
    queryFn: ({ signal }) => getJson<ReportJob>(`/report-jobs/${id}`, {}, signal),
    refetchInterval: (query) => {
      const state = query.state.data?.state;
      return state === undefined || state === "waiting" || state === "running" ? 500 : false;
    },
    retry: false,
  });

export const issuesQuery = (site: string, kind: string) =>
  queryOptions({
    queryKey: ["issues", site, kind],
    queryFn: ({ signal }) => getJson<IssuePage>("/issued-reports", { site, kind }, signal),
  });

export const correctionsQuery = (issue: number, language: string) =>
  queryOptions({
    queryKey: ["issues", "corrections", issue, language],
    queryFn: ({ signal }) =>
      getJson<Corrections>(`/issued-reports/${issue}/corrections`, { language }, signal),
  });
