/** Fire detection by zone: detectors and devices grouped by the place they stand at, worst first. */

import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { deviceQuery } from "../api/queries";
import type { DeviceSummary } from "../api/schema";
import { isAlarming } from "../format/value";
import { useWords } from "../i18n";
import { useLiveVersion } from "../live/hooks";
import { liveStore } from "../live/store";
import { Empty } from "../ui/states";
import type { SiteTree } from "../useSites";
import { conditionOf, isKnown, type Condition } from "./condition";
import { ConditionBadge } from "./SystemCard";

interface Unit {
  id: string;
  device: string;
  name: string;
  place: string;
  condition: Condition;
}

const RANK: Record<Condition, number> = { alarming: 0, silent: 1, unknown: 2, normal: 3 };

interface ZonesProps {
  devices: readonly DeviceSummary[];
  tree: SiteTree;
  query: string;
  abnormal: boolean;
}

/** Every device of the system and every part of its panels, as they are now. */
function useUnits(devices: readonly DeviceSummary[]): Unit[] {
  const { name } = useWords();
  const panels = devices.filter((device) => device.parts > 0);
  const details = useQueries({ queries: panels.map((panel) => deviceQuery(panel.id)) });
  const own = devices.map((device): Unit => {
    const values = liveStore.getDevice(device.id);
    // The parts stand for themselves, each at its place.
    const alone = { ...device, parts: 0, alarms: device.parts > 0 ? 0 : device.alarms };
    return {
      id: device.id,
      device: device.id,
      name: name(device.name),
      place: device.place,
      condition: conditionOf(alone, values, []),
    };
  });
  const parts = panels.flatMap((panel, index) =>
    (details[index]?.data?.part_list ?? []).map((part): Unit => ({
      id: part.id,
      device: panel.id,
      name: name(part.name) || part.id,
      place: part.place,
      condition: partCondition(panel, part.id),
    })),
  );
  return [...own, ...parts];
}

function partCondition(panel: DeviceSummary, part: string): Condition {
  const values = liveStore.getDevice(part);
  for (const item of values.values()) {
    if (item.value !== null && isAlarming(item.point, item.value)) return "alarming";
  }
  if (panel.connected === false) return "silent";
  return panel.connected === true && isKnown(panel.part_safety_points, values)
    ? "normal"
    : "unknown";
}

export function Zones({ devices, tree, query, abnormal }: ZonesProps) {
  const { t, name } = useWords();
  useLiveVersion();
  const units = useUnits(devices);
  const words = query.toLowerCase();
  const places = [...new Set(units.map((unit) => unit.place))]
    .map((place) => {
      const inside = units.filter((unit) => unit.place === place);
      const path = tree.pathTo(place).slice(1);
      const title = path.map((site) => name(site.name)).join(" / ") || place;
      const worst = Math.min(...inside.map((unit) => RANK[unit.condition]));
      return { place, title, inside, worst };
    })
    .filter((zone) => !abnormal || zone.worst < RANK.normal)
    .filter((zone) => words === "" || `${zone.title} ${zone.place}`.toLowerCase().includes(words))
    .sort((a, b) => a.worst - b.worst || a.title.localeCompare(b.title));
  if (places.length === 0) return <Empty>{t("site.no_match")}</Empty>;
  return (
    <>
      <p className="sw-dim sw-last sw-prose">{t("systems.zones_text")}</p>
      <ul className="sw-zones" aria-label={t("systems.zones")}>
        {places.map((zone) => (
          <Zone key={zone.place} title={zone.title} place={zone.place} units={zone.inside} />
        ))}
      </ul>
    </>
  );
}

function Zone({ title, place, units }: { title: string; place: string; units: readonly Unit[] }) {
  const { t } = useWords();
  const odd = units
    .filter((unit) => unit.condition !== "normal")
    .sort((a, b) => RANK[a.condition] - RANK[b.condition]);
  const count = (condition: Condition) =>
    units.filter((unit) => unit.condition === condition).length;
  const worst = odd[0]?.condition ?? "normal";
  return (
    <li className="sw-card" data-place={place} data-condition={worst}>
      <div className="sw-system-head">
        <Link to="/sites/$site" params={{ site: place }}>
          {title}
        </Link>
        <ConditionBadge condition={worst} />
      </div>
      <div className="sw-dim sw-small">
        {t("systems.zone_counts", {
          alarming: count("alarming"),
          unknown: count("unknown") + count("silent"),
          all: units.length,
        })}
      </div>
      {odd.length > 0 && (
        <ul className="sw-zone-odd">
          {odd.slice(0, MOST_ODD).map((unit) => (
            <li key={unit.id}>
              <Link to="/devices/$device" params={{ device: unit.device }} search={partOf(unit)}>
                {unit.name}
              </Link>{" "}
              <ConditionBadge condition={unit.condition} />
            </li>
          ))}
          {odd.length > MOST_ODD && <li>+{odd.length - MOST_ODD}</li>}
        </ul>
      )}
    </li>
  );
}

const MOST_ODD = 6;

function partOf(unit: Unit): { q?: string } {
  const part = unit.id.split("/")[1];
  return part === undefined ? {} : { q: part };
}
