/** The rows of the audit chain, newest first: who did what, when, from where. */

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { auditQuery, type AuditFilter } from "../api/deskQueries";
import type { AuditItem } from "../api/schema";
import { actorName } from "../alarms/actorName";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { Empty, Loaded } from "../ui/states";
import { Head } from "../ui/Head";

export function AuditRows({ filter }: { filter: AuditFilter }) {
  const { t } = useWords();
  const answer = useInfiniteQuery(auditQuery(filter));
  const rows = answer.data?.pages.flatMap((page) => page.items);
  return (
    <section className="sw-panel" aria-label={t("evidence.rows")}>
      <Loaded answer={{ ...answer, data: rows }}>
        {(found) =>
          found.length === 0 ? (
            <Empty>{t("evidence.none")}</Empty>
          ) : (
            <table className="sw-table sw-stack sw-audit">
              <Head
                columns={[
                  t("evidence.seq"),
                  t("evidence.when"),
                  t("evidence.who"),
                  t("evidence.what"),
                  t("evidence.detail"),
                  t("evidence.seal"),
                ]}
              />
              <tbody>
                {found.map((row) => (
                  <Row key={row.seq} row={row} />
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
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
    </section>
  );
}

function Row({ row }: { row: AuditItem }) {
  const { language, say } = useWords();
  return (
    <tr data-seq={row.seq} data-action={row.action}>
      <td className="sw-dim">{row.seq}</td>
      <td className="sw-nowrap">{dateTime(Date.parse(row.at), language)}</td>
      <td>
        {actorName(row.actor)}
        {row.address !== null && <div className="sw-dim sw-small">{row.address}</div>}
      </td>
      <td>
        <b>{say("action", row.action.replace(".", "_"))}</b>
        <div className="sw-dim sw-small">{row.subject}</div>
      </td>
      <td className="sw-small sw-names">
        <Detail detail={row.detail} />
      </td>
      <td>
        <code className="sw-dim" title={row.hash}>
          {row.hash.slice(0, 12)}
        </code>
      </td>
    </tr>
  );
}

/** What was written with the deed, name by name; what is empty is left out. */
function Detail({ detail }: { detail: AuditItem["detail"] }) {
  const { language } = useWords();
  const shown = Object.entries(detail).filter(
    ([, value]) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  const text = (name: string, value: unknown) => {
    if (typeof value === "string") return value;
    const moment = name.endsWith("_at") && typeof value === "number";
    return moment ? dateTime(value, language) : JSON.stringify(value);
  };
  return (
    <>
      {shown.map(([name, value], index) => (
        <span key={name}>
          {index > 0 && " · "}
          <span className="sw-dim">{name}</span> {text(name, value)}
        </span>
      ))}
    </>
  );
}
