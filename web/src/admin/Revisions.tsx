/** The accepted states of the estate folder, and how two of them differ. */

import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { differenceQuery, revisionsQuery } from "../api/admin";
import type { FileDifference, RevisionItem } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { CheckIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";
import { Head } from "../ui/Head";

interface Chosen {
  revision?: number | undefined;
  base?: number | undefined;
}

interface RevisionsProps {
  chosen: number | undefined;
  base: number | undefined;
  onChoose: (next: Chosen) => void;
}

export function Revisions({ chosen, base, onChoose }: RevisionsProps) {
  const { t } = useWords();
  const answer = useQuery(revisionsQuery);
  return (
    <Loaded answer={answer}>
      {(revisions) =>
        revisions.length === 0 ? (
          <Empty>{t("admin.no_revisions")}</Empty>
        ) : (
          <>
            <RevisionTable revisions={revisions} chosen={chosen} onChoose={onChoose} />
            {chosen !== undefined && (
              <Difference revisions={revisions} number={chosen} base={base} onChoose={onChoose} />
            )}
          </>
        )
      }
    </Loaded>
  );
}

function RevisionTable({
  revisions,
  chosen,
  onChoose,
}: {
  revisions: readonly RevisionItem[];
  chosen: number | undefined;
  onChoose: (next: Chosen) => void;
}) {
  const { t, language, say } = useWords();
  return (
    <section className="sw-panel" aria-label={t("admin.tab_revisions")}>
      <table className="sw-table sw-stack sw-admin">
        <Head
          columns={[
            t("admin.number"),
            t("admin.accepted"),
            t("admin.by"),
            t("admin.changed_files"),
          ]}
          acts
        />
        <tbody>
          {revisions.map((one) => (
            <tr
              key={one.number}
              data-revision={one.number}
              className={one.number === chosen ? "sw-chosen" : ""}
            >
              <td>
                <b>{one.number}</b> <code className="sw-dim">{one.hash}</code>{" "}
                {one.current && (
                  <span className="sw-good">
                    <CheckIcon size={13} /> {t("admin.in_use")}
                  </span>
                )}
              </td>
              <td className="sw-nowrap">{dateTime(Date.parse(one.accepted_at), language)}</td>
              <td>{say("accepted_by", one.accepted_by.replaceAll(" ", "_"))}</td>
              <td className="sw-small sw-names">
                <Changed revision={one} />
              </td>
              <td className="sw-cell-menu">
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={t("admin.differences_of", { number: one.number })}
                  onClick={() => onChoose({ revision: one.number })}
                >
                  {t("admin.differences")}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const MOST_NAMES = 6;

function Changed({ revision }: { revision: RevisionItem }) {
  const { t } = useWords();
  const names = [
    ...revision.added.map((name) => `+ ${name}`),
    ...revision.changed.map((name) => `~ ${name}`),
    ...revision.removed.map((name) => `− ${name}`),
  ];
  const left = names.length - MOST_NAMES;
  return (
    <>
      {names.slice(0, MOST_NAMES).join(", ")}
      {left > 0 && ` ${t("admin.more_files", { count: left })}`}
    </>
  );
}

function Difference({
  revisions,
  number,
  base,
  onChoose,
}: {
  revisions: readonly RevisionItem[];
  number: number;
  base: number | undefined;
  onChoose: (next: Chosen) => void;
}) {
  const { t } = useWords();
  const answer = useQuery(differenceQuery(number, base));
  const against = answer.data?.base;
  return (
    <section className="sw-panel" aria-label={t("admin.differences_of", { number })}>
      <div className="sw-panel-head">
        <h2>{t("admin.differences_of", { number })}</h2>
        <Select
          size="xs"
          aria-label={t("admin.against")}
          placeholder={t("admin.before")}
          allowDeselect={false}
          data={revisions
            .filter((one) => one.number !== number)
            .map((one) => ({
              value: String(one.number),
              label: t("admin.against_of", { number: one.number }),
            }))}
          value={against === undefined || against === null ? null : String(against)}
          onChange={(value) =>
            onChoose({ revision: number, base: value === null ? undefined : Number(value) })
          }
        />
        <Button size="compact-xs" variant="default" onClick={() => onChoose({})}>
          {t("admin.shut")}
        </Button>
      </div>
      <Loaded answer={answer}>
        {({ files }) =>
          files.length === 0 ? (
            <Empty>{t("admin.same")}</Empty>
          ) : (
            files.map((file) => <FileLines key={file.file} file={file} />)
          )
        }
      </Loaded>
    </section>
  );
}

function FileLines({ file }: { file: FileDifference }) {
  const { t, say } = useWords();
  return (
    <details open className="sw-diff" data-file={file.file}>
      <summary>
        <code>{file.file}</code> <span className="sw-dim">{say("file_change", file.change)}</span>
      </summary>
      {file.lines === null ? (
        <p className="sw-dim">{t("admin.too_large")}</p>
      ) : (
        <pre>
          {file.lines.map((line, index) => (
            <span key={index} className={toneOf(line)}>
              {line}
              {"\n"}
            </span>
          ))}
        </pre>
      )}
    </details>
  );
}

function toneOf(line: string): string {
  if (line.startsWith("@@")) return "sw-diff-at";
  if (line.startsWith("+")) return "sw-diff-plus";
  return line.startsWith("-") ? "sw-diff-minus" : "";
}
