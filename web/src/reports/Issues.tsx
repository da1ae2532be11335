/** The reports of a site that were issued, each as it was signed, and what has changed since. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { BASE, postJson, withQuery } from "../api/client";
import { correctionsQuery, issuesQuery } from "../api/queries";
import type { Correction, IssueItem } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { UNKNOWN } from "../format/number";
import { Empty, Loaded } from "../ui/states";
import type { ReportRequest } from "./Downloads";

const FORMATS = ["pdf", "xlsx", "csv", "json"] as const;

export function Issues({ request, ended }: { request: ReportRequest; ended: boolean }) {
  const { t } = useWords();
  const answer = useQuery(issuesQuery(request.site, request.kind));
  return (
    <section className="sw-panel" aria-labelledby="issues">
      <div className="sw-panel-head">
        <h2 id="issues">{t("reports.issued_title")}</h2>
        <IssueButton request={request} ended={ended} />
      </div>
      <Loaded answer={answer}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty>{t("reports.none_issued")}</Empty>
          ) : (
            <ul className="sw-issues">
              {page.items.map((item) => (
                <Issue key={item.id} item={item} newest={isNewest(item, page.items)} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
}

function isNewest(item: IssueItem, items: readonly IssueItem[]): boolean {
  return !items.some((other) => other.replaces === item.id);
}

function IssueButton({ request, ended }: { request: ReportRequest; ended: boolean }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const issue = async () => {
    if (!confirm(t("reports.issue_confirm", { period: request.period }))) return;
    setBusy(true);
    try {
      const { site, period, options } = request;
      const body = { site, period, options };
      const made = await postJson<IssueItem>(`/reports/${request.kind}/issue`, body);
      setSaid(t("reports.issue_done", { version: made.version }));
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
    await queries.invalidateQueries({ queryKey: ["issues"] });
  };
  return (
    <span>
      {said !== null && (
        <span className="sw-small" role="status">
          {said}{" "}
        </span>
      )}
      <Button
        size="compact-xs"
        disabled={!ended || busy}
        title={ended ? undefined : t("reports.not_ended")}
        onClick={() => void issue()}
      >
        {t("reports.issue")}
      </Button>
    </span>
  );
}

function Issue({ item, newest }: { item: IssueItem; newest: boolean }) {
  const { t, language } = useWords();
  const [open, setOpen] = useState(false);
  const at = dateTime(Date.parse(item.issued_at), language);
  return (
    <li data-issue={item.id}>
      <div className="sw-issue">
        <strong>{item.period}</strong>
        {Object.entries(item.options).map(([option, value]) => (
          <span key={option} className="sw-badge">
            {option}={value}
          </span>
        ))}
        <span className="sw-badge">{t("reports.version", { version: item.version })}</span>
        {item.replaces !== null && (
          <span className="sw-badge">{t("reports.corrects", { number: item.replaces })}</span>
        )}
        <span className="sw-dim sw-small">
          #{item.id} · {at} · {item.issued_by.replace(/^person:/, "")} ·{" "}
          <code title={item.digest}>{item.digest.slice(0, 12)}</code>
        </span>
        <span className="sw-issue-links">
          {FORMATS.map((format) => (
            <a
              key={format}
              href={withQuery(`${BASE}/issued-reports/${item.id}`, { format, language })}
              download={`${item.kind}-${item.site}-${item.period}-v${item.version}.${format}`}
            >
              {format.toUpperCase()}
            </a>
          ))}
          {newest && (
            <button
              type="button"
              className="sw-sources-button"
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              {t("reports.changed_since")}
            </button>
          )}
        </span>
      </div>
      {open && <ChangesOf issue={item.id} />}
    </li>
  );
}

function ChangesOf({ issue }: { issue: number }) {
  const { t, language } = useWords();
  const answer = useQuery(correctionsQuery(issue, language));
  return (
    <Loaded answer={answer}>
      {(found) =>
        found.items.length === 0 ? (
          <p className="sw-quiet">{t("reports.unchanged")}</p>
        ) : (
          <div className="sw-wide">
            <table className="sw-table" data-testid="corrections">
              <thead>
                <tr>
                  <th scope="col">{t("reports.where")}</th>
                  <th scope="col" className="sw-num">
                    {t("reports.as_issued")}
                  </th>
                  <th scope="col" className="sw-num">
                    {t("reports.now")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {found.items.map((item, index) => (
                  <Changed key={index} item={item} />
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Loaded>
  );
}

function Changed({ item }: { item: Correction }) {
  const { t } = useWords();
  const where = [item.sheet, item.row, item.column].filter((part) => part !== null).join(" / ");
  return (
    <tr>
      <th scope="row">{where}</th>
      {item.what === "cell" || item.what === "source" ? (
        <>
          <td className="sw-num">{item.old ?? UNKNOWN}</td>
          <td className="sw-num">{item.new ?? UNKNOWN}</td>
        </>
      ) : (
        <td colSpan={2}>{t(`reports.${item.what}`)}</td>
      )}
    </tr>
  );
}
