/** Where a window or a drill is in its life. Pure. */

export const HOLD_STATES = ["running", "planned", "over"] as const;
export type HoldState = (typeof HOLD_STATES)[number];

interface Spanned {
  running: boolean;
  starts_at: string;
  ends_at: string;
}

export function holdState(one: Spanned, now: number): HoldState {
  if (now >= Date.parse(one.ends_at)) return "over";
  return now < Date.parse(one.starts_at) ? "planned" : "running";
}

/** Running first, then what is planned, then what is over; each the newest first. */
export function byLife<T extends Spanned & { id: number }>(now: number): (a: T, b: T) => number {
  const rank = (one: T) => HOLD_STATES.indexOf(holdState(one, now));
  return (a, b) => rank(a) - rank(b) || b.id - a.id;
}
