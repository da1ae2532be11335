/** A site with everything below it: its alarms, what is not protected, its devices by system. */

import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { AlarmCards } from "../alarms/AlarmCards";
import { devicesQuery } from "../api/queries";
import type { DeviceSummary, SiteNode } from "../api/schema";
import { BlindNotice } from "../coverage/BlindNotice";
import { Floors } from "../device/Floors";
import { DeviceTable } from "../device/DeviceTable";
import { decimal } from "../format/number";
import { useWords } from "../i18n";
import { FlowPanel } from "../energy/FlowPanel";
import { CoverageList } from "../overview/CoverageList";
import { SiteTable } from "../overview/SiteTable";
import { TodayPanel } from "../overview/TodayPanel";
import { Totals } from "../overview/Totals";
import { WorstBadge } from "../ui/badges";
import { Breadcrumb } from "../ui/Breadcrumb";
import { SearchIcon } from "../ui/icons";
import { Empty, Loaded, Missing } from "../ui/states";
import { useSites, type SiteTree } from "../useSites";

const route = getRouteApi("/inside/sites/$site");

export function SitePage() {
  const { site } = route.useParams();
  const sites = useSites();
  return (
    <Loaded answer={sites}>
      {(tree) => {
        const node = tree.get(site);
        if (node === undefined) return <Missing />;
        return <Site key={site} tree={tree} node={node} at={sites.dataUpdatedAt} />;
      }}
    </Loaded>
  );
}

function Site({ tree, node, at }: { tree: SiteTree; node: SiteNode; at: number }) {
  const { t, name, say } = useWords();
  const children = tree.childrenOf(node.id);
  const { period } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <div className="sw-page">
      <Breadcrumb path={tree.pathTo(node.id).slice(0, -1)} />
      <div className="sw-title">
        <h1>{name(node.name)}</h1>
        <WorstBadge state={node.state} />
        <span className="sw-dim">
          {[say("level", node.level), say("role", node.role)].filter(Boolean).join(" · ")}
        </span>
        <Size node={node} />
        <Button
          size="compact-sm"
          variant="default"
          renderRoot={(props) => <Link {...props} to="/energy" search={{ site: node.id }} />}
        >
          {t("site.energy")}
        </Button>
      </div>
      <BlindNotice site={node.id} />
      <Totals site={node} at={at} />
      <TodayPanel sites={[node.id]} />
      <div className="sw-split">
        <div className="sw-column">
          {children.length > 0 && (
            <section className="sw-panel" aria-labelledby="below">
              <div className="sw-panel-head">
                <h2 id="below">{t("site.below")}</h2>
              </div>
              <SiteTable groups={[{ title: null, sites: children }]} />
            </section>
          )}
          <FlowPanel
            node={node}
            period={period}
            onPeriod={(next) =>
              void navigate({
                search: (old) => ({ ...old, period: next }),
                replace: true,
                resetScroll: false,
              })
            }
          />
          <Floors site={node.id} tree={tree} />
          <Devices site={node.id} tree={tree} />
        </div>
        <div className="sw-column">
          <section className="sw-panel" aria-labelledby="site-alarms">
            <div className="sw-panel-head">
              <h2 id="site-alarms">{t("site.alarms")}</h2>
            </div>
            <AlarmCards filter={{ state: "open", site: node.id }} most={8} />
          </section>
          <section className="sw-panel" aria-labelledby="site-coverage">
            <div className="sw-panel-head">
              <h2 id="site-coverage">{t("site.coverage")}</h2>
              <Link to="/coverage" search={{ site: node.id }} className="sw-small">
                {t("coverage_page.all")}
              </Link>
            </div>
            <CoverageList site={node.id} tree={tree} />
          </section>
        </div>
      </div>
    </div>
  );
}

function Size({ node }: { node: SiteNode }) {
  const { t, language } = useWords();
  return (
    <span className="sw-dim">
      {node.area_m2 != null && t("site.area", { area: decimal(node.area_m2, 0, language) })}
      {node.area_m2 != null && node.occupants != null && " · "}
      {node.occupants != null &&
        t("site.occupants", { count: node.occupants, shown: decimal(node.occupants, 0, language) })}
    </span>
  );
}

function matches(device: DeviceSummary, words: string): boolean {
  const text = [
    device.id,
    ...Object.values(device.name),
    ...Object.values(device.kind_label),
    device.vendor,
    device.model,
  ].join(" ");
  return text.toLowerCase().includes(words.toLowerCase());
}

function Devices({ site, tree }: { site: string; tree: SiteTree }) {
  const { t, say } = useWords();
  const { system, q } = route.useSearch();
  const navigate = route.useNavigate();
  const answer = useQuery(devicesQuery(site));
  const all = answer.data ?? [];
  const systems = [...new Set(all.map((device) => device.system))];
  const set = (change: { system?: string; q?: string }) =>
    void navigate({
      search: (old) => ({ ...old, ...change }),
      replace: true,
      resetScroll: false,
    });
  const shown = all.filter(
    (device) =>
      (system === undefined || device.system === system) && (q === undefined || matches(device, q)),
  );
  return (
    <section className="sw-panel" aria-labelledby="site-devices">
      <div className="sw-panel-head">
        <h2 id="site-devices">{t("site.devices")}</h2>
        <div className="sw-scroll">
          <SegmentedControl
            size="xs"
            aria-label={t("site.system")}
            value={system ?? ""}
            onChange={(value) => set({ system: value })}
            data={[
              { value: "", label: `${t("site.all_systems")} ${all.length}` },
              ...systems.map((each) => ({
                value: each,
                label: `${say("system", each)} ${all.filter((device) => device.system === each).length}`,
              })),
            ]}
          />
        </div>
        <TextInput
          size="xs"
          aria-label={t("site.find")}
          placeholder={t("site.find")}
          leftSection={<SearchIcon size={13} />}
          value={q ?? ""}
          onChange={(event) => set({ q: event.currentTarget.value })}
        />
      </div>
      <Loaded answer={answer}>
        {() =>
          shown.length === 0 ? (
            <Empty>{t(all.length === 0 ? "site.no_devices" : "site.no_match")}</Empty>
          ) : (
            <DeviceTable devices={shown} tree={tree} />
          )
        }
      </Loaded>
    </section>
  );
}
