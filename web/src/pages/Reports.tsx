/** Every report that is made of sheets: chosen, read, downloaded, issued, and corrected. */

import { Scroll } from "../ui/Scroll";
import { Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { serviceNow } from "../api/client";
import { reportKindsQuery, reportQuery } from "../api/queries";
import type { ReportDocument, ReportKind } from "../api/schema";
import { dateTime, monthOf } from "../format/time";
import { useWords } from "../i18n";
import { Downloads, type ReportRequest } from "../reports/Downloads";
import { Issues } from "../reports/Issues";
import { PeriodPicker } from "../reports/PeriodPicker";
import { Options, readOptions, writeOptions } from "../reports/Options";
import { lastOf } from "../reports/periods";
import { SheetChart } from "../reports/SheetChart";
import { SheetTable, Sources } from "../reports/SheetTable";
import { useMay } from "../session";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites, type SiteTree } from "../useSites";

const route = getRouteApi("/inside/reports");

export function ReportsPage() {
  const { t } = useWords();
  const sites = useSites();
  const mayReport = useMay("report");
  const kinds = useQuery({ ...reportKindsQuery, enabled: mayReport });
  if (!mayReport) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return (
    <Loaded answer={sites}>
      {(tree) => <Loaded answer={kinds}>{(found) => <Reports tree={tree} kinds={found} />}</Loaded>}
    </Loaded>
  );
}

function Reports({ tree, kinds }: { tree: SiteTree; kinds: ReportKind[] }) {
  const { t, language, name } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const kind = kinds.find((each) => each.kind === search.kind) ?? kinds[0];
  const request: ReportRequest = {
    kind: kind?.kind ?? "",
    site: search.site ?? tree.estate?.id ?? tree.nodes[0]?.id ?? "",
    period: search.period ?? lastOf(kind?.usual_period ?? "month", monthOf(serviceNow())),
    options: readOptions(search.options, kind?.options ?? []),
  };
  const answer = useQuery({
    ...reportQuery(request, language),
    enabled: kind !== undefined,
    placeholderData: keepPreviousData,
  });
  const go = (change: {
    kind?: string;
    site?: string | undefined;
    period?: string;
    options?: string | undefined;
  }) => void navigate({ search: (old) => ({ ...old, ...change }) });
  // What one report offers another does not know; a period of another length may not fit it.
  const choose = (next: ReportKind) => {
    const fits = next.usual_period === kind?.usual_period;
    const period = fits ? search.period : undefined;
    void navigate({ search: (old) => ({ ...old, kind: next.kind, period, options: undefined }) });
  };
  if (kind === undefined) return <Empty>{t("reports.no_kind")}</Empty>;
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("reports.title")}</h1>
      </div>
      {kind.about !== null && <p className="sw-dim sw-small">{name({ ...kind.about })}</p>}
      <div className="sw-filters">
        <Select
          size="xs"
          label={t("reports.kind")}
          allowDeselect={false}
          data={kinds.map((each) => ({ value: each.kind, label: name({ ...each.title }) }))}
          value={kind.kind}
          onChange={(value) => choose(kinds.find((each) => each.kind === value) ?? kind)}
        />
        <SiteSelect
          tree={tree}
          label={t("reports.site")}
          value={request.site}
          onChange={(site) => go({ site })}
        />
        <PeriodPicker period={request.period} onChange={(period) => go({ period })} />
        <Options
          options={kind.options}
          chosen={request.options}
          onChange={(options) => go({ options: writeOptions(options) })}
        />
        <Downloads request={request} />
      </div>
      <Loaded answer={answer}>{(report) => <Shown report={report} />}</Loaded>
      <Issues
        request={request}
        ended={answer.data !== undefined && Date.parse(answer.data.period.end) <= serviceNow()}
      />
    </div>
  );
}

function Shown({ report }: { report: ReportDocument }) {
  const { t, language } = useWords();
  const sources = useMemo(
    () => new Map(report.sources.map((source) => [source.id, source])),
    [report],
  );
  return (
    <>
      <section className="sw-panel" role="status">
        <div className="sw-panel-head">
          <h2 data-testid="report-title">{report.title}</h2>
          <span className="sw-badge">{report.status}</span>
        </div>
        {report.notes.length > 0 && (
          <ul className="sw-sources sw-small">
            {report.notes.map((note) => (
              <li key={note.key + note.text}>{note.text}</li>
            ))}
          </ul>
        )}
      </section>
      {report.sheets.map((sheet) => (
        <Scroll key={sheet.key} panel label={sheet.title}>
          <div className="sw-panel-head">
            <h2>{sheet.title}</h2>
          </div>
          {sheet.rows.length > 0 &&
            report.charts
              .filter((chart) => chart.sheet === sheet.key)
              .map((chart, index) => <SheetChart key={index} chart={chart} sheet={sheet} />)}
          {sheet.rows.length === 0 ? (
            <Empty>{t("reports.empty")}</Empty>
          ) : (
            <SheetTable sheet={sheet} sources={sources} />
          )}
          {sheet.notes.map((note) => (
            <p key={note.key + note.text} className="sw-dim sw-small">
              {note.text}
            </p>
          ))}
        </Scroll>
      ))}
      {report.sources.length > 0 && (
        <details className="sw-panel">
          <summary>{t("reports.all_sources", { count: report.sources.length })}</summary>
          <Sources ids={report.sources.map((source) => source.id)} sources={sources} />
        </details>
      )}
      <p className="sw-dim sw-small">
        {t("energy.zone", { zone: report.timezone })} ·{" "}
        {t("energy.revision", { revision: report.revision.slice(0, 12) })} ·{" "}
        {t("reports.made_at", { time: dateTime(report.made_at_ms, language) })}
      </p>
    </>
  );
}
