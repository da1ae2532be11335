/** A sheet as a table: the service has set the figures, the page only puts them in place. */

import { Fragment, useState } from "react";
import type { ReportRow, ReportSheet, ReportShares, ReportSource } from "../api/schema";
import { percent } from "../format/number";
import { useWords } from "../i18n";
import { HighIcon } from "../ui/icons";

interface SheetTableProps {
  sheet: ReportSheet;
  sources: ReadonlyMap<string, ReportSource>;
}

export function SheetTable({ sheet, sources }: SheetTableProps) {
  const { t } = useWords();
  const measured = sheet.rows.some((row) => row.shares !== null);
  const sourced = sheet.rows.some((row) => row.sources.length > 0);
  const width = sheet.columns.length + (measured ? 1 : 0) + (sourced ? 1 : 0);
  return (
    <table className="sw-table sw-report">
      <thead>
        <tr>
          {sheet.columns.map((column) => (
            <th
              key={column.key}
              scope="col"
              className={column.form === "text" ? undefined : "sw-num"}
            >
              {column.heading}
            </th>
          ))}
          {measured && <th scope="col">{t("reports.data")}</th>}
          {sourced && <th scope="col">{t("reports.sources")}</th>}
        </tr>
      </thead>
      <tbody>
        {sheet.rows.map((row, index) => (
          <Row
            key={index}
            row={row}
            sheet={sheet}
            sources={sources}
            measured={measured}
            sourced={sourced}
            width={width}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends SheetTableProps {
  row: ReportRow;
  measured: boolean;
  sourced: boolean;
  width: number;
}

function Row({ row, sheet, sources, measured, sourced, width }: RowProps) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <Fragment>
      <tr data-weight={row.weight}>
        {row.shown.map((text, place) => {
          const unknown = row.cells[place] === null && text !== "";
          const number = sheet.columns[place]?.form !== "text";
          const names = [number ? "sw-num" : "", unknown ? "sw-unknown" : ""];
          const hidden = unknown && <span className="sw-hidden">{t("value.unknown")}</span>;
          if (place === 0) {
            return (
              <th key={place} scope="row" style={{ paddingLeft: `${0.5 + row.depth}rem` }}>
                {text}
                {hidden}
              </th>
            );
          }
          return (
            <td key={place} className={names.filter(Boolean).join(" ") || undefined}>
              {text}
              {hidden}
            </td>
          );
        })}
        {measured && (
          <td>
            <Shares shares={row.shares} />
          </td>
        )}
        {sourced && (
          <td>
            {row.sources.length > 0 && (
              <button
                type="button"
                className="sw-sources-button"
                aria-expanded={open}
                onClick={() => setOpen(!open)}
              >
                {t("reports.source_count", { count: row.sources.length })}
              </button>
            )}
          </td>
        )}
      </tr>
      {open && (
        <tr className="sw-sources-row">
          <td colSpan={width}>
            <Sources ids={row.sources} sources={sources} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function Shares({ shares }: { shares: ReportShares | null }) {
  const { t, language } = useWords();
  if (shares === null) return null;
  const kinds = (["missing", "recovered", "estimated"] as const).filter((key) => shares[key] > 0);
  if (kinds.length === 0) return <span className="sw-dim sw-small">{t("reports.measured")}</span>;
  return (
    <>
      {kinds.map((key) => (
        <span key={key} className={key === "missing" ? "sw-badge sw-old" : "sw-badge"}>
          {key === "missing" && <HighIcon size={11} />} {t(`reports.${key}`)}{" "}
          {percent(shares[key], language)}
        </span>
      ))}
    </>
  );
}

export function Sources({
  ids,
  sources,
}: {
  ids: readonly string[];
  sources: ReadonlyMap<string, ReportSource>;
}) {
  return (
    <ul className="sw-sources sw-small">
      {ids.map((id) => {
        const [, kind, name, ...rest] = sources.get(id)?.shown ?? [id, "", id];
        return (
          <li key={id}>
            <strong>{name}</strong> <span className="sw-dim">{kind}</span> <code>{id}</code>{" "}
            {rest.filter((text) => text !== "").join(" · ")}
          </li>
        );
      })}
    </ul>
  );
}
