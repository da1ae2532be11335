/** One work order, made for a phone in a plant room: what to do next is a big button. */

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { deviceOf } from "../api/queries";
import { orderQuery } from "../api/orders";
import type { OrderDetail } from "../api/schema";
import { dateTime, duration } from "../format/time";
import { useWords } from "../i18n";
import { Checklist } from "../orders/Checklist";
import { OrderHistory } from "../orders/OrderHistory";
import { NextTime, OrderState } from "../orders/OrderState";
import { OrderSteps } from "../orders/OrderSteps";
import { PartsUsed } from "../orders/PartsUsed";
import { Photos } from "../orders/Photos";
import { personName } from "../orders/orderState";
import { useMay } from "../session";
import { SeverityBadge } from "../ui/badges";
import { Facts } from "../ui/Facts";
import { Empty, Loaded, Missing } from "../ui/states";

const route = getRouteApi("/inside/orders/$order");

export function OrderPage() {
  const { t } = useWords();
  const may = useMay("orders");
  const number = Number(route.useParams().order);
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  if (!Number.isSafeInteger(number) || number < 1) return <Missing />;
  return <OrderView number={number} />;
}

function OrderView({ number }: { number: number }) {
  const { t } = useWords();
  const answer = useQuery(orderQuery(number));
  return (
    <div className="sw-page sw-order">
      <Link to="/orders" className="sw-small">
        {t("orders.back")}
      </Link>
      <Loaded answer={answer}>{(order) => <Found order={order} />}</Loaded>
    </div>
  );
}

function Found({ order }: { order: OrderDetail }) {
  const { t, name } = useWords();
  return (
    <>
      <div className="sw-title" data-order={order.id} data-state={order.state}>
        <h1>{name(order.title)}</h1>
        {order.severity !== null && <SeverityBadge severity={order.severity} />}
        <span className="sw-dim">{t("orders.order", { number: order.id })}</span>
      </div>
      <section className="sw-panel" aria-label={t("orders.next")}>
        <p className="sw-order-now">
          <OrderState state={order.state} /> <NextTime order={order} />
        </p>
        <OrderSteps order={order} />
      </section>
      <div className="sw-order-columns">
        <div>
          {order.items > 0 && <Checklist order={order} />}
          <Photos order={order} />
          <PartsUsed order={order} />
        </div>
        <div>
          <section className="sw-panel" aria-label={t("device.facts")}>
            <OrderFacts order={order} />
          </section>
          <OrderHistory order={order} />
        </div>
      </div>
    </>
  );
}

function OrderFacts({ order }: { order: OrderDetail }) {
  const { t, language, name, say } = useWords();
  const time = (text: string | null) =>
    text === null ? null : dateTime(Date.parse(text), language);
  const part = order.device?.split("/")[1];
  return (
    <Facts
      rows={[
        [t("orders.where"), order.site_path.map(name).join(" / ") || order.site],
        [
          t("orders.device"),
          order.device === null ? null : (
            <Link
              to="/devices/$device"
              params={{ device: deviceOf(order.device) }}
              search={part === undefined ? {} : { part }}
            >
              {name(order.device_name) || order.device}
              {part !== undefined && ` (${part})`}
            </Link>
          ),
        ],
        [
          t("orders.alarms"),
          order.alarms.length === 0
            ? null
            : order.alarms.map((alarm) => (
                <Link
                  key={alarm}
                  to="/alarms"
                  search={{ state: "all", alarm }}
                  className="sw-order-alarm"
                >
                  {alarm}
                </Link>
              )),
        ],
        [t("orders.team"), name(order.team_name) || order.team],
        [t("orders.assignee"), personName(order.assignee)],
        ...order.agreed.map(
          (agreed) =>
            [
              t(`orders.by_${agreed.step as "accept" | "arrive" | "finish"}`),
              <Agreed key={agreed.step} agreed={agreed} />,
            ] as const,
        ),
        [t("orders.origin"), say("order_origin", order.origin)],
        [t("orders.plan"), order.plan],
        [t("orders.due_day"), order.due_day],
        [t("orders.made"), `${time(order.created_at) ?? ""} · ${maker(order, t("orders.system"))}`],
        [t("orders.finished_by"), personName(order.finished_by)],
        [
          t(order.state === "cancelled" ? "orders.cancelled" : "orders.verified"),
          order.closed_at === null
            ? null
            : `${personName(order.closed_by)} · ${time(order.closed_at) ?? ""}`,
        ],
      ]}
    />
  );
}

function maker(order: OrderDetail, system: string): string {
  return order.created_by === "system" ? system : personName(order.created_by);
}

function Agreed({ agreed }: { agreed: OrderDetail["agreed"][number] }) {
  const { t, language } = useWords();
  const by = Date.parse(agreed.by);
  const reached = agreed.reached_at === null ? null : Date.parse(agreed.reached_at);
  const late = reached !== null && reached > by;
  return (
    <>
      {dateTime(by, language)}{" "}
      {reached !== null && (
        <span className={late ? "sw-sev-high" : "sw-good"}>
          {late
            ? t("orders.was_late", { time: duration(reached - by, language) })
            : t("orders.in_time")}
        </span>
      )}
      {agreed.late && <span className="sw-sev-high">{t("orders.over")}</span>}
    </>
  );
}
