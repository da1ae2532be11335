/** What a site and everything below it comes to: protection, alarms, powers. */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PowerShare, SiteNode } from "../api/schema";
import { percent, power } from "../format/number";
import { useWords } from "../i18n";
import { SEVERITIES, SeverityIcon } from "../ui/badges";
import { CheckIcon, PlugIcon, PowerIcon, ShieldIcon, ShieldOffIcon, SunIcon } from "../ui/icons";
import { Sparkline } from "./Sparkline";
import { useTrend } from "./trend";

export function Totals({ site, at }: { site: SiteNode; at: number }) {
  const { t, language } = useWords();
  const state = site.state;
  const moments = useTrend(site.id, state, at);
  const spark = (figure: "power" | "pv" | "charging") => (
    <Sparkline moments={moments} figure={figure} />
  );
  const exporting = state.grid_now !== null && state.grid_now < 0;
  const grid = power(state.grid_now === null ? null : Math.abs(state.grid_now), language);
  const share =
    state.pv_now !== null && state.power_now !== null && state.power_now > 0
      ? percent(Math.min(1, Math.max(0, state.pv_now) / state.power_now), language)
      : null;
  return (
    <div className="sw-totals">
      <Protection site={site} />
      <Alarms site={site} />
      <Figure
        icon={<PowerIcon />}
        title={t("overview.power_now")}
        watts={state.power_now}
        share={state.shares["power"]}
        note={
          state.grid_now === null
            ? t("overview.grid_unknown")
            : `${t(exporting ? "overview.grid_export" : "overview.grid_now")} ${grid.text} ${grid.unit}`
        }
        spark={spark("power")}
      />
      <Figure
        icon={<SunIcon />}
        title={t("overview.pv_now")}
        watts={state.pv_now}
        share={state.shares["pv"]}
        note={share === null ? "" : t("overview.pv_share", { share })}
        spark={spark("pv")}
      />
      <Figure
        icon={<PlugIcon />}
        title={t("overview.charging_now")}
        watts={state.charging_now}
        share={state.shares["charging"]}
        note={
          state.shares["charging"]?.sources === 0
            ? ""
            : t("overview.sessions", { count: state.charging_sessions })
        }
        spark={spark("charging")}
      />
    </div>
  );
}

function Figure({
  icon,
  title,
  watts,
  share,
  note,
  spark,
}: {
  icon: ReactNode;
  title: string;
  watts: number | null;
  share: PowerShare | undefined;
  note: string;
  spark: ReactNode;
}) {
  const { t, language } = useWords();
  const { text, unit } = power(watts, language);
  const known = watts === null ? (share?.known ?? null) : null;
  return (
    <section className="sw-total" aria-label={title}>
      <h2>
        {icon} {title}
      </h2>
      {watts === null && share?.sources === 0 ? (
        <div className="sw-big sw-dim">
          <small>{t("overview.not_metered")}</small>
        </div>
      ) : watts === null ? (
        <div className="sw-big sw-unknown">
          — <small>{t("value.unknown")}</small>
          {share !== undefined && known !== null && (
            <div className="sw-part">
              {power(known, language).text} {unit}{" "}
              {t("overview.partial", { unknown: share.unknown, sources: share.sources })}
            </div>
          )}
        </div>
      ) : (
        <div className="sw-big">
          {text} <small>{unit}</small>
        </div>
      )}
      <div className="sw-note">{note}</div>
      {spark}
    </section>
  );
}

function Protection({ site }: { site: SiteNode }) {
  const { t } = useWords();
  const { protected: good, unprotected, degraded } = site.state;
  const tone = unprotected > 0 ? "sw-total-bad" : "";
  return (
    <section className={`sw-total ${tone}`} aria-label={t("overview.protection")}>
      <h2>
        {unprotected > 0 ? <ShieldOffIcon /> : <ShieldIcon />} {t("overview.protection")}
      </h2>
      {unprotected > 0 ? (
        <div className="sw-big sw-sev-high">
          {unprotected} <small>{t("overview.unprotected")}</small>
        </div>
      ) : good + degraded > 0 ? (
        <div className="sw-big sw-good">
          <CheckIcon size={22} />{" "}
          <small>{t(degraded > 0 ? "overview.none_unprotected" : "overview.all_protected")}</small>
        </div>
      ) : (
        <div className="sw-big sw-dim">
          <small>{t("overview.no_places")}</small>
        </div>
      )}
      <div className="sw-note">
        {t("overview.protected_count", { count: good })}
        {degraded > 0 && <b className="sw-old"> · {t("overview.degraded", { count: degraded })}</b>}
      </div>
    </section>
  );
}

function Alarms({ site }: { site: SiteNode }) {
  const { t, say } = useWords();
  const { alarms, unacked, tests } = site.state;
  const all = Object.values(alarms).reduce((sum, count) => sum + count, 0);
  const scope = site.level === "estate" ? {} : { site: site.id };
  return (
    <section className="sw-total" aria-label={t("overview.open_alarms")}>
      <h2>
        <Link to="/alarms" search={scope}>
          {t("overview.open_alarms")}
        </Link>
      </h2>
      <ul className="sw-severities">
        {SEVERITIES.map((severity) => {
          const count = alarms[severity] ?? 0;
          return (
            <li key={severity} className={count === 0 ? "sw-zero" : ""}>
              <Link to="/alarms" search={{ ...scope, severity }}>
                <SeverityIcon severity={severity} size={15} />
                <b>{count}</b>
                <small>{say("severity", severity)}</small>
              </Link>
            </li>
          );
        })}
      </ul>
      <div className={unacked > 0 ? "sw-note sw-waiting" : "sw-note"}>
        {all === 0
          ? t("overview.no_alarms")
          : unacked > 0
            ? t("overview.unacked", { count: unacked })
            : t("overview.all_acked")}
        {tests > 0 && ` · ${t("overview.tests", { count: tests })}`}
      </div>
    </section>
  );
}
