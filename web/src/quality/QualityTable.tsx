/** Devices, sites, kinds or lines in rows, with a cell for each day; ordered by any figure. */

import { Link } from "@tanstack/react-router";
import type { QualityItem } from "../api/schema";
import { decimal, percent, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";
import { ChevronIcon, CheckIcon, ClockIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { HeatCell } from "./HeatCell";
import { faults, levelOf, type Group, type Measure, type QualityOrder } from "./qualityRows";
import { Reasons } from "./Reasons";

interface QualityTableProps {
  items: readonly QualityItem[];
  dates: readonly string[];
  group: Group;
  measure: Measure;
  order: QualityOrder;
  turned: boolean;
  onOrder: (order: QualityOrder) => void;
  onSite: (site: string) => void;
}

const COLUMNS = ["name", "completeness", "online"] as const;

export function QualityTable(props: QualityTableProps) {
  const { t } = useWords();
  const { items, dates, order, turned, onOrder } = props;
  const long = dates.length > 14;
  const sorted = (column: QualityOrder) =>
    column === order || (order === "worst" && column === "completeness");
  const head = (column: QualityOrder, className?: string) => (
    <th
      key={column}
      scope="col"
      className={className}
      aria-sort={column === order ? (turned ? "descending" : "ascending") : undefined}
    >
      <button type="button" className="sw-sort" onClick={() => onOrder(column)}>
        {t(`data_quality.column_${column}`)}
        <span className={`sw-sort-mark ${sorted(column) ? "" : "sw-invisible"}`}>
          <span className={turned ? "sw-down" : "sw-up"}>
            <ChevronIcon size={11} />
          </span>
        </span>
      </button>
    </th>
  );
  return (
    <div className="sw-wide">
      <table className={`sw-table sw-quality ${long ? "sw-quality-long" : ""}`}>
        <thead>
          <tr>
            {COLUMNS.map((column) => head(column, column === "name" ? undefined : "sw-num"))}
            <th scope="col" className="sw-nowrap">
              {t("data_quality.fresh")}
            </th>
            {dates.map((date) => (
              <th key={date} scope="col" className="sw-heat-date">
                {long && !date.endsWith("-01") ? date.slice(8) : date.slice(5)}
              </th>
            ))}
            {head("faults")}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <QualityRow key={item.key} item={item} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function QualityRow({
  item,
  dates,
  group,
  measure,
  onSite,
}: QualityTableProps & { item: QualityItem }) {
  const { t, language } = useWords();
  const { figures } = item;
  const share = (value: number | null | undefined) =>
    value === null || value === undefined ? UNKNOWN : percent(value, language);
  const tone = (value: number | null | undefined) => `sw-share-${levelOf(value)}`;
  return (
    <tr data-quality={item.key}>
      <th scope="row" className="sw-cell-name">
        <Name item={item} group={group} onSite={onSite} />
      </th>
      <td
        className={`sw-num ${tone(figures?.completeness)}`}
        data-label={t("data_quality.completeness")}
      >
        {share(figures?.completeness)}
      </td>
      <td className={`sw-num ${tone(figures?.online)}`} data-label={t("data_quality.online")}>
        {share(figures?.online)}
      </td>
      <td className="sw-small" data-label={t("data_quality.fresh")}>
        <Fresh item={item} group={group} />
      </td>
      {dates.map((date) => (
        <td key={date} className="sw-cell-heat">
          <span className="sw-heat-label" aria-hidden="true">
            {date.slice(8)}
          </span>
          <HeatCell date={date} found={item.days[date]} measure={measure} />
        </td>
      ))}
      <td className="sw-small sw-cell-reasons" data-label={t("data_quality.column_faults")}>
        {figures === null ? (
          <span className="sw-dim">{t("data_quality.no_figure")}</span>
        ) : (
          <>
            <Reasons found={figures} most={2} />
            {faults(item) === 0 && figures.down_minutes === 0 && (
              <span className="sw-dim">{t("data_quality.no_faults")}</span>
            )}
          </>
        )}
      </td>
    </tr>
  );
}

function Name({
  item,
  group,
  onSite,
}: {
  item: QualityItem;
  group: Group;
  onSite: (site: string) => void;
}) {
  const { t, name, language } = useWords();
  const shown = name(item.name);
  const count = item.figures?.devices ?? 0;
  if (group === "device") {
    return (
      <>
        <Link to="/devices/$device" params={{ device: item.key }}>
          {shown}
        </Link>
        {shown !== item.key && <div className="sw-dim sw-small">{item.key}</div>}
      </>
    );
  }
  return (
    <>
      {group === "site" ? (
        <button type="button" className="sw-textlink" onClick={() => onSite(item.key)}>
          {shown}
        </button>
      ) : group === "line" ? (
        <span className="sw-line-name">{shown}</span>
      ) : (
        shown
      )}
      <div className="sw-dim sw-small">
        {t("data_quality.devices", { count, text: decimal(count, 0, language) })}
      </div>
    </>
  );
}

/** Whether the newest value is not too old: of one device with its age, of several their number. */
function Fresh({ item, group }: { item: QualityItem; group: Group }) {
  const { t } = useWords();
  const { figures } = item;
  if (figures === null) return <span className="sw-dim">{UNKNOWN}</span>;
  const whole = figures.fresh === figures.devices;
  const Shape = whole ? CheckIcon : ClockIcon;
  return (
    <span className={`sw-badge ${whole ? "sw-good" : "sw-old"}`}>
      <Shape size={13} />
      {group !== "device" ? (
        `${figures.fresh}/${figures.devices}`
      ) : item.heard_at === null ? (
        t("value.never")
      ) : (
        <Age at={Date.parse(item.heard_at)} />
      )}
    </span>
  );
}
