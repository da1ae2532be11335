/** The few values of a device that say most, large, before everything else. */

import type { DeviceDetail } from "../api/schema";
import { useWords } from "../i18n";
import { useDeviceValues } from "../live/hooks";
import { LiveValue, ValueAge } from "../ui/LiveValue";
import { keyPointsOf } from "./keyPoints";

export function KeyStrip({ device }: { device: DeviceDetail }) {
  const { t, name } = useWords();
  const values = useDeviceValues(device.id);
  const shown = keyPointsOf(device.kind).flatMap(
    (key) => device.points.find((point) => point.name === key) ?? [],
  );
  if (shown.length === 0) return null;
  return (
    <section className="sw-strip" aria-label={t("device.key")}>
      {shown.map((info) => (
        <div key={info.name} className="sw-total" data-key={info.name}>
          <h2>{name(info.label)}</h2>
          <div className="sw-strip-value">
            <LiveValue item={values.get(info.name)} info={info} />
          </div>
          <div className="sw-note">
            <ValueAge item={values.get(info.name)} />
          </div>
        </div>
      ))}
    </section>
  );
}
