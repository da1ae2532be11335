/** What may be done to an alarm now, and why something else may not. Pure. */

import type { AlarmItem } from "../api/schema";

export const ACTS = ["ack", "reset", "shelve", "unshelve", "finding"] as const;
export type AlarmAct = (typeof ACTS)[number];

/** `true`: offered; a word of the catalogue (`console.NAME`): said; `false`: not spoken of. */
export type Offer = true | false | Why;
export type Why = "why_role" | "why_active" | "why_unacked" | "why_life" | "why_class";

export interface Rights {
  acknowledge: boolean;
  reset: boolean;
}

export function offersFor(alarm: AlarmItem, rights: Rights): Record<AlarmAct, Offer> {
  const open = alarm.state !== "cleared";
  const shelved = alarm.held.includes("shelved");
  return {
    ack: open && !alarm.acked && (rights.acknowledge || "why_role"),
    reset: open && alarm.latched && offerReset(alarm, rights),
    shelve: open && !shelved && offerShelve(alarm, rights),
    unshelve: open && shelved && (rights.acknowledge || "why_role"),
    finding: rights.acknowledge || "why_role",
  };
}

function offerReset(alarm: AlarmItem, rights: Rights): Offer {
  if (!rights.reset) return "why_role";
  if (alarm.active) return "why_active";
  return alarm.acked || "why_unacked";
}

function offerShelve(alarm: AlarmItem, rights: Rights): Offer {
  if (alarm.max_time_shelved_s == null) {
    const life = alarm.severity === "emergency" || alarm.latched;
    return life ? "why_life" : "why_class";
  }
  return rights.acknowledge || "why_role";
}
