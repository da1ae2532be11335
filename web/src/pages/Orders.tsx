/** Work orders: what is to be done, by whom, and until when. */

import { Button, SegmentedControl, Select } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { assigneesQuery, ordersQuery } from "../api/orders";
import { useWords } from "../i18n";
import { NewOrder } from "../orders/NewOrder";
import { OrderCard } from "../orders/OrderCard";
import { OrderTabs } from "../orders/OrderTabs";
import { ORDER_VIEWS, queryOf, type OrderView } from "../orders/orderState";
import { useMay } from "../session";
import { CheckIcon } from "../ui/icons";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites } from "../useSites";

const route = getRouteApi("/inside/orders");

export function OrdersPage() {
  const { t } = useWords();
  const may = useMay("orders");
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <OrdersView />;
}

function OrdersView() {
  const { t } = useWords();
  const { view, site, team } = route.useSearch();
  const [making, setMaking] = useState(false);
  const answer = useInfiniteQuery(ordersQuery({ ...queryOf(view ?? "unfinished"), site, team }));
  const orders = answer.data?.pages.flatMap((page) => page.items);
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("orders.title")}</h1>
        {orders !== undefined && (
          <span className="sw-dim" role="status">
            {answer.hasNextPage
              ? t("orders.count_more", { count: orders.length })
              : t("orders.count", { count: orders.length })}
          </span>
        )}
        <OrderTabs />
        <Button size="sm" className="sw-order-new" onClick={() => setMaking(true)}>
          {t("orders.new")}
        </Button>
      </div>
      <Filters />
      <section className="sw-panel" aria-label={t("orders.title")}>
        <Loaded answer={{ ...answer, data: orders }}>
          {(found) =>
            found.length === 0 ? (
              <Nothing view={view ?? "unfinished"} />
            ) : (
              <>
                <ul className="sw-cards sw-orders">
                  {found.map((order) => (
                    <OrderCard key={order.id} order={order} />
                  ))}
                </ul>
                {answer.hasNextPage && (
                  <div className="sw-more">
                    <Button
                      variant="default"
                      loading={answer.isFetchingNextPage}
                      onClick={() => void answer.fetchNextPage()}
                    >
                      {t("alarms.more")}
                    </Button>
                  </div>
                )}
              </>
            )
          }
        </Loaded>
      </section>
      {making && <NewOrder site={site} onClose={() => setMaking(false)} />}
    </div>
  );
}

function Nothing({ view }: { view: OrderView }) {
  const { t } = useWords();
  const { site, team } = route.useSearch();
  const navigate = route.useNavigate();
  if (site === undefined && team === undefined) {
    return (
      <div className="sw-empty sw-good">
        <CheckIcon size={28} />
        <strong>{t(view === "all" ? "orders.none" : `orders.none_${view}`)}</strong>
      </div>
    );
  }
  return (
    <div className="sw-empty">
      <Empty>{t("orders.none")}</Empty>
      <Button size="xs" variant="default" onClick={() => void navigate({ search: {} })}>
        {t("alarms.clear_filter")}
      </Button>
    </div>
  );
}

function Filters() {
  const { t, name } = useWords();
  const { view, site, team } = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useSites().data;
  const teams = useQuery(assigneesQuery(undefined)).data?.teams ?? [];
  const set = (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  return (
    <div className="sw-filters">
      <div className="sw-scroll">
        <SegmentedControl
          size="xs"
          aria-label={t("orders.view")}
          value={view ?? "unfinished"}
          onChange={(value: OrderView) => set({ view: value === "unfinished" ? undefined : value })}
          data={ORDER_VIEWS.map((each) => ({ value: each, label: t(`orders.view_${each}`) }))}
        />
      </div>
      <SiteSelect
        tree={tree}
        label={t("orders.site")}
        anywhere={t("alarms.any_site")}
        value={site}
        onChange={(value) => set({ site: value })}
      />
      {teams.length > 0 && (
        <Select
          size="xs"
          label={t("orders.team")}
          clearable
          placeholder={t("orders.any_team")}
          data={teams.map((each) => ({ value: each.id, label: name(each.name) }))}
          value={team ?? null}
          onChange={(value) => set({ team: value ?? undefined })}
        />
      )}
    </div>
  );
}
