/** Lines in rows, ordered by any column. */

import type { ReactNode } from "react";
import type { LineItem } from "../api/schema";
import { useWords } from "../i18n";
import { ChevronIcon } from "../ui/icons";
import { Count, Lateness, Rate } from "./figures";
import { LineBadge } from "./LineBadge";
import { answering, load, stateOf, type LineOrder } from "./lineState";

interface LineTableProps {
  lines: readonly LineItem[];
  order: LineOrder;
  turned: boolean;
  onOrder: (order: LineOrder) => void;
  onOpen: (line: LineItem) => void;
}

/** The columns of figures, in their order; the first two are words. */
const FIGURES = [
  "devices",
  "load",
  "timeouts",
  "exceptions",
  "garbled",
  "skipped",
  "late",
  "p99",
] as const;

export function LineTable({ lines, order, turned, onOrder, onOpen }: LineTableProps) {
  const { t } = useWords();
  const head = (column: LineOrder, className?: string) => (
    <th
      key={column}
      scope="col"
      className={className}
      aria-sort={column === order ? (turned ? "ascending" : "descending") : undefined}
    >
      <button type="button" className="sw-sort" onClick={() => onOrder(column)}>
        {t(`lines.column_${column}`)}
        <span className={`sw-sort-mark ${column === order ? "" : "sw-invisible"}`}>
          <span className={turned ? "sw-up" : "sw-down"}>
            <ChevronIcon size={11} />
          </span>
        </span>
      </button>
    </th>
  );
  return (
    <div className="sw-wide">
      <table className="sw-table sw-lines">
        <thead>
          <tr>
            {head("state")}
            {head("name")}
            {FIGURES.map((column) => head(column, "sw-num"))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <LineRow key={line.name} line={line} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LineRow({ line, onOpen }: { line: LineItem; onOpen: (line: LineItem) => void }) {
  const { t } = useWords();
  const { rate, of } = load(line);
  const good = answering(line);
  const cell = (column: (typeof FIGURES)[number], content: ReactNode, className = "") => (
    <td className={`sw-num ${className}`} data-label={t(`lines.column_${column}`)}>
      {content}
    </td>
  );
  const counted = (name: "timeouts" | "exceptions" | "garbled" | "skipped") =>
    cell(name, <Count count={line.counters[name]} rate={line.rates[name]} />);
  return (
    <tr data-line={line.name} data-state={stateOf(line)}>
      <td className="sw-cell-state sw-nowrap">
        <LineBadge line={line} />
      </td>
      <td className="sw-cell-name">
        <button type="button" className="sw-textlink sw-line-name" onClick={() => onOpen(line)}>
          {line.name}
        </button>
        <div className="sw-dim sw-small">{line.protocol ?? line.link}</div>
      </td>
      {cell(
        "devices",
        <>
          {good}/{line.devices.length}
        </>,
        good < line.devices.length ? "sw-old" : "sw-dim",
      )}
      {cell(
        "load",
        <>
          <Rate rate={rate} />
          {of === "messages" && <small className="sw-dim"> {t("lines.messages")}</small>}
        </>,
      )}
      {counted("timeouts")}
      {counted("exceptions")}
      {counted("garbled")}
      {counted("skipped")}
      {cell("late", <Lateness ms={line.lateness_ms} />)}
      {cell("p99", <Lateness ms={line.lateness_p99_ms} />)}
    </tr>
  );
}
