/** Words and order of work orders' states, as the page needs them. */

import type { OrderQuery } from "../api/orders";
import type { OrderDetail } from "../api/schema";

export const ORDER_VIEWS = ["unfinished", "mine", "overdue", "done", "all"] as const;
export type OrderView = (typeof ORDER_VIEWS)[number];

export type Step = OrderDetail["steps"][number];

/** What the service is asked for a view. */
export function queryOf(view: OrderView): OrderQuery {
  if (view === "mine") return { assignee: "me" };
  if (view === "overdue") return { overdue: "true" };
  if (view === "done" || view === "all") return { state: view };
  return {};
}

/** Steps that the work goes on with; the others are beside the way. */
export const FORWARD: readonly Step[] = ["accept", "arrive", "finish", "verify"];
export const NEEDS_REASON: readonly Step[] = ["reject", "reopen", "cancel"];

/** The one step that is most likely next; the last that is allowed but for being there already. */
export function nextStep(steps: readonly Step[]): Step | undefined {
  return FORWARD.find((each) => steps.includes(each));
}

export function personName(actor: string | null): string {
  return actor === null ? "" : actor.replace(/^person:/, "");
}
