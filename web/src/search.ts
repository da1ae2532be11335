/** What the address of a page may hold; anything else in it is left out. */

import { STATES, SYSTEMS } from "./coverage/coverageRows";
import { LINE_ORDERS, LINE_STATES } from "./lines/lineState";
import { GROUPS, MEASURES, QUALITY_DAYS, QUALITY_ORDERS } from "./quality/qualityRows";
import { isPeriod } from "./reports/periods";
import { SEVERITIES, type Severity } from "./ui/badges";

type Raw = Record<string, unknown>;

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function choice<T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((each) => each === value);
}

/** Leaves out what is not set, so that addresses stay short. */
function given<T extends object>(search: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(search).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

export const loginSearch = (raw: Raw) => given({ next: text(raw["next"]) });

export const overviewSearch = (raw: Raw) =>
  given({ order: choice(raw["order"], ["worst"] as const) });

export const siteSearch = (raw: Raw) => given({ system: text(raw["system"]), q: text(raw["q"]) });

export const SPANS = ["1h", "24h", "7d", "35d"] as const;
export type Span = (typeof SPANS)[number];

export const deviceSearch = (raw: Raw) =>
  given({
    points: text(raw["points"]),
    span: choice(raw["span"], SPANS),
    part: text(raw["part"]),
    q: text(raw["q"]),
    abnormal: raw["abnormal"] === true ? true : undefined,
  });

export const alarmsSearch = (raw: Raw) => {
  const severity: Severity | undefined = choice(raw["severity"], SEVERITIES);
  const alarm = Number(raw["alarm"]);
  return given({
    state: choice(raw["state"], ["all"] as const),
    severity,
    site: text(raw["site"]),
    alarm: Number.isInteger(alarm) && alarm > 0 ? alarm : undefined,
  });
};

export const linesSearch = (raw: Raw) =>
  given({
    state: choice(raw["state"], LINE_STATES),
    site: text(raw["site"]),
    q: text(raw["q"]),
    sort: choice(raw["sort"], LINE_ORDERS),
    turned: raw["turned"] === true ? (true as const) : undefined,
    line: text(raw["line"]),
  });

export const qualitySearch = (raw: Raw) =>
  given({
    site: text(raw["site"]),
    kind: text(raw["kind"]),
    by: choice(raw["by"], GROUPS),
    days: QUALITY_DAYS.find((each) => each === Number(raw["days"])),
    show: choice(raw["show"], MEASURES),
    q: text(raw["q"]),
    sort: choice(raw["sort"], QUALITY_ORDERS),
    turned: raw["turned"] === true ? (true as const) : undefined,
    all: raw["all"] === true ? (true as const) : undefined,
  });

export const coverageSearch = (raw: Raw) =>
  given({
    site: text(raw["site"]),
    system: choice(raw["system"], SYSTEMS),
    state: choice(raw["state"], STATES),
    reason: text(raw["reason"]),
  });

export const energySearch = (raw: Raw) => {
  const period = text(raw["period"]);
  return given({
    site: text(raw["site"]),
    period: period !== undefined && /^\d{4}(-\d{2})?$/.test(period) ? period : undefined,
  });
};

export const reportsSearch = (raw: Raw) => {
  const period = text(raw["period"]);
  return given({
    kind: text(raw["kind"]),
    site: text(raw["site"]),
    period: period !== undefined && isPeriod(period) ? period : undefined,
  });
};
