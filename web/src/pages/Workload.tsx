/** The workload of teams and people: the orders of a period, their times, and those agreed. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { serviceNow } from "../api/client";
import { workloadQuery } from "../api/orders";
import { dateTime, monthOf } from "../format/time";
import { useWords } from "../i18n";
import { OrderTabs } from "../orders/OrderTabs";
import { WorkloadTable } from "../orders/WorkloadTable";
import { PeriodPicker } from "../reports/PeriodPicker";
import { useMay } from "../session";
import { Scroll } from "../ui/Scroll";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites } from "../useSites";

const route = getRouteApi("/inside/orders/workload");

export function WorkloadPage() {
  const { t } = useWords();
  const may = useMay("report");
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <WorkloadView />;
}

function WorkloadView() {
  const { t, language } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useSites().data;
  const period = search.period ?? monthOf(serviceNow());
  const answer = useQuery({
    ...workloadQuery({ site: search.site, period }),
    placeholderData: keepPreviousData,
  });
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("workload.title")}</h1>
        <OrderTabs />
      </div>
      <div className="sw-filters">
        <SiteSelect
          tree={tree}
          label={t("orders.site")}
          anywhere={t("alarms.any_site")}
          value={search.site}
          onChange={(site) => set({ site })}
        />
        <PeriodPicker period={period} onChange={(chosen) => set({ period: chosen })} />
      </div>
      <Loaded answer={answer}>
        {(found) =>
          found.total.orders === 0 ? (
            <Empty>{t("workload.none")}</Empty>
          ) : (
            <>
              <Scroll panel label={t("workload.by_team")}>
                <WorkloadTable of="team" rows={found.teams} total={found.total} />
              </Scroll>
              <Scroll panel label={t("workload.by_person")}>
                <WorkloadTable of="person" rows={found.people} />
              </Scroll>
              <p className="sw-dim sw-small sw-last sw-prose">
                {t("workload.until", {
                  time: dateTime(Date.parse(found.until), language),
                  zone: found.timezone,
                })}{" "}
                {t("workload.explain")}
              </p>
            </>
          )
        }
      </Loaded>
    </div>
  );
}
