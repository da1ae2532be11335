/** A work order in a list: what, where, who, and until when. */

import { Link } from "@tanstack/react-router";
import type { OrderItem } from "../api/schema";
import { useWords } from "../i18n";
import { SeverityBadge } from "../ui/badges";
import { NextTime, OrderState } from "./OrderState";
import { personName } from "./orderState";

export function OrderCard({ order }: { order: OrderItem }) {
  const { t, name } = useWords();
  const where = order.site_path.map(name).join(" / ") || order.site;
  const device = order.device === null ? "" : name(order.device_name) || order.device;
  const late = order.late.length > 0;
  return (
    <li
      className={late ? "sw-card sw-card-waiting" : "sw-card"}
      data-order={order.id}
      data-state={order.state}
    >
      <Link to="/orders/$order" params={{ order: String(order.id) }} className="sw-order-link">
        <span className="sw-order-head">
          <strong>{name(order.title)}</strong>
          {order.severity !== null && <SeverityBadge severity={order.severity} />}
        </span>
        <span className="sw-dim sw-small">
          {where}
          {device !== "" && ` · ${device}`}
        </span>
        <span className="sw-order-foot">
          <OrderState state={order.state} />
          <NextTime order={order} />
          <span className="sw-small">
            {[name(order.team_name) || order.team, personName(order.assignee)]
              .filter((each) => each !== null && each !== "")
              .join(" · ") || t("orders.unassigned")}
          </span>
          {order.items > 0 && (
            <span className="sw-dim sw-small">
              {order.checked}/{order.items}
            </span>
          )}
          <span className="sw-dim sw-small">#{order.id}</span>
        </span>
      </Link>
    </li>
  );
}
