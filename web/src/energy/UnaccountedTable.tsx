/** The meter tree with its balances, in kWh; what is not known is `—`, never 0. */

import { Link } from "@tanstack/react-router";
import type { UnaccountedReport, UnaccountedRow } from "../api/schema";
import { kilowattHours, percent, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";
import { HighIcon } from "../ui/icons";

/** Marks that ask for somebody to look; the others only say how well the figures are known. */
const ODD: readonly string[] = ["negative", "above_limit"];

export function UnaccountedTable({ report }: { report: UnaccountedReport }) {
  const { t } = useWords();
  const unit = <small> {t("energy.unit")}</small>;
  return (
    <div className="sw-wide">
      <table className="sw-table sw-energy sw-balance">
        <thead>
          <tr>
            <th scope="col">{t("balance.node")}</th>
            <th scope="col" className="sw-num">
              {t("balance.inflow")}
              {unit}
            </th>
            <th scope="col" className="sw-num">
              {t("balance.submeters")}
              {unit}
            </th>
            <th scope="col" className="sw-num">
              {t("balance.unaccounted")}
              {unit}
            </th>
            <th scope="col" className="sw-num">
              {t("balance.share")}
              <small> %</small>
            </th>
            <th scope="col" className="sw-num" title={t("balance.missing_long")}>
              {t("energy.missing")}
            </th>
            <th scope="col" className="sw-num" title={t("balance.estimated_long")}>
              {t("balance.estimated")}
            </th>
            <th scope="col">{t("balance.marks")}</th>
          </tr>
        </thead>
        <tbody>
          {report.rows.map((row) => (
            <Row key={row.node} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { row: UnaccountedRow }) {
  const { t, language } = useWords();
  const odd = row.marks.some((mark) => ODD.includes(mark));
  const unit = ` ${t("energy.unit")}`;
  const figure = (label: string, text: string) => (
    <td className={text === UNKNOWN ? "sw-num sw-unknown" : "sw-num"} data-label={label}>
      {text}
      {text === UNKNOWN && <span className="sw-hidden">{t("value.unknown")}</span>}
    </td>
  );
  const share = row.share ?? null;
  return (
    <tr data-node={row.node} className={odd ? "sw-balance-odd" : undefined}>
      <th scope="row" style={{ paddingInlineStart: 8 + 18 * row.depth }}>
        <Name row={row} />
      </th>
      {figure(t("balance.inflow") + unit, kilowattHours(row.inflow_wh, language))}
      {figure(t("balance.submeters") + unit, kilowattHours(row.submeters_wh, language))}
      {figure(t("balance.unaccounted") + unit, kilowattHours(row.unaccounted_wh, language))}
      {figure(`${t("balance.share")} %`, share === null ? UNKNOWN : signedPercent(share, language))}
      <td
        className={row.missing_share > 0 ? "sw-num sw-old" : "sw-num sw-dim"}
        data-label={t("energy.missing")}
      >
        {row.missing_share > 0 && <HighIcon size={12} />} {percent(row.missing_share, language)}
      </td>
      <td
        className={row.estimated_share > 0 ? "sw-num" : "sw-num sw-dim"}
        data-label={t("balance.estimated")}
      >
        {row.inflow_wh === null ? UNKNOWN : percent(row.estimated_share, language)}
      </td>
      <td className="sw-small">
        <Marks row={row} />
      </td>
    </tr>
  );
}

function Name({ row }: { row: UnaccountedRow }) {
  const { t, name } = useWords();
  const shown = name(row.name);
  return (
    <>
      {row.what === "meter" ? (
        <Link to="/devices/$device" params={{ device: row.node }}>
          {shown}
        </Link>
      ) : (
        shown
      )}
      <span className="sw-dim sw-small">
        {/* Main meters have one name at every site; their numbers tell them apart. */}
        {row.what === "meter" && ` ${row.node} ·`}
        {row.what === "virtual" && ` ${t("balance.virtual")}`}{" "}
        {t("balance.count", { count: row.submeters.length })}
      </span>
    </>
  );
}

function Marks({ row }: { row: UnaccountedRow }) {
  const { say } = useWords();
  return (
    <>
      {row.marks.map((mark) => (
        <span
          key={mark}
          data-mark={mark}
          title={say("balance_reason", mark)}
          className={`sw-badge ${ODD.includes(mark) ? "sw-sev-high" : "sw-dim"}`}
        >
          {ODD.includes(mark) && <HighIcon size={13} />}
          {say("balance_mark", mark)}
        </span>
      ))}
    </>
  );
}

function signedPercent(share: number, language: Parameters<typeof percent>[1]): string {
  return share < 0 ? `-${percent(-share, language)}` : percent(share, language);
}
