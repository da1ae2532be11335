/** What flowed into each node of the meter tree, and how much of it no sub-meter counted. */

import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { BASE, withQuery } from "../api/client";
import { unaccountedQuery } from "../api/queries";
import type { UnaccountedReport } from "../api/schema";
import { percent } from "../format/number";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { DownloadIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";
import { UnaccountedTable } from "./UnaccountedTable";

export function Unaccounted({ site, period }: { site: string; period: string }) {
  const { t, language } = useWords();
  const answer = useQuery({
    ...unaccountedQuery({ site, period }),
    placeholderData: keepPreviousData,
  });
  const csv = withQuery(`${BASE}/reports/unaccounted`, { site, period, format: "csv", language });
  return (
    <section className="sw-panel" aria-labelledby="unaccounted">
      <div className="sw-panel-head">
        <h2 id="unaccounted">{t("balance.title")}</h2>
        <Button
          size="compact-xs"
          variant="default"
          component="a"
          href={csv}
          download={`unaccounted_${site}_${period}.csv`}
          leftSection={<DownloadIcon size={14} />}
        >
          {t("balance.csv")}
        </Button>
      </div>
      <Loaded answer={answer}>{(report) => <Balances report={report} />}</Loaded>
    </section>
  );
}

function Balances({ report }: { report: UnaccountedReport }) {
  const { t, language, say } = useWords();
  if (report.rows.length === 0) {
    return (
      <>
        {report.notes.map((note) => (
          <Empty key={note}>{say("note", note)}</Empty>
        ))}
      </>
    );
  }
  return (
    <>
      <UnaccountedTable report={report} />
      <Meanings report={report} />
      <p className="sw-dim sw-small">
        {t("balance.explain")} {t("balance.limit", { share: percent(report.limit, language) })} ·{" "}
        {t("balance.until", { time: dateTime(Date.parse(report.end), language) })}
        {report.notes.map((note) => (
          <span key={note}> · {say("note", note)}</span>
        ))}
      </p>
    </>
  );
}

function Meanings({ report }: { report: UnaccountedReport }) {
  const { t, say } = useWords();
  const marks = [...new Set(report.rows.flatMap((row) => row.marks))];
  const silent = [...new Set(report.rows.flatMap((row) => row.silent))];
  if (marks.length === 0 && silent.length === 0) return null;
  return (
    <dl className="sw-meanings sw-small" aria-label={t("balance.meaning")}>
      {marks.map((mark) => (
        <div key={mark}>
          <dt>{say("balance_mark", mark)}</dt>
          <dd>{say("balance_reason", mark)}</dd>
        </div>
      ))}
      {silent.length > 0 && (
        <div>
          <dt />
          <dd data-testid="silent-meters">{t("balance.silent", { meters: silent.join(", ") })}</dd>
        </div>
      )}
    </dl>
  );
}
