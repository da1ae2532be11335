/** The energy report as a table, in kWh; what is not known is `—`, never 0. */

import type { EnergyReport, EnergyRow } from "../api/schema";
import { kilowattHours, percent } from "../format/number";
import { useWords } from "../i18n";
import { HighIcon } from "../ui/icons";

export function EnergyTable({ report }: { report: EnergyReport }) {
  const { t } = useWords();
  const unit = <small> {t("energy.unit")}</small>;
  return (
    <table className="sw-table sw-energy">
      <thead>
        <tr>
          <th scope="col">
            {t(report.step === "month" ? "energy.month_column" : "energy.day_column")}
          </th>
          <th scope="col" className="sw-num">
            {t("energy.consumption")}
            {unit}
          </th>
          <th scope="col" className="sw-num">
            {t("energy.grid_import")}
            {unit}
          </th>
          <th scope="col" className="sw-num">
            {t("energy.pv")}
            {unit}
          </th>
          <th scope="col" className="sw-num">
            {t("energy.grid_export")}
            {unit}
          </th>
          <th scope="col" className="sw-num">
            {t("energy.charging_of")}
            {unit}
          </th>
          <th scope="col" className="sw-num" title={t("energy.missing_long")}>
            {t("energy.missing")}
          </th>
          <th scope="col" className="sw-num" title={t("energy.recovered_long")}>
            {t("energy.recovered")}
          </th>
        </tr>
      </thead>
      <tbody>
        {report.rows.map((row) => (
          <Row key={row.period} row={row} title={row.period} />
        ))}
      </tbody>
      <tfoot>
        <Row row={report.total} title={t("energy.total")} />
      </tfoot>
    </table>
  );
}

function Row({ row, title }: { row: EnergyRow; title: string }) {
  const { t, language } = useWords();
  const energy = (value: number | null) => (
    <td className={value === null ? "sw-num sw-unknown" : "sw-num"}>
      {kilowattHours(value, language)}
      {value === null && <span className="sw-hidden">{t("value.unknown")}</span>}
    </td>
  );
  return (
    <tr data-period={row.period}>
      <th scope="row">{title}</th>
      {energy(row.consumption_wh)}
      {energy(row.grid_import_wh)}
      {energy(row.pv_wh)}
      {energy(row.grid_export_wh)}
      {energy(row.charging_wh)}
      <td className={row.missing_share > 0 ? "sw-num sw-old" : "sw-num sw-dim"}>
        {row.missing_share > 0 && <HighIcon size={12} />} {percent(row.missing_share, language)}
      </td>
      <td className={row.recovered_share > 0 ? "sw-num" : "sw-num sw-dim"}>
        {percent(row.recovered_share, language)}
      </td>
    </tr>
  );
}
