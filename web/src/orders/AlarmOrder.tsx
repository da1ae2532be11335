/** In an alarm's details: the work orders that see to it, and the button that makes one. */

import { Button, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { makeOrderForAlarm, ordersOfAlarmQuery, refreshOrders } from "../api/orders";
import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { OrderState } from "./OrderState";

/** The alarm that says that an order is overdue makes none of its own. */
const OVERDUE = "work_order_overdue";

export function AlarmOrder({ alarm }: { alarm: AlarmItem }) {
  const may = useMay("orders");
  if (!may || alarm.rule === OVERDUE) return null;
  return <Orders alarm={alarm.id} />;
}

function Orders({ alarm }: { alarm: number }) {
  const { t, name } = useWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const found = useQuery(ordersOfAlarmQuery(alarm)).data?.items;
  const making = useMutation({
    mutationFn: () => makeOrderForAlarm(alarm),
    onSuccess: (made) =>
      void navigate({ to: "/orders/$order", params: { order: String(made.id) } }),
    onSettled: () => refreshOrders(queries),
  });
  if (found === undefined) return null;
  const open = found.some((order) => order.closed_at === null);
  return (
    <section aria-label={t("orders.of_alarm")} data-testid="alarm-orders">
      {found.map((order) => (
        <p key={order.id} className="sw-order-none">
          <Link to="/orders/$order" params={{ order: String(order.id) }}>
            {t("orders.order", { number: order.id })}: {name(order.title)}
          </Link>{" "}
          <OrderState state={order.state} />
        </p>
      ))}
      {!open && (
        <Button variant="default" loading={making.isPending} onClick={() => making.mutate()}>
          {t("orders.from_alarm")}
        </Button>
      )}
      {making.error !== null && (
        <Text size="sm" c="red" role="alert">
          {making.error.message}
        </Text>
      )}
    </section>
  );
}
