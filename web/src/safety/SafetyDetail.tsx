/** One site looked into: by class how fast people were, and the floods and chattering alarms. */

import type { SafetyClass, SafetyFigures, SafetySpread } from "../api/schema";
import { dateTime, duration } from "../format/time";
import { decimal, percent, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";
import { HighIcon } from "../ui/icons";
import { ARRIVE_S } from "./targets";

export function SafetyDetail({ title, figures }: { title: string; figures: SafetyFigures }) {
  const { t, language } = useWords();
  return (
    <section className="sw-panel" aria-label={title} data-testid="safety-detail">
      <div className="sw-panel-head">
        <h2>{title}</h2>
        <span className="sw-dim sw-small">
          {t("safety_report.fleeting", { count: figures.fleeting })} ·{" "}
          {t("safety_report.flooded", { share: percent(figures.flooded_share, language) })}
        </span>
      </div>
      <Classes classes={figures.classes} />
      <Floods figures={figures} />
      <Chattering figures={figures} />
    </section>
  );
}

function Classes({ classes }: { classes: SafetyFigures["classes"] }) {
  const { t, language, say } = useWords();
  const entries = Object.entries(classes).sort(([, a], [, b]) => b.alarms - a.alarms);
  if (entries.length === 0) return <p className="sw-dim sw-last">{t("safety_report.none")}</p>;
  return (
    <table className="sw-table sw-safety-report">
      <thead>
        <tr>
          <th scope="col">{t("alarms.class")}</th>
          <th scope="col" className="sw-num">
            {t("safety_report.alarms")}
          </th>
          <th scope="col" className="sw-num">
            {t("safety_report.unacknowledged")}
          </th>
          <th scope="col" className="sw-num">
            {t("safety_report.to_acknowledge")}
          </th>
          <th scope="col" className="sw-num">
            {t("safety_report.to_arrive")}
          </th>
          <th scope="col" className="sw-num">
            {t("safety_report.to_clear")}
          </th>
          <th scope="col" className="sw-num">
            {t("safety_report.false_alarms")}
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map(([name, one]) => (
          <tr key={name} data-class={name}>
            <th scope="row">{say("alarm_class", name)}</th>
            <td className="sw-num" data-label={t("safety_report.alarms")}>
              {decimal(one.alarms, 0, language)}
            </td>
            <td
              className={one.unacknowledged > 0 ? "sw-num sw-sev-high" : "sw-num"}
              data-label={t("safety_report.unacknowledged")}
            >
              {one.unacknowledged > 0 && <HighIcon size={12} />} {one.unacknowledged}
            </td>
            <Spread spread={one.to_acknowledge} label={t("safety_report.to_acknowledge")} />
            <Arrive name={name} one={one} />
            <Spread spread={one.to_clear} label={t("safety_report.to_clear")} />
            <td className="sw-num" data-label={t("safety_report.false_alarms")}>
              {one.judged === 0 ? UNKNOWN : `${one.false_alarms}/${one.judged}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Arrive({ name, one }: { name: string; one: SafetyClass }) {
  const { t, language } = useWords();
  const most = ARRIVE_S[name];
  const late = most !== undefined && (one.to_arrive.p90 ?? 0) > most;
  const label = t("safety_report.to_arrive");
  return (
    <Spread
      spread={one.to_arrive}
      label={
        most === undefined
          ? label
          : `${label} (${t("safety_report.target", { target: `≤ ${duration(most * 1000, language)}` })})`
      }
      late={late}
    />
  );
}

function Spread({
  spread,
  label,
  late = false,
}: {
  spread: SafetySpread;
  label: string;
  late?: boolean;
}) {
  const { t, language } = useWords();
  const time = (seconds: number | null) =>
    seconds === null ? UNKNOWN : duration(seconds * 1000, language);
  return (
    <td className={late ? "sw-num sw-sev-high" : "sw-num"} data-label={label}>
      {late && <HighIcon size={12} />} {time(spread.median)}
      {spread.count > 0 && (
        <small className="sw-block sw-dim">
          {t("safety_report.p90", { time: time(spread.p90), count: spread.count })}
        </small>
      )}
    </td>
  );
}

function Floods({ figures }: { figures: SafetyFigures }) {
  const { t, language } = useWords();
  if (figures.floods.length === 0) return null;
  return (
    <>
      <h3 className="sw-h3 sw-gap-above">{t("safety_report.floods")}</h3>
      <ul className="sw-told">
        {figures.floods.map((one) => (
          <li key={one.start}>
            <HighIcon size={13} />
            <span>
              {dateTime(Date.parse(one.start), language)} ·{" "}
              {duration(Date.parse(one.end) - Date.parse(one.start), language)} ·{" "}
              {t("alarms.count", { count: one.alarms })}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Chattering({ figures }: { figures: SafetyFigures }) {
  const { t } = useWords();
  if (figures.chattering.length === 0) return null;
  return (
    <>
      <h3 className="sw-h3 sw-gap-above">{t("safety_report.chattering")}</h3>
      <ul className="sw-told">
        {figures.chattering.map((one) => (
          <li key={`${one.rule} ${one.device} ${one.point}`}>
            <HighIcon size={13} />
            <span className="sw-names">
              {one.device} · {one.rule} · {t("alarms.count", { count: one.alarms })}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
