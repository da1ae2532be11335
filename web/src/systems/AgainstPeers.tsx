/** An inverter beside the others of its community: power by rated power, as a bar with their mark. */

import type { DeviceSummary } from "../api/schema";
import { percent } from "../format/number";
import { useWords } from "../i18n";
import type { PointValues } from "../live/store";
import { goodNumber } from "./condition";

export function shareOf(device: DeviceSummary, values: PointValues): number | null {
  const watts = goodNumber(values, "active_power");
  return watts === null || device.rating_w == null || device.rating_w <= 0
    ? null
    : watts / device.rating_w;
}

interface AgainstPeersProps {
  device: DeviceSummary;
  values: PointValues;
  peers: number | null;
}

export function AgainstPeers({ device, values, peers }: AgainstPeersProps) {
  const { t, language } = useWords();
  const share = shareOf(device, values);
  const shown = (value: number | null) =>
    value === null ? t("value.unknown") : percent(Math.max(0, value), language);
  const text = t("systems.of_rating", { share: shown(share), peers: shown(peers) });
  const place = (value: number) => `${Math.min(100, Math.max(0, value * 100))}%`;
  return (
    <div className="sw-peers">
      <div className="sw-peers-bar" aria-hidden="true">
        {share !== null && <span style={{ width: place(share) }} />}
        {peers !== null && <i style={{ insetInlineStart: place(peers) }} />}
      </div>
      <small className={share === null ? "sw-unknown" : "sw-dim"}>{text}</small>
    </div>
  );
}
