/** Rules as a table; each opens to its note and to the file and line of every setting. */

import type { KindInfo, RuleItem } from "../api/schema";
import { duration } from "../format/time";
import { useWords } from "../i18n";
import { SeverityBadge } from "../ui/badges";
import { Head } from "../ui/Head";

const MOST_KINDS = 4;

export function RuleRows({
  rules,
  kinds,
}: {
  rules: readonly RuleItem[];
  kinds: readonly KindInfo[];
}) {
  const { t } = useWords();
  return (
    <section className="sw-panel" aria-label={t("admin.rules")}>
      <table className="sw-table sw-stack sw-admin sw-rules">
        <Head
          columns={[
            t("admin.rule"),
            t("admin.when"),
            t("admin.delays"),
            t("admin.class"),
            t("admin.holds_for"),
            t("device.source"),
          ]}
        />
        <tbody>
          {rules.map((rule, index) => (
            <RuleRow key={`${rule.rule} ${index}`} rule={rule} kinds={kinds} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RuleRow({ rule, kinds }: { rule: RuleItem; kinds: readonly KindInfo[] }) {
  const { t, name, say, language } = useWords();
  return (
    <tr data-rule={rule.rule} data-own={rule.own} className={rule.enabled ? "" : "sw-rule-off"}>
      <td>
        <b>{name(rule.title)}</b>
        <div className="sw-dim sw-small">
          <code>{rule.rule}</code>
        </div>
        {rule.own && <span className="sw-tag">{t("admin.rule_own")}</span>}
        {!rule.enabled && <span className="sw-tag sw-old">{t("admin.rule_off")}</span>}
      </td>
      <td className="sw-names">
        {rule.when}
        {rule.point !== "" && <div className="sw-dim sw-small">{rule.point}</div>}
      </td>
      <td className="sw-nowrap sw-small">
        {t("admin.delay", {
          on: duration(rule.on_delay_s * 1000, language),
          off: duration(rule.off_delay_s * 1000, language),
        })}
        {rule.latch && <div>{t("admin.latches")}</div>}
      </td>
      <td>
        <SeverityBadge severity={rule.severity} />
        <div className="sw-dim sw-small">{name(rule.class_title)}</div>
      </td>
      <td className="sw-small sw-names">
        <HoldsFor rule={rule} kinds={kinds} />
      </td>
      <td className="sw-small sw-names">
        {rule.source}
        {rule.confidence !== null && (
          <div className="sw-dim">{say("confidence", rule.confidence)}</div>
        )}
        <Origin rule={rule} />
      </td>
    </tr>
  );
}

function HoldsFor({ rule, kinds }: { rule: RuleItem; kinds: readonly KindInfo[] }) {
  const { t, name } = useWords();
  const only = [...rule.devices, ...rule.sites, ...rule.points];
  const labels = rule.kinds.map(
    (kind) => name(kinds.find((one) => one.kind === kind)?.label) || kind,
  );
  const left = labels.length - MOST_KINDS;
  return (
    <>
      {labels.length === kinds.length && labels.length > 0 ? (
        t("admin.every_kind")
      ) : (
        <span title={labels.join(t("console.and"))}>
          {labels.slice(0, MOST_KINDS).join(t("console.and"))}
          {left > 0 && ` ${t("admin.more_kinds", { count: left })}`}
        </span>
      )}
      {only.length > 0 && <div>{t("admin.only", { names: only.join(", ") })}</div>}
      {rule.except_points.length > 0 && (
        <div>{t("admin.without", { names: rule.except_points.join(", ") })}</div>
      )}
    </>
  );
}

/** The files that say it; every setting with its line, when it is opened. */
function Origin({ rule }: { rule: RuleItem }) {
  const { t } = useWords();
  const files = [...new Set(Object.values(rule.origin).map((at) => at.replace(/:\d+$/, "")))];
  return (
    <details>
      <summary>{t("admin.origin", { files: files.join(", ") })}</summary>
      {rule.note !== null && <p className="sw-last">{rule.note}</p>}
      <ul className="sw-origin">
        {Object.entries(rule.origin).map(([setting, at]) => (
          <li key={setting}>
            <code>{setting}</code> {at}
          </li>
        ))}
      </ul>
    </details>
  );
}
