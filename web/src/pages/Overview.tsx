/** The first page: what is wrong now, where, and what each community uses. */

import { SegmentedControl } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { AlarmCards } from "../alarms/AlarmCards";
import type { SiteNode } from "../api/schema";
import { BlindNotice } from "../coverage/BlindNotice";
import { useWords } from "../i18n";
import { combine } from "../overview/combine";
import { SiteTable, type SiteGroup } from "../overview/SiteTable";
import { AlarmClassCounts } from "../overview/AlarmClassCounts";
import { PowerFlow } from "../overview/PowerFlow";
import { TodayPanel } from "../overview/TodayPanel";
import { Totals } from "../overview/Totals";
import { severityRank } from "../ui/badges";
import { Empty, Loaded } from "../ui/states";
import { useSites, type SiteTree } from "../useSites";

const route = getRouteApi("/inside/");
const ROLES = ["centre", "compound", "district"] as const;

export function OverviewPage() {
  const sites = useSites();
  return (
    <Loaded answer={sites}>{(tree) => <Overview tree={tree} at={sites.dataUpdatedAt} />}</Loaded>
  );
}

function byTrouble(a: SiteNode, b: SiteNode): number {
  return (
    severityRank(a.state.worst) - severityRank(b.state.worst) ||
    b.state.unprotected - a.state.unprotected
  );
}

function Overview({ tree, at }: { tree: SiteTree; at: number }) {
  const { t } = useWords();
  const { order } = route.useSearch();
  const navigate = route.useNavigate();
  const [first, ...others] = tree.roots;
  const top = first === undefined ? undefined : combine([first, ...others]);
  // Somebody may see a building of a community, and not the community.
  const rows = tree.communities.length > 0 ? tree.communities : tree.roots;
  const groups = useGroups(rows, order === "worst");
  if (top === undefined)
    return <Empty title={t("overview.empty_title")}>{t("overview.empty")}</Empty>;
  return (
    <div className="sw-page">
      <h1 className="sw-hidden">{t("overview.title")}</h1>
      <BlindNotice />
      <Totals site={top} at={at} />
      <div className="sw-flow-today">
        <section className="sw-panel" aria-labelledby="flow-now">
          <div className="sw-panel-head">
            <h2 id="flow-now">{t("flow.now")}</h2>
          </div>
          <PowerFlow state={top.state} />
        </section>
        <div className="sw-column">
          <TodayPanel sites={tree.roots.map((site) => site.id)} />
          <AlarmClassCounts classes={top.state.classes} />
        </div>
      </div>
      <div className="sw-split">
        <section className="sw-panel" aria-labelledby="communities">
          <div className="sw-panel-head">
            <h2 id="communities">{t("overview.communities")}</h2>
            <SegmentedControl
              size="xs"
              aria-label={t("overview.order")}
              value={order ?? "fixed"}
              onChange={(value) =>
                void navigate({ search: value === "worst" ? { order: "worst" } : {} })
              }
              data={[
                { value: "fixed", label: t("overview.order_fixed") },
                { value: "worst", label: t("overview.order_worst") },
              ]}
            />
          </div>
          <SiteTable groups={groups} />
        </section>
        <section className="sw-panel sw-first" aria-labelledby="to-handle">
          <div className="sw-panel-head">
            <h2 id="to-handle">{t("overview.latest_alarms")}</h2>
          </div>
          <AlarmCards filter={{ state: "open" }} most={12} />
        </section>
      </div>
    </div>
  );
}

/** The 1+17+7: centre, compounds, districts; or one list with the worst on top. */
function useGroups(communities: readonly SiteNode[], worstFirst: boolean): SiteGroup[] {
  const { t } = useWords();
  if (worstFirst) return [{ title: null, sites: [...communities].sort(byTrouble) }];
  const known: readonly string[] = ROLES;
  const groups = ROLES.map((role) => {
    const sites = communities.filter((site) => site.role === role);
    return { title: t(`role_group.${role}`, { count: sites.length }), sites };
  });
  const others = communities.filter((site) => site.role === null || !known.includes(site.role));
  groups.push({ title: t("role_group.other", { count: others.length }), sites: others });
  return groups.filter((group) => group.sites.length > 0);
}
