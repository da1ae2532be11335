/** Periods of reports as the interface writes them: `2026`, `2026-H2`, `2026-Q4`, `2026-11`, a day. */

export const SPANS = ["year", "half", "quarter", "month", "day"] as const;
export type PeriodSpan = (typeof SPANS)[number];

const FORMS: Record<PeriodSpan, RegExp> = {
  year: /^\d{4}$/,
  half: /^\d{4}-H[12]$/,
  quarter: /^\d{4}-Q[1-4]$/,
  month: /^\d{4}-\d{2}$/,
  day: /^\d{4}-\d{2}-\d{2}$/,
};
/** Weeks and any days are not offered, but understood in an address. */
const OTHERS = /^\d{4}-W\d{2}$|^\d{4}-\d{2}-\d{2}[.][.]\d{4}-\d{2}-\d{2}$/;

export function spanOf(period: string): PeriodSpan | undefined {
  return SPANS.find((span) => FORMS[span].test(period));
}

export function isPeriod(text: string): boolean {
  return spanOf(text) !== undefined || OTHERS.test(text);
}

/** The month before one, `2026-11` to `2026-10`. */
export function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, "0")}`;
}

/** The parts of a year by the end of their names. */
export function partsOf(span: PeriodSpan): string[] {
  if (span === "half") return ["H1", "H2"];
  if (span === "quarter") return ["Q1", "Q2", "Q3", "Q4"];
  if (span !== "month") return [];
  return Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, "0"));
}

/** The first month of a period, 1 to 12. */
function monthIn(period: string): number {
  const part = period.slice(5);
  if (part.startsWith("H")) return Number(part.slice(1)) * 6 - 5;
  if (part.startsWith("Q")) return Number(part.slice(1)) * 3 - 2;
  const month = Number(part.slice(0, 2));
  return Number.isInteger(month) && month >= 1 ? month : 1;
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
      return `${year}-${String(month).padStart(2, "0")}`;
    case "day":
      return `${year}-${String(month).padStart(2, "0")}-01`;
  }
}
