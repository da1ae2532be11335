/** The state of a work order in words, with whether it is overdue. */

import "./orders.css";
import type { OrderItem } from "../api/schema";
import { duration } from "../format/time";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { CheckIcon, ClockIcon, HighIcon } from "../ui/icons";

export function OrderState({ state }: { state: OrderItem["state"] }) {
  const { say } = useWords();
  const good = state === "verified";
  return (
    <span className={`sw-order-state sw-order-${state}`}>
      {good && <CheckIcon size={14} />}
      {say("order_state", state)}
    </span>
  );
}

/** The next agreed time: how long is left, or how long it has passed. */
export function NextTime({ order }: { order: OrderItem }) {
  const { t, language } = useWords();
  const now = useNow();
  if (order.closed_at !== null) return null;
  const waiting = order.agreed.filter((each) => each.reached_at === null);
  const first = waiting[0];
  if (first === undefined) return null;
  const word = t(`orders.agreed_${first.step as "accept" | "arrive" | "finish"}`);
  const left = Date.parse(first.by) - now;
  return left < 0 ? (
    <span className="sw-badge sw-sev-high" data-late="yes">
      <HighIcon size={14} />
      {word}: {t("orders.late", { time: duration(-left, language) })}
    </span>
  ) : (
    <span className="sw-badge sw-dim" data-late="no">
      <ClockIcon size={14} />
      {word}: {t("orders.left", { time: duration(left, language) })}
    </span>
  );
}
