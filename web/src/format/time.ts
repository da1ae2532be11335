/** Times in the estate's zone, and ages. */

export type Language = "zh" | "en";

/** The estate's zone until the interface tells another. */
export const ESTATE_ZONE = "Asia/Shanghai";

const LOCALES: Record<Language, string> = { zh: "zh-CN", en: "en-GB" };

export function localeOf(language: Language): string {
  return LOCALES[language];
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, kind: string, options: Intl.DateTimeFormatOptions) {
  const key = `${language} ${kind}`;
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(LOCALES[language], { timeZone: ESTATE_ZONE, ...options });
    formats.set(key, found);
  }
  return found;
}

const CLOCK: Intl.DateTimeFormatOptions = {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
};
const DAY: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit" };

/** `14:03:09` */
export function clockTime(ms: number, language: Language): string {
  return format(language, "clock", CLOCK).format(ms);
}

/** Date and time to the second. */
export function dateTime(ms: number, language: Language): string {
  return format(language, "both", { ...DAY, ...CLOCK }).format(ms);
}

/** `2026-11`, the month the estate is in. */
export function monthOf(ms: number): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: ESTATE_ZONE,
    year: "numeric",
    month: "2-digit",
  }).formatToParts(ms);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}`;
}

/** `2026-11-23`, the day the estate is in. */
export function dayOf(ms: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: ESTATE_ZONE, ...DAY }).format(ms);
}

/** How far the estate's clock is ahead of UTC at a moment. [ms] */
export function zoneOffset(ms: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: ESTATE_ZONE,
    ...DAY,
    ...CLOCK,
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return local - Math.floor(ms / 1000) * 1000;
}

/** A moment [ms] from the estate's wall clock as a form has it: `2026-11-25T14:30`. */
export function fromWall(text: string): number {
  const wall = Date.parse(`${text}Z`);
  // Twice, for the hours around a change of the clocks.
  const near = wall - zoneOffset(wall);
  return wall - zoneOffset(near);
}

/** The estate's wall clock at a moment, as a form has it: `2026-11-25T14:30`. */
export function toWall(ms: number): string {
  return new Date(ms + zoneOffset(ms)).toISOString().slice(0, 16);
}

/** Time left, to the second below an hour: `9:05`, `1:02:05`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (count: number) => String(count).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0/, "");
}

const UNITS: Record<Language, { s: string; min: string; h: string; d: string }> = {
  zh: { s: "秒", min: "分", h: "小时", d: "天" },
  en: { s: "s", min: "min", h: "h", d: "d" },
};

/** A duration in its two largest units: `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function duration(ms: number, language: Language): string {
  const unit = UNITS[language];
  const gap = " ";
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const one = (count: number, name: string) => `${count}${gap}${name}`;
  const two = (count: number, name: string, rest: number, restName: string) =>
    rest === 0 ? one(count, name) : `${one(count, name)} ${one(rest, restName)}`;
  if (seconds < 60) return one(seconds, unit.s);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return two(minutes, unit.min, minutes < 10 ? seconds % 60 : 0, unit.s);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return two(hours, unit.h, minutes % 60, unit.min);
  return two(Math.floor(hours / 24), unit.d, hours % 24, unit.h);
}
