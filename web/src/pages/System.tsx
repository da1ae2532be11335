/** All devices of one system, by community, live: elevators in their shafts, piles, inverters ... */

import { Checkbox, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { systemQuery } from "../api/queries";
import type { DeviceSummary } from "../api/schema";
import { useWords } from "../i18n";
import { useLiveVersion } from "../live/hooks";
import { liveStore } from "../live/store";
import { SYSTEM_PAGES, type SystemPageName } from "../search";
import { shareOf } from "../systems/AgainstPeers";
import { conditionOf, CONDITIONS, median, type Condition } from "../systems/condition";
import { ConditionBadge, SystemCard } from "../systems/SystemCard";
import { Zones } from "../systems/Zones";
import { SearchIcon } from "../ui/icons";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded, Missing } from "../ui/states";
import { useKindPoints } from "../ui/useKinds";
import { useSites, type SiteTree } from "../useSites";

const route = getRouteApi("/inside/systems/$system");

export function SystemPage() {
  const { system } = route.useParams();
  const name = SYSTEM_PAGES.find((each) => each === system);
  if (name === undefined) return <Missing />;
  return <System key={name} system={name} />;
}

function System({ system }: { system: SystemPageName }) {
  const { t, say } = useWords();
  const { site, q, abnormal, view } = route.useSearch();
  const navigate = route.useNavigate();
  const sites = useSites();
  const answer = useQuery(systemQuery(system, site));
  const set = (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  return (
    <div className="sw-page">
      <nav className="sw-nav sw-system-tabs" aria-label={t("systems.tabs")}>
        {SYSTEM_PAGES.map((each) => (
          <Link
            key={each}
            to="/systems/$system"
            params={{ system: each }}
            search={site === undefined ? {} : { site }}
          >
            {say("system", each)}
          </Link>
        ))}
      </nav>
      <div className="sw-title">
        <h1>{say("system", system)}</h1>
      </div>
      <div className="sw-filters">
        {system === "fire" && (
          <SegmentedControl
            size="xs"
            aria-label={t("systems.view")}
            value={view ?? "cards"}
            onChange={(value) => set({ view: value === "zones" ? "zones" : undefined })}
            data={[
              { value: "cards", label: t("systems.view_cards") },
              { value: "zones", label: t("systems.view_zones") },
            ]}
          />
        )}
        <SiteSelect
          tree={sites.data}
          value={site}
          onChange={(next) => set({ site: next })}
          label={t("systems.site")}
          anywhere={t("systems.anywhere")}
        />
        <TextInput
          size="xs"
          label={t("site.find")}
          leftSection={<SearchIcon size={13} />}
          value={q ?? ""}
          onChange={(event) => set({ q: event.currentTarget.value })}
        />
        <Checkbox
          size="xs"
          label={t("systems.only_abnormal")}
          checked={abnormal === true}
          onChange={(event) => set({ abnormal: event.currentTarget.checked ? true : undefined })}
        />
      </div>
      <Loaded answer={sites}>
        {(tree) => (
          <Loaded answer={answer}>
            {(devices) =>
              system === "fire" && view === "zones" ? (
                <Zones devices={devices} tree={tree} query={q ?? ""} abnormal={abnormal === true} />
              ) : (
                <Devices devices={devices} tree={tree} />
              )
            }
          </Loaded>
        )}
      </Loaded>
    </div>
  );
}

interface Row {
  device: DeviceSummary;
  condition: Condition;
}

function matches({ device }: Row, words: string): boolean {
  const text = [device.id, device.place, ...Object.values(device.name)].join(" ").toLowerCase();
  return text.includes(words.toLowerCase());
}

function Devices({ devices, tree }: { devices: readonly DeviceSummary[]; tree: SiteTree }) {
  const { t, name } = useWords();
  const { q, abnormal } = route.useSearch();
  const pointsOf = useKindPoints();
  // Conditions and the peers' median come from many devices at once.
  useLiveVersion();
  const rows = devices.map((device) => ({
    device,
    condition: conditionOf(device, liveStore.getDevice(device.id), liveStore.getParts(device.id)),
  }));
  const shown = rows.filter(
    (row) =>
      (abnormal !== true || row.condition !== "normal") && (q === undefined || matches(row, q)),
  );
  const zones = [...new Set(shown.map((row) => row.device.community))];
  if (devices.length === 0) return <Empty>{t("site.no_devices")}</Empty>;
  return (
    <>
      <p className="sw-conditions" role="status" aria-live="off">
        {CONDITIONS.map((condition) => (
          <ConditionBadge
            key={condition}
            condition={condition}
            count={rows.filter((row) => row.condition === condition).length}
          />
        ))}
      </p>
      {shown.length === 0 && <Empty>{t("site.no_match")}</Empty>}
      {zones.map((zone) => {
        const inside = shown.filter((row) => row.device.community === zone);
        const node = zone === null ? undefined : tree.get(zone);
        const peers = median(
          devices
            .filter((each) => each.community === zone)
            .flatMap((each) => shareOf(each, liveStore.getDevice(each.id)) ?? []),
        );
        return (
          <section key={zone ?? ""} className="sw-panel" data-zone={zone}>
            <div className="sw-panel-head">
              <h2>{node === undefined ? (zone ?? t("systems.anywhere")) : name(node.name)}</h2>
              <span className="sw-dim">{inside.length}</span>
            </div>
            <ul className="sw-system-cards">
              {inside.map(({ device }) => (
                <SystemCard
                  key={device.id}
                  device={device}
                  tree={tree}
                  points={pointsOf(device.kind)}
                  peers={peers}
                />
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}
