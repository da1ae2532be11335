/** What a site used, bought, made and charged, by day or month, and how complete that is. */

import { Scroll } from "../ui/Scroll";
import { Button, SegmentedControl, Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { BASE, serviceNow, withQuery } from "../api/client";
import { energyQuery, type EnergyRequest } from "../api/queries";
import type { EnergyReport } from "../api/schema";
import { EnergyChart } from "../energy/EnergyChart";
import { EnergyTable } from "../energy/EnergyTable";
import { Unaccounted } from "../energy/Unaccounted";
import { percent } from "../format/number";
import { monthOf } from "../format/time";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { CheckIcon, DownloadIcon, HighIcon } from "../ui/icons";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites, type SiteTree } from "../useSites";

const route = getRouteApi("/inside/energy");
const YEARS_BACK = 5;

export function EnergyPage() {
  const { t } = useWords();
  const sites = useSites();
  const mayReport = useMay("report");
  if (!mayReport) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <Loaded answer={sites}>{(tree) => <Energy tree={tree} />}</Loaded>;
}

function Energy({ tree }: { tree: SiteTree }) {
  const { t } = useWords();
  const search = route.useSearch();
  const site = search.site ?? tree.estate?.id ?? tree.nodes[0]?.id ?? "";
  const period = search.period ?? monthOf(serviceNow());
  const request: EnergyRequest = { site, period, step: period.length === 4 ? "month" : "day" };
  const answer = useQuery({ ...energyQuery(request), placeholderData: keepPreviousData });
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("energy.title")}</h1>
      </div>
      <Choices tree={tree} request={request} />
      <Loaded answer={answer}>{(report) => <Report report={report} />}</Loaded>
      <Unaccounted site={site} period={period} />
    </div>
  );
}

function Choices({ tree, request }: { tree: SiteTree; request: EnergyRequest }) {
  const { t, language } = useWords();
  const navigate = route.useNavigate();
  const [year = "", month] = request.period.split("-");
  const thisMonth = monthOf(serviceNow());
  const thisYear = Number(thisMonth.slice(0, 4));
  const years = Array.from({ length: YEARS_BACK + 1 }, (_, back) => String(thisYear - back));
  if (!years.includes(year)) years.push(year);
  const months = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, "0"));
  const go = (change: { site?: string | undefined; period?: string }) =>
    void navigate({ search: (old) => ({ ...old, ...change }) });
  const csv = withQuery(`${BASE}/reports/energy`, { ...request, format: "csv", language });
  return (
    <div className="sw-filters">
      <SiteSelect
        tree={tree}
        label={t("energy.site")}
        value={request.site}
        onChange={(site) => go({ site })}
      />
      <SegmentedControl
        size="xs"
        aria-label={t("energy.by")}
        value={request.step}
        onChange={(step) =>
          go({ period: step === "month" ? year : `${year}-${thisMonth.slice(5)}` })
        }
        data={[
          { value: "day", label: t("energy.by_day") },
          { value: "month", label: t("energy.by_month") },
        ]}
      />
      <Select
        size="xs"
        label={t("energy.year")}
        w={90}
        allowDeselect={false}
        data={years}
        value={year}
        onChange={(value) =>
          go({ period: month === undefined ? (value ?? year) : `${value ?? year}-${month}` })
        }
      />
      {month !== undefined && (
        <Select
          size="xs"
          label={t("energy.month")}
          w={80}
          allowDeselect={false}
          data={months}
          value={month}
          onChange={(value) => go({ period: `${year}-${value ?? month}` })}
        />
      )}
      <Button
        size="xs"
        variant="default"
        component="a"
        href={csv}
        download={`energy_${request.site}_${request.period}.csv`}
        leftSection={<DownloadIcon size={14} />}
      >
        {t("energy.csv")}
      </Button>
    </div>
  );
}

function Report({ report }: { report: EnergyReport }) {
  const { t, language, say, name } = useWords();
  const missing = report.total.missing_share;
  const empty = report.rows.every(
    (row) => row.consumption_wh === null && row.pv_wh === null && row.charging_wh === null,
  );
  return (
    <>
      <p className={missing > 0 ? "sw-warning" : "sw-quiet"} role="status">
        {missing > 0 ? <HighIcon /> : <CheckIcon />}{" "}
        {missing > 0
          ? t("energy.partial", { share: percent(missing, language) })
          : t("energy.complete")}
        {report.notes.map((note) => (
          <span key={note}> · {say("note", note)}</span>
        ))}
      </p>
      {empty ? (
        <section className="sw-panel">
          <Empty>{t("energy.empty")}</Empty>
        </section>
      ) : (
        <>
          <section className="sw-panel" aria-label={t("energy.title")}>
            <EnergyChart report={report} />
          </section>
          <Scroll panel label={t("energy.title")}>
            <EnergyTable report={report} />
          </Scroll>
        </>
      )}
      <p className="sw-dim sw-small">
        {name(report.site_name)} · {t("energy.meters", { count: report.meters.length })} ·{" "}
        {t("energy.zone", { zone: report.timezone })} ·{" "}
        {t("energy.revision", { revision: report.revision.slice(0, 12) })}
      </p>
    </>
  );
}
