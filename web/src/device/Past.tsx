/** What has been with a device: alarms that are over, and its work orders. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ordersQuery } from "../api/orders";
import { alarmsQuery } from "../api/queries";
import type { AlarmItem } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { OrderCard } from "../orders/OrderCard";
import { useMay } from "../session";
import { AlarmStateText, SeverityIcon, TestBadge } from "../ui/badges";
import { Loaded } from "../ui/states";

const MOST = 8;

export function PastAlarms({ device }: { device: string }) {
  const { t } = useWords();
  const answer = useInfiniteQuery(alarmsQuery({ state: "closed", device }));
  const alarms = answer.data?.pages.flatMap((page) => page.items);
  return (
    <section className="sw-panel" aria-labelledby="past-alarms">
      <div className="sw-panel-head">
        <h2 id="past-alarms">{t("device.past_alarms")}</h2>
      </div>
      <Loaded answer={{ ...answer, data: alarms }}>
        {(found) =>
          found.length === 0 ? (
            <p className="sw-dim sw-last">{t("device.no_past_alarms")}</p>
          ) : (
            <ul className="sw-cards">
              {found.slice(0, MOST).map((alarm) => (
                <PastAlarm key={alarm.id} alarm={alarm} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
}

/** Opens in the console, where its whole life stands. */
function PastAlarm({ alarm }: { alarm: AlarmItem }) {
  const { name, language } = useWords();
  return (
    <li data-past={alarm.id}>
      <Link to="/alarms" search={{ state: "all", alarm: alarm.id }}>
        <SeverityIcon severity={alarm.severity} size={13} /> {name(alarm.title)}
      </Link>{" "}
      {alarm.test && <TestBadge />}
      <div className="sw-dim sw-small">
        {dateTime(Date.parse(alarm.raised_at), language)} · <AlarmStateText alarm={alarm} />
      </div>
    </li>
  );
}

export function DeviceOrders({ device }: { device: string }) {
  const mayOrders = useMay("orders");
  return mayOrders ? <Orders device={device} /> : null;
}

function Orders({ device }: { device: string }) {
  const { t } = useWords();
  const answer = useInfiniteQuery(ordersQuery({ state: "all", device }));
  const orders = answer.data?.pages.flatMap((page) => page.items);
  return (
    <section className="sw-panel" aria-labelledby="device-orders">
      <div className="sw-panel-head">
        <h2 id="device-orders">{t("device.orders")}</h2>
        <Link to="/orders" className="sw-small">
          {t("device.all_orders")}
        </Link>
      </div>
      <Loaded answer={{ ...answer, data: orders }}>
        {(found) =>
          found.length === 0 ? (
            <p className="sw-dim sw-last">{t("device.no_orders")}</p>
          ) : (
            <ul className="sw-cards">
              {found.slice(0, MOST).map((order) => (
                <OrderCard key={order.id} order={order} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
}
