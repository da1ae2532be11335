/** Devices in rows with their key values, live. */

import { Link } from "@tanstack/react-router";
import type { DeviceSummary } from "../api/schema";
import { useWords } from "../i18n";
import { useDeviceValues } from "../live/hooks";
import { ConnectedBadge } from "../ui/badges";
import { HighIcon } from "../ui/icons";
import { Age, LiveValue } from "../ui/LiveValue";
import { useKindPoints, type PointIndex } from "../ui/useKinds";
import type { SiteTree } from "../useSites";
import { keyPointsOf } from "./keyPoints";
import { Head } from "../ui/Head";

export function DeviceTable({
  devices,
  tree,
}: {
  devices: readonly DeviceSummary[];
  tree: SiteTree;
}) {
  const { t } = useWords();
  const pointsOf = useKindPoints();
  return (
    <table className="sw-table sw-stack sw-devices">
      <Head
        columns={[
          t("state.title"),
          t("site.name"),
          t("site.key_values"),
          t("site.place"),
          t("device.last_seen"),
        ]}
      />
      <tbody>
        {devices.map((device) => (
          <DeviceRow key={device.id} device={device} tree={tree} points={pointsOf(device.kind)} />
        ))}
      </tbody>
    </table>
  );
}

function DeviceRow({
  device,
  tree,
  points,
}: {
  device: DeviceSummary;
  tree: SiteTree;
  points: PointIndex;
}) {
  const { t, name } = useWords();
  const path = tree.pathTo(device.place);
  const place = path.at(-1);
  return (
    <tr data-device={device.id} data-connected={String(device.connected)}>
      <td className="sw-nowrap">
        <ConnectedBadge connected={device.connected} reason={device.reason} />
        {device.alarms > 0 && (
          <div className="sw-badge sw-sev-high">
            <HighIcon size={13} />
            {t("overview.alarms")} {device.alarms}
          </div>
        )}
      </td>
      <td>
        <Link to="/devices/$device" params={{ device: device.id }}>
          {name(device.name)}
        </Link>
        <div className="sw-dim sw-small">
          {name(device.kind_label)}
          {device.parts > 0 && ` · ${t("site.parts", { count: device.parts })}`}
        </div>
      </td>
      <td>
        <KeyValues device={device} points={points} />
      </td>
      <td className="sw-small">{place === undefined ? device.place : name(place.name)}</td>
      <td className="sw-nowrap sw-small">
        {device.last_seen_at === null ? (
          <span className="sw-old">{t("value.never")}</span>
        ) : (
          <span className={device.connected === true ? "sw-dim" : "sw-old"}>
            <Age at={Date.parse(device.last_seen_at)} />
          </span>
        )}
      </td>
    </tr>
  );
}

function KeyValues({ device, points }: { device: DeviceSummary; points: PointIndex }) {
  const { name } = useWords();
  const values = useDeviceValues(device.id);
  const keys = keyPointsOf(device.kind).filter((point) => values.has(point));
  // A device that was never heard has no points in the stream: its first key point says so.
  const shown = keys.length > 0 ? keys : keyPointsOf(device.kind).slice(0, 1);
  return (
    <span className="sw-keys">
      {shown.map((point) => {
        const info = points.get(point);
        return (
          <span key={point} className="sw-key">
            <span className="sw-dim">{info === undefined ? point : name(info.label)}</span>{" "}
            <LiveValue item={values.get(point)} info={info} />
          </span>
        );
      })}
    </span>
  );
}
