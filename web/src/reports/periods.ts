/** Periods of reports as the interface writes them: `2026`, `2026-H2`, `2026-Q4`, `2026-W48`, a day. */

import type { ReportKind } from "../api/schema";

export const SPANS = ["year", "half", "quarter", "month", "week", "day"] as const;
export type PeriodSpan = (typeof SPANS)[number];

const FORMS: Record<PeriodSpan, RegExp> = {
  year: /^\d{4}$/,
  half: /^\d{4}-H[12]$/,
  quarter: /^\d{4}-Q[1-4]$/,
  month: /^\d{4}-\d{2}$/,
  week: /^\d{4}-W\d{2}$/,
  day: /^\d{4}-\d{2}-\d{2}$/,
};
/** Any days are not offered, but understood in an address. */
const OTHERS = /^\d{4}-\d{2}-\d{2}[.][.]\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

export function spanOf(period: string): PeriodSpan | undefined {
  return SPANS.find((span) => FORMS[span].test(period));
}

export function isPeriod(text: string): boolean {
  return spanOf(text) !== undefined || OTHERS.test(text);
}

/** The last period of a length that had ended by a month, `2026-11`. */
export function lastOf(length: ReportKind["usual_period"], month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  if (length === "year") return String(year - 1);
  const months = length === "half_year" ? 6 : length === "quarter" ? 3 : 1;
  const begun = number - 1 - ((number - 1) % months) - months;
  const first = begun < 0 ? `${year - 1}-${two(begun + 13)}` : `${year}-${two(begun + 1)}`;
  return inSpan(
    first,
    length === "half_year" ? "half" : length === "quarter" ? "quarter" : "month",
  );
}

/** The parts of a year by the end of their names. */
export function partsOf(span: PeriodSpan, year: number): string[] {
  if (span === "half") return ["H1", "H2"];
  if (span === "quarter") return ["Q1", "Q2", "Q3", "Q4"];
  if (span === "week") return numbered(weeksOf(year), "W");
  return span === "month" ? numbered(12, "") : [];
}

/** The same part of another year; its last week where it has no 53rd. */
export function inYear(period: string, year: string): string {
  const part = period.slice(4);
  const last = `-W${two(weeksOf(Number(year)))}`;
  return year + (spanOf(period) === "week" && part > last ? last : part);
}

/** The period of another span that a period begins in. */
export function inSpan(period: string, span: PeriodSpan): string {
  const year = period.slice(0, 4);
  const month = monthIn(period);
  switch (span) {
    case "year":
      return year;
    case "half":
      return `${year}-H${month < 7 ? 1 : 2}`;
    case "quarter":
      return `${year}-Q${Math.ceil(month / 3)}`;
    case "month":
      return `${year}-${two(month)}`;
    case "week":
      return spanOf(period) === "week" ? period : weekOf(firstDay(period, month));
    case "day":
      return spanOf(period) === "day" ? period : iso(firstDay(period, month));
  }
}

/** The first month of a period, 1 to 12; of a week that of its Thursday, which is in its year. */
function monthIn(period: string): number {
  const part = period.slice(5);
  if (part.startsWith("H")) return Number(part.slice(1)) * 6 - 5;
  if (part.startsWith("Q")) return Number(part.slice(1)) * 3 - 2;
  if (part.startsWith("W")) return new Date(mondayOf(period) + 3 * DAY_MS).getUTCMonth() + 1;
  const month = Number(part.slice(0, 2));
  return Number.isInteger(month) && month >= 1 ? month : 1;
}

/** The first day of a period [ms, UTC]: days of the calendar, in no time zone. */
function firstDay(period: string, month: number): number {
  const span = spanOf(period);
  if (span === "week") return mondayOf(period);
  if (span === "day" || OTHERS.test(period)) return Date.parse(period.slice(0, 10));
  return Date.UTC(Number(period.slice(0, 4)), month - 1, 1);
}

/** The Monday that a week of ISO 8601 begins with; 4 January is in the first. */
function mondayOf(week: string): number {
  const fourth = Date.UTC(Number(week.slice(0, 4)), 0, 4);
  return fourth - weekday(fourth) * DAY_MS + (Number(week.slice(6)) - 1) * 7 * DAY_MS;
}

/** The week of ISO 8601 that a day is in, by the year of its Thursday. */
function weekOf(day: number): string {
  const thursday = day + (3 - weekday(day)) * DAY_MS;
  const year = new Date(thursday).getUTCFullYear();
  const number = 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${two(number)}`;
}

/** How many weeks a year has, 52 or 53: 28 December is in the last. */
function weeksOf(year: number): number {
  return Number(weekOf(Date.UTC(year, 11, 28)).slice(6));
}

/** 0 on Mondays. */
function weekday(day: number): number {
  return (new Date(day).getUTCDay() + 6) % 7;
}

function numbered(count: number, mark: string): string[] {
  return Array.from({ length: count }, (_, index) => mark + two(index + 1));
}

function iso(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
