/** The safety report by site, the worst first, each figure against its target. */

import type { SafetyFigures, SafetyReport } from "../api/schema";
import { decimal, percent, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";
import { SEVERITIES } from "../ui/badges";
import { HighIcon } from "../ui/icons";
import { FIGURES, judged, missed, worstFirst } from "./targets";

interface SafetyTableProps {
  report: SafetyReport;
  /** The site that is looked into. */
  detail: string | undefined;
  onDetail: (site: string) => void;
}

export function SafetyTable({ report, detail, onDetail }: SafetyTableProps) {
  const { t, name } = useWords();
  return (
    <table className="sw-table sw-safety-report">
      <thead>
        <tr>
          <th scope="col">{t("alarms.site")}</th>
          <th scope="col" className="sw-num">
            {t("safety_report.alarms")}
          </th>
          {FIGURES.map((figure) => (
            <th
              scope="col"
              className="sw-num"
              key={figure.name}
              title={t(`safety_report.${figure.name}_long`)}
            >
              {t(`safety_report.${figure.name}`)}
              <small className="sw-block">
                {t("safety_report.target", { target: figure.target })}
              </small>
            </th>
          ))}
          <th scope="col" className="sw-num" title={t("safety_report.false_alarms_long")}>
            {t("safety_report.false_alarms")}
            <small className="sw-block">{t("safety_report.of_judged")}</small>
          </th>
          <th scope="col" className="sw-num" title={t("safety_report.mix_long")}>
            {t("safety_report.mix")}
          </th>
          <th scope="col" className="sw-num">
            {t("safety_report.tests")}
          </th>
        </tr>
      </thead>
      <tbody>
        {worstFirst(report.rows).map((row) => (
          <tr
            key={row.site}
            data-safety={row.site}
            className={row.site === detail ? "sw-row-chosen" : ""}
          >
            <th scope="row">
              <button
                type="button"
                className="sw-textlink"
                aria-pressed={row.site === detail}
                onClick={() => onDetail(row.site)}
              >
                {name(row.name) || t("safety_report.elsewhere")}
              </button>
            </th>
            <Cells figures={row.figures} />
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr data-safety="total">
          <th scope="row">{t("energy.total")}</th>
          <Cells figures={report.total} />
        </tr>
      </tfoot>
    </table>
  );
}

function Cells({ figures }: { figures: SafetyFigures }) {
  const { t, language, say } = useWords();
  const found = judged(figures);
  const mix = SEVERITIES.filter((each) => (figures.mix[each] ?? 0) > 0)
    .map((each) => `${say("severity", each)} ${percent(figures.mix[each] ?? 0, language)}`)
    .join(", ");
  return (
    <>
      <td className="sw-num" data-label={t("safety_report.alarms")}>
        {decimal(figures.alarms, 0, language)}
      </td>
      {FIGURES.map((figure) => {
        const bad = missed(figure, figures);
        return (
          <td
            key={figure.name}
            className={bad ? "sw-num sw-sev-high" : "sw-num"}
            data-label={`${t(`safety_report.${figure.name}`)} (${figure.target})`}
            data-missed={bad}
          >
            {bad && <HighIcon size={12} />}{" "}
            {bad ? (
              <b>{decimal(figure.value(figures), figure.places, language)}</b>
            ) : (
              decimal(figure.value(figures), figure.places, language)
            )}
            {bad && <span className="sw-hidden">{t("safety_report.missed")}</span>}
          </td>
        );
      })}
      <td className="sw-num" data-label={t("safety_report.false_alarms")}>
        {found.judged === 0 ? UNKNOWN : `${found.wrong}/${found.judged}`}
      </td>
      <td className="sw-num sw-small sw-mix" data-label={t("safety_report.mix")}>
        {mix === "" ? UNKNOWN : mix}
      </td>
      <td className="sw-num" data-label={t("safety_report.tests")}>
        {decimal(figures.tests, 0, language)}
      </td>
    </>
  );
}
