/** How a device is read off the wire, for integrators; says plainly what is not kept. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { deviceMapQuery } from "../api/admin";
import type { DeviceDetail, WirePoint } from "../api/schema";
import { useWords } from "../i18n";
import { useDeviceValues } from "../live/hooks";
import type { PointValues } from "../live/store";
import { useMay } from "../session";
import { LiveValue } from "../ui/LiveValue";
import { Scroll } from "../ui/Scroll";
import { Loaded } from "../ui/states";
import { indexPoints, type PointIndex } from "../ui/useKinds";

export function RawPanel({ device }: { device: DeviceDetail }) {
  const { t } = useWords();
  const mayMap = useMay("device_map");
  const [open, setOpen] = useState(false);
  if (!mayMap) return null;
  return (
    <section className="sw-panel" aria-labelledby="raw">
      <div className="sw-panel-head">
        <h2 id="raw">{t("device.raw")}</h2>
        {!open && (
          <Button size="compact-xs" variant="default" onClick={() => setOpen(true)}>
            {t("device.raw_open")}
          </Button>
        )}
      </div>
      {open && <Map device={device} />}
    </section>
  );
}

function Map({ device }: { device: DeviceDetail }) {
  const { t } = useWords();
  const answer = useQuery(deviceMapQuery(device.id));
  const values = useDeviceValues(device.id);
  return (
    <>
      <p className="sw-dim sw-last sw-prose">{t("device.raw_text")}</p>
      <pre className="sw-payload">sitewatch probe --profile {device.profile} …</pre>
      <Loaded answer={answer}>
        {(map) => (
          <Scroll label={t("device.raw")}>
            <Settings settings={map.settings} />
            <Points points={map.points} values={values} infos={indexPoints(device.points)} />
            {map.part_points.length > 0 && (
              <>
                <h3 className="sw-h3 sw-gap-above">{t("device.parts_as_read")}</h3>
                <Points points={map.part_points} />
              </>
            )}
          </Scroll>
        )}
      </Loaded>
    </>
  );
}

/** Settings of a file as a person writes them: `scale=0.1 missing=[65535]`. */
function written(settings: Record<string, unknown>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

function Settings({ settings }: { settings: Record<string, unknown> }) {
  const { t } = useWords();
  if (Object.keys(settings).length === 0) return null;
  return (
    <p className="sw-small">
      <span className="sw-dim">{t("device.settings")}</span> <code>{written(settings)}</code>
    </p>
  );
}

interface PointsProps {
  points: readonly WirePoint[];
  values?: PointValues;
  infos?: PointIndex;
}

function Points({ points, values, infos }: PointsProps) {
  const { t, say } = useWords();
  return (
    <table className="sw-table sw-raw">
      <thead>
        <tr>
          <th scope="col">{t("device.point")}</th>
          <th scope="col">{t("device.address")}</th>
          <th scope="col">{t("device.mapping")}</th>
          {values !== undefined && (
            <th scope="col" className="sw-num">
              {t("device.stored")}
            </th>
          )}
          <th scope="col">{t("device.verified")}</th>
        </tr>
      </thead>
      <tbody>
        {points.map((point) => (
          <tr key={point.name} data-wire={point.name}>
            <td>
              <code>{point.name}</code>
            </td>
            <td>
              <code>{written(point.address)}</code>
              {point.refused !== null && <div className="sw-sev-high">{point.refused}</div>}
            </td>
            <td>
              <code>{written(point.mapping)}</code>
            </td>
            {values !== undefined && (
              <td className="sw-num">
                <LiveValue item={values.get(point.name)} info={infos?.get(point.name)} />
              </td>
            )}
            <td className="sw-small">{say("verified", point.verified)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
