/** The pictures of the wall: communities, energy, coverage, alarms. Each fits; none scrolls. */

import { useQuery } from "@tanstack/react-query";
import { AlarmHeadline } from "../alarms/AlarmHeadline";
import { groupsQuery } from "../api/deskQueries";
import { coverageQuery } from "../api/queries";
import type { AlarmGroupItem, CoverageItem, SiteNode } from "../api/schema";
import { power } from "../format/number";
import { useWords } from "../i18n";
import { combine } from "../overview/combine";
import { PowerFlow } from "../overview/PowerFlow";
import { TodayFigures } from "../overview/TodayPanel";
import { useToday } from "../overview/today";
import { SEVERITIES, SeverityIcon, WorstBadge } from "../ui/badges";
import { CheckIcon, MediumIcon, ShieldIcon, ShieldOffIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { Empty, Loaded } from "../ui/states";
import type { SiteTree } from "../useSites";

export const TILE = { wide: 15, high: 5.4 };
export const ROW = { wide: 30, high: 4 };

export function part<T>(all: readonly T[], page: number, size: number): readonly T[] {
  return all.slice(page * size, (page + 1) * size);
}

export function CommunityScene({
  sites,
  columns,
}: {
  sites: readonly SiteNode[];
  columns: number;
}) {
  return (
    <ul
      className="sw-wall-tiles"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
    >
      {sites.map((site) => (
        <Tile key={site.id} site={site} />
      ))}
    </ul>
  );
}

function Tile({ site }: { site: SiteNode }) {
  const { t, name, say, language } = useWords();
  const { state } = site;
  const out = state.devices - state.devices_connected;
  const drawn = power(state.power_now, language);
  return (
    <li className={`sw-wall-tile sw-wall-is-${state.worst ?? "calm"}`} data-site={site.id}>
      <strong>{name(site.name)}</strong>
      <WorstBadge state={state} />
      <span className="sw-wall-line">
        {state.power_now === null ? (
          <span className="sw-unknown">
            {state.shares["power"]?.sources === 0
              ? t("overview.not_metered")
              : `— ${t("value.unknown")}`}
          </span>
        ) : (
          <span>
            {drawn.text} {drawn.unit}
          </span>
        )}
        {SEVERITIES.filter((each) => (state.alarms[each] ?? 0) > 0).map((each) => (
          <span key={each} aria-label={`${say("severity", each)} ${state.alarms[each] ?? 0}`}>
            <SeverityIcon severity={each} /> {state.alarms[each]}
          </span>
        ))}
        {out > 0 && <span className="sw-old">{t("wall.offline", { count: out })}</span>}
      </span>
    </li>
  );
}

export function EnergyScene({ tree }: { tree: SiteTree }) {
  const { t } = useWords();
  const roots = tree.roots;
  const answer = useToday(roots.map((site) => site.id));
  const [first, ...others] = roots;
  if (first === undefined) return <Empty>{t("overview.empty")}</Empty>;
  return (
    <div className="sw-wall-energy">
      <PowerFlow state={combine([first, ...others]).state} />
      <div>
        <h3>{t("today_panel.title")}</h3>
        <Loaded answer={answer}>{(today) => <TodayFigures today={today} />}</Loaded>
      </div>
    </div>
  );
}

export function lostPlaces(items: readonly CoverageItem[]): CoverageItem[] {
  return items
    .filter((item) => item.state !== "protected")
    .sort((a, b) => Number(a.state === "degraded") - Number(b.state === "degraded"));
}

export function CoverageScene({
  tree,
  page,
  size,
  columns,
}: {
  tree: SiteTree;
  page: number;
  size: number;
  columns: number;
}) {
  const { t, say, name } = useWords();
  const answer = useQuery(coverageQuery(undefined));
  return (
    <Loaded answer={answer}>
      {(coverage) => (
        <>
          <p className="sw-wall-sum">
            <b className="sw-good">
              <ShieldIcon /> {t("overview.protected_count", { count: coverage.protected })}
            </b>
            <b className={coverage.degraded > 0 ? "sw-sev-medium" : "sw-dim"}>
              <MediumIcon /> {t("overview.degraded", { count: coverage.degraded })}
            </b>
            <b className={coverage.unprotected > 0 ? "sw-sev-high" : "sw-dim"}>
              <ShieldOffIcon /> {t("wall.unprotected", { count: coverage.unprotected })}
            </b>
          </p>
          {coverage.protected + coverage.degraded + coverage.unprotected === 0 ? (
            <Empty>{t("site.coverage_none")}</Empty>
          ) : lostPlaces(coverage.items).length === 0 ? (
            <p className="sw-wall-calm">
              <CheckIcon /> {t("overview.all_protected")}
            </p>
          ) : (
            <ul
              className="sw-wall-rows"
              style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
            >
              {part(lostPlaces(coverage.items), page, size).map((item) => (
                <li key={`${item.place} ${item.system}`} className="sw-wall-row">
                  <span>
                    {item.state === "unprotected" ? (
                      <b className="sw-sev-high">
                        <ShieldOffIcon /> {say("coverage_state", item.state)}
                      </b>
                    ) : (
                      <b className="sw-sev-medium">
                        <MediumIcon /> {say("coverage_state", item.state)}
                      </b>
                    )}{" "}
                    {say("system", item.system)} ·{" "}
                    {item.reasons.map((reason) => say("coverage_reason", reason)).join(" · ")}
                  </span>
                  <span className="sw-dim">
                    {tree
                      .pathTo(item.place)
                      .slice(1)
                      .map((site) => name(site.name))
                      .join(" / ") || item.place}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Loaded>
  );
}

export function AlarmScene({
  page,
  size,
  columns,
}: {
  page: number;
  size: number;
  columns: number;
}) {
  const { t } = useWords();
  const answer = useQuery(groupsQuery({ state: "open" }));
  return (
    <Loaded answer={answer}>
      {(groups) =>
        groups.items.length === 0 ? (
          <p className="sw-wall-calm">
            <CheckIcon /> {t("overview.no_alarms")}
          </p>
        ) : (
          <ul
            className="sw-wall-rows"
            style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
          >
            {part(groups.items, page, size).map((group) => (
              <GroupRow key={group.lead.id} group={group} />
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

export function GroupRow({ group }: { group: AlarmGroupItem }) {
  const { t, say } = useWords();
  const { lead } = group;
  return (
    <li className="sw-wall-row" data-alarm={lead.id}>
      <AlarmHeadline alarm={lead} />
      <span className={lead.acked ? "sw-dim" : "sw-waiting"}>
        {say("alarm_state", lead.state)} · <Age at={Date.parse(lead.raised_at)} word="since" />
        {group.alarms > 1 && ` · ${t("wall.of_group", { count: group.alarms })}`}
      </span>
    </li>
  );
}
