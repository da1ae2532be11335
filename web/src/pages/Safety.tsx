/** The safety report: by site and period, how many alarms, and how people dealt with them. */

import { Scroll } from "../ui/Scroll";
import { Button, NumberInput, Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { DeskTabs } from "../alarms/DeskTabs";
import { BASE, serviceNow, withQuery } from "../api/client";
import { safetyQuery, type SafetyRequest } from "../api/deskQueries";
import type { SafetyReport } from "../api/schema";
import { dateTime, monthOf } from "../format/time";
import { useWords } from "../i18n";
import { WorkloadTable } from "../orders/WorkloadTable";
import { SafetyDetail } from "../safety/SafetyDetail";
import { SafetyTable } from "../safety/SafetyTable";
import { DownloadIcon } from "../ui/icons";
import { SiteSelect } from "../ui/SiteSelect";
import { Loaded } from "../ui/states";
import { useSites, type SiteTree } from "../useSites";

const route = getRouteApi("/inside/safety");
const YEARS_BACK = 5;

export function SafetyPage() {
  const { t } = useWords();
  const sites = useSites();
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("safety_report.title")}</h1>
        <DeskTabs />
      </div>
      <Loaded answer={sites}>{(tree) => <Report tree={tree} />}</Loaded>
    </div>
  );
}

function Report({ tree }: { tree: SiteTree }) {
  const search = route.useSearch();
  const request: SafetyRequest = {
    site: search.site ?? tree.estate?.id ?? tree.nodes[0]?.id ?? "",
    period: search.period ?? monthOf(serviceNow()),
    operators: search.operators ?? 1,
  };
  const answer = useQuery({ ...safetyQuery(request), placeholderData: keepPreviousData });
  return (
    <>
      <Choices tree={tree} request={request} />
      <Loaded answer={answer}>{(report) => <Found report={report} />}</Loaded>
    </>
  );
}

function Choices({ tree, request }: { tree: SiteTree; request: SafetyRequest }) {
  const { t, language } = useWords();
  const navigate = route.useNavigate();
  const [year = "", month] = request.period.split("-");
  const thisYear = Number(monthOf(serviceNow()).slice(0, 4));
  const years = Array.from({ length: YEARS_BACK + 1 }, (_, back) => String(thisYear - back));
  const months = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, "0"));
  const go = (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (old) => ({ ...old, detail: undefined, ...change }) });
  const csv = withQuery(`${BASE}/reports/safety`, { ...request, format: "csv", language });
  return (
    <div className="sw-filters">
      <SiteSelect
        tree={tree}
        label={t("energy.site")}
        value={request.site}
        onChange={(site) => go({ site })}
      />
      <Select
        size="xs"
        label={t("energy.year")}
        w={90}
        allowDeselect={false}
        data={years.includes(year) ? years : [...years, year]}
        value={year}
        onChange={(value) => go({ period: [value ?? year, month].filter(Boolean).join("-") })}
      />
      <Select
        size="xs"
        label={t("energy.month")}
        w={120}
        allowDeselect={false}
        data={[{ value: "", label: t("safety_report.whole_year") }, ...months]}
        value={month ?? ""}
        onChange={(value) => go({ period: [year, value].filter(Boolean).join("-") })}
      />
      <NumberInput
        size="xs"
        label={t("safety_report.operators")}
        w={110}
        min={1}
        max={1000}
        allowDecimal={false}
        value={request.operators}
        onChange={(value) => {
          const operators = Number(value);
          if (operators >= 1) go({ operators: operators === 1 ? undefined : operators });
        }}
      />
      <Button
        size="xs"
        variant="default"
        component="a"
        href={csv}
        download={`safety_${request.site}_${request.period}.csv`}
        leftSection={<DownloadIcon size={14} />}
      >
        {t("energy.csv")}
      </Button>
    </div>
  );
}

function Found({ report }: { report: SafetyReport }) {
  const { t, language, name } = useWords();
  const { detail } = route.useSearch();
  const navigate = route.useNavigate();
  const chosen = report.rows.find((row) => row.site === detail);
  return (
    <>
      {report.rows.length > 0 && (
        <Scroll panel label={t("safety_report.title")}>
          <SafetyTable
            report={report}
            detail={detail}
            onDetail={(site) =>
              void navigate({
                search: (old) => ({ ...old, detail: site === detail ? undefined : site }),
                replace: true,
                resetScroll: false,
              })
            }
          />
        </Scroll>
      )}
      <SafetyDetail
        title={name(chosen?.name ?? report.site_name) || t("safety_report.elsewhere")}
        figures={chosen?.figures ?? report.total}
      />
      {report.orders.orders > 0 && (
        <Scroll panel label={t("workload.by_team")}>
          <div className="sw-panel-head">
            <h2>{t("orders.title")}</h2>
          </div>
          <WorkloadTable of="team" rows={report.teams} total={report.orders} />
        </Scroll>
      )}
      <p className="sw-dim sw-small sw-last sw-prose">
        {t("safety_report.until", {
          time: dateTime(Date.parse(report.until), language),
          zone: report.timezone,
          count: report.operators,
        })}{" "}
        {t("safety_report.explain")}
      </p>
    </>
  );
}
