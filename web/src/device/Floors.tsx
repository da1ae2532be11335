/** The buildings and places below a site with their devices, each with how it is now. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { devicesQuery } from "../api/queries";
import type { DeviceSummary, SiteNode } from "../api/schema";
import { useWords } from "../i18n";
import { useLiveVersion } from "../live/hooks";
import { liveStore } from "../live/store";
import { CONDITIONS, conditionOf, type Condition } from "../systems/condition";
import { ConditionBadge } from "../systems/SystemCard";
import { WorstBadge } from "../ui/badges";
import type { SiteTree } from "../useSites";
import { Head } from "../ui/Head";

/** Of a building it stands open; a whole community would make a long page. */
export function Floors({ site, tree }: { site: string; tree: SiteTree }) {
  const { t } = useWords();
  const answer = useQuery(devicesQuery(site));
  useLiveVersion();
  const node = tree.get(site);
  const devices = answer.data ?? [];
  const rows = rowsOf(site, tree, devices);
  if (node === undefined || !["community", "building"].includes(node.level) || rows.length === 0) {
    return null;
  }
  return (
    <section className="sw-panel" aria-labelledby="floors">
      <details open={node.level === "building"}>
        <summary>
          <h2 id="floors" className="sw-h3 sw-inline">
            {t("systems.by_floor")}
          </h2>{" "}
          <span className="sw-dim">{rows.length}</span>
        </summary>
        <table className="sw-table sw-stack sw-admin">
          <Head columns={[t("systems.floor"), t("state.title"), t("systems.floor_devices")]} />
          <tbody>
            {rows.map((row) => (
              <FloorRow key={row.node.id} row={row} />
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

interface Row {
  node: SiteNode;
  depth: number;
  /** Those that stand at it itself. */
  devices: readonly DeviceSummary[];
  /** Those and all that stand below it. */
  below: readonly DeviceSummary[];
}

/** Every site below, depth first. */
function rowsOf(site: string, tree: SiteTree, devices: readonly DeviceSummary[]): Row[] {
  const below = (id: string, depth: number): Row[] =>
    tree.childrenOf(id).flatMap((node) => {
      const own = devices.filter((device) => device.place === node.id);
      const rows = below(node.id, depth + 1);
      const all = [...own, ...rows.flatMap((row) => row.devices)];
      return [{ node, depth, devices: own, below: all }, ...rows];
    });
  return below(site, 0);
}

/** Normal is only said where something is watched, and all of it is wholly known. */
function FloorState({ row }: { row: Row }) {
  const { t } = useWords();
  const { node, below } = row;
  const [worst] = CONDITIONS.filter((each) => below.some((one) => conditionNow(one) === each));
  const { state } = node;
  if (state.worst !== null || state.unprotected > 0) {
    return <WorstBadge state={state} />;
  }
  if (worst === undefined) return <span className="sw-dim">{t("overview.no_places")}</span>;
  return <ConditionBadge condition={worst} />;
}

function conditionNow(device: DeviceSummary): Condition {
  return conditionOf(device, liveStore.getDevice(device.id), liveStore.getParts(device.id));
}

function FloorRow({ row }: { row: Row }) {
  const { name, say } = useWords();
  const { node, depth, devices } = row;
  return (
    <tr data-floor={node.id}>
      <td style={{ paddingInlineStart: 8 + 18 * depth }}>
        <Link to="/sites/$site" params={{ site: node.id }}>
          {name(node.name)}
        </Link>{" "}
        <span className="sw-dim sw-small">{say("level", node.level)}</span>
      </td>
      <td>
        <FloorState row={row} />
      </td>
      <td>
        <span className="sw-keys">
          {devices.map((device) => (
            <span key={device.id} className="sw-key">
              <Link to="/devices/$device" params={{ device: device.id }}>
                {name(device.name)}
              </Link>{" "}
              <ConditionBadge condition={conditionNow(device)} />
            </span>
          ))}
        </span>
      </td>
    </tr>
  );
}
