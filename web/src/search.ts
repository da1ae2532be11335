/** What the address of a page may hold; anything else in it is left out. */

import { STATES, SYSTEMS } from "./coverage/coverageRows";
import { LINE_ORDERS, LINE_STATES } from "./lines/lineState";
import { GROUPS, MEASURES, QUALITY_DAYS, QUALITY_ORDERS } from "./quality/qualityRows";
import { ORDER_VIEWS } from "./orders/orderState";
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

const OUTCOMES = ["in", "refused", "unreachable", "not_admitted"] as const;
export const loginSearch = (raw: Raw) =>
  given({ next: text(raw["next"]), external: choice(raw["external"], OUTCOMES) });

export const overviewSearch = (raw: Raw) =>
  given({ order: choice(raw["order"], ["worst"] as const) });

export const siteSearch = (raw: Raw) => {
  const period = text(raw["period"]);
  return given({
    system: text(raw["system"]),
    q: text(raw["q"]),
    period: period !== undefined && isPeriod(period) ? period : undefined,
  });
};

export const SPANS = ["1h", "24h", "7d", "35d"] as const;
export type Span = (typeof SPANS)[number];

export const deviceSearch = (raw: Raw) =>
  given({
    points: text(raw["points"]),
    span: choice(raw["span"], SPANS),
    compare: text(raw["compare"]),
    part: text(raw["part"]),
    q: text(raw["q"]),
    abnormal: raw["abnormal"] === true ? true : undefined,
  });

export const SHOWS = ["open", "unacked", "active", "returned", "closed", "all"] as const;
export const HOLDS = ["shelved", "inhibited", "out_of_service"] as const;

function number(value: unknown): number | undefined {
  const found = Number(value);
  return Number.isInteger(found) && found > 0 ? found : undefined;
}

export const alarmsSearch = (raw: Raw) => {
  const severity: Severity | undefined = choice(raw["severity"], SEVERITIES);
  return given({
    state: choice(raw["state"], SHOWS),
    severity,
    site: text(raw["site"]),
    class: text(raw["class"]),
    held: choice(raw["held"], HOLDS),
    group: number(raw["group"]),
    alarm: number(raw["alarm"]),
  });
};

export const SYSTEM_PAGES = [
  "elevator",
  "fire",
  "pv",
  "charging",
  "energy",
  "water",
  "gates",
  "environment",
] as const;
export type SystemPageName = (typeof SYSTEM_PAGES)[number];

export const systemSearch = (raw: Raw) =>
  given({
    site: text(raw["site"]),
    q: text(raw["q"]),
    abnormal: raw["abnormal"] === true ? (true as const) : undefined,
    view: choice(raw["view"], ["zones"] as const),
  });

export const SCENES = ["communities", "energy", "coverage", "alarms"] as const;
export type SceneName = (typeof SCENES)[number];
/** How long a picture may be set to stay. [s] */
const [SHORTEST_STAY, LONGEST_STAY] = [5, 600];

export const wallSearch = (raw: Raw) => {
  const every = number(raw["every"]);
  return given({
    scene: choice(raw["scene"], SCENES),
    hold: raw["hold"] === true ? (true as const) : undefined,
    every: every === undefined ? undefined : Math.min(LONGEST_STAY, Math.max(SHORTEST_STAY, every)),
  });
};

const MONTH = /^\d{4}(-\d{2}(-\d{2})?)?$/;

export const safetySearch = (raw: Raw) => {
  const period = text(raw["period"]);
  return given({
    site: text(raw["site"]),
    period: period !== undefined && MONTH.test(period) ? period : undefined,
    operators: number(raw["operators"]),
    detail: text(raw["detail"]),
  });
};

export const DUTY_TABS = ["now", "people", "roll-calls"] as const;
export const dutySearch = (raw: Raw) => given({ tab: choice(raw["tab"], DUTY_TABS) });

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function day(value: unknown): string | undefined {
  return typeof value === "string" && DAY.test(value) ? value : undefined;
}

export const evidenceSearch = (raw: Raw) =>
  given({
    action: text(raw["action"]),
    actor: text(raw["actor"]),
    subject: text(raw["subject"]),
    from: day(raw["from"]),
    to: day(raw["to"]),
  });

export const adminPeopleSearch = (raw: Raw) =>
  given({
    q: text(raw["q"]),
    closed: raw["closed"] === true ? (true as const) : undefined,
  });

export const ESTATE_TABS = ["revisions", "check", "profiles"] as const;
export const adminEstateSearch = (raw: Raw) =>
  given({
    tab: choice(raw["tab"], ESTATE_TABS),
    revision: number(raw["revision"]),
    base: number(raw["base"]),
    q: text(raw["q"]),
  });

export const RULE_SHOWS = ["own", "off"] as const;
export const adminRulesSearch = (raw: Raw) =>
  given({
    q: text(raw["q"]),
    kind: text(raw["kind"]),
    class: text(raw["class"]),
    show: choice(raw["show"], RULE_SHOWS),
  });

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

export const ordersSearch = (raw: Raw) =>
  given({
    view: choice(raw["view"], ORDER_VIEWS),
    site: text(raw["site"]),
    team: text(raw["team"]),
  });

export const workloadSearch = (raw: Raw) => {
  const period = text(raw["period"]);
  return given({
    site: text(raw["site"]),
    period: period !== undefined && isPeriod(period) ? period : undefined,
  });
};

export const reportsSearch = (raw: Raw) => {
  const period = text(raw["period"]);
  return given({
    kind: text(raw["kind"]),
    site: text(raw["site"]),
    period: period !== undefined && isPeriod(period) ? period : undefined,
    options: text(raw["options"]),
  });
};
