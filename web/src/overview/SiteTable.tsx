/** Sites in rows: how each of them is now, figures under each other. */

import { Link } from "@tanstack/react-router";
import type { PowerShare, SiteNode } from "../api/schema";
import { power } from "../format/number";
import { useWords } from "../i18n";
import { SEVERITIES, SeverityIcon, WorstBadge } from "../ui/badges";
import { MediumIcon, ShieldIcon, ShieldOffIcon } from "../ui/icons";

export interface SiteGroup {
  title: string | null;
  sites: readonly SiteNode[];
}

export function SiteTable({ groups }: { groups: readonly SiteGroup[] }) {
  const { t } = useWords();
  return (
    <table className="sw-table sw-sites">
      <thead>
        <tr>
          <th scope="col">{t("state.title")}</th>
          <th scope="col">{t("site.name")}</th>
          <th scope="col">{t("overview.coverage")}</th>
          <th scope="col" className="sw-num">
            {t("overview.power")} <small>kW</small>
          </th>
          <th scope="col" className="sw-num">
            {t("overview.pv")} <small>kW</small>
          </th>
          <th scope="col" className="sw-num">
            {t("overview.charging")} <small>kW</small>
          </th>
          <th scope="col">{t("overview.alarms")}</th>
          <th scope="col" className="sw-num">
            {t("overview.devices")}
          </th>
        </tr>
      </thead>
      {groups.map((group, index) => (
        <tbody key={group.title ?? index}>
          {group.title !== null && (
            <tr className="sw-group">
              <th colSpan={8} scope="colgroup">
                {group.title}
              </th>
            </tr>
          )}
          {group.sites.map((site) => (
            <SiteRow key={site.id} site={site} />
          ))}
        </tbody>
      ))}
    </table>
  );
}

function SiteRow({ site }: { site: SiteNode }) {
  const { t, name, language } = useWords();
  const state = site.state;
  const out = state.devices - state.devices_connected;
  const figure = (watts: number | null, share: PowerShare | undefined, label: string) => (
    <td className="sw-num" data-label={label}>
      {watts === null ? <Unknown share={share} /> : power(watts, language).text}
    </td>
  );
  return (
    <tr data-site={site.id} data-worst={state.worst ?? ""}>
      <td className="sw-cell-state">
        <WorstBadge state={state} />
      </td>
      <td className="sw-cell-name">
        <Link to="/sites/$site" params={{ site: site.id }}>
          {name(site.name)}
        </Link>
      </td>
      <td data-label={t("overview.coverage")} className="sw-nowrap">
        <Coverage good={state.protected} less={state.degraded} lost={state.unprotected} />
      </td>
      {figure(state.power_now, state.shares["power"], t("overview.power"))}
      {figure(state.pv_now, state.shares["pv"], t("overview.pv"))}
      {figure(state.charging_now, state.shares["charging"], t("overview.charging"))}
      <td data-label={t("overview.alarms")}>
        <AlarmCounts alarms={state.alarms} />
      </td>
      <td className="sw-num" data-label={t("overview.devices")}>
        <span className={out > 0 ? "sw-old" : "sw-dim"}>
          {state.devices_connected}/{state.devices}
        </span>
      </td>
    </tr>
  );
}

/** No figure: because nothing measures it there, or because what does is not heard. */
function Unknown({ share }: { share: PowerShare | undefined }) {
  const { t } = useWords();
  if (share?.sources === 0) {
    return (
      <span className="sw-dim" title={t("overview.not_metered")}>
        ·<span className="sw-hidden">{t("overview.not_metered")}</span>
      </span>
    );
  }
  const partial =
    share === undefined || share.known === null
      ? ""
      : t("overview.partial", { unknown: share.unknown, sources: share.sources });
  return (
    <span className="sw-unknown" title={`${t("value.unknown")} ${partial}`}>
      — <small>{t("value.unknown")}</small>
    </span>
  );
}

function Coverage({ good, less, lost }: { good: number; less: number; lost: number }) {
  const { t } = useWords();
  if (lost > 0) {
    return (
      <span className="sw-badge sw-sev-high">
        <ShieldOffIcon size={14} /> {lost} {t("overview.unprotected")}
      </span>
    );
  }
  if (less > 0) {
    return (
      <span className="sw-badge sw-sev-medium">
        <MediumIcon size={14} /> {t("overview.degraded", { count: less })}
      </span>
    );
  }
  if (good === 0) return <span className="sw-dim">{t("overview.no_places")}</span>;
  return (
    <span className="sw-badge sw-dim">
      <ShieldIcon size={14} /> {t("overview.all_protected")}
    </span>
  );
}

function AlarmCounts({ alarms }: { alarms: Record<string, number> }) {
  const { say } = useWords();
  const there = SEVERITIES.filter((severity) => (alarms[severity] ?? 0) > 0);
  if (there.length === 0) return <span className="sw-dim">0</span>;
  return (
    <span className="sw-counts">
      {there.map((severity) => (
        <span
          key={severity}
          className="sw-count"
          title={say("severity", severity)}
          aria-label={`${say("severity", severity)} ${alarms[severity] ?? 0}`}
        >
          <SeverityIcon severity={severity} size={13} /> {alarms[severity]}
        </span>
      ))}
    </span>
  );
}
