/** The frame of every device of a system page: name, place, condition; inside, what its kind shows. */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { DeviceSummary } from "../api/schema";
import { useWords } from "../i18n";
import { useDeviceValues } from "../live/hooks";
import { liveStore } from "../live/store";
import { CheckIcon, HighIcon, LinkDownIcon, UnknownIcon } from "../ui/icons";
import { LiveValue } from "../ui/LiveValue";
import type { PointIndex } from "../ui/useKinds";
import type { SiteTree } from "../useSites";
import { keyPointsOf } from "../device/keyPoints";
import { conditionOf, type Condition } from "./condition";
import { Shaft } from "./Shaft";
import { AgainstPeers } from "./AgainstPeers";

const ICONS: Record<Condition, { Shape: typeof CheckIcon; tone: string }> = {
  alarming: { Shape: HighIcon, tone: "sw-sev-high" },
  silent: { Shape: LinkDownIcon, tone: "sw-old" },
  unknown: { Shape: UnknownIcon, tone: "sw-old" },
  normal: { Shape: CheckIcon, tone: "sw-good" },
};

export function ConditionBadge({ condition, count }: { condition: Condition; count?: number }) {
  const { t } = useWords();
  const { Shape, tone } = ICONS[condition];
  return (
    <span className={`sw-badge ${count === 0 ? "sw-dim" : tone}`}>
      <Shape size={14} /> {t(`systems.${condition}`)}
      {count !== undefined && ` ${count}`}
    </span>
  );
}

interface SystemCardProps {
  device: DeviceSummary;
  tree: SiteTree;
  points: PointIndex;
  /** Power by rating of the inverters of the same community, where there is such a thing. */
  peers: number | null;
}

export function SystemCard({ device, tree, points, peers }: SystemCardProps) {
  const { t, name } = useWords();
  const values = useDeviceValues(device.id);
  const path = tree.pathTo(device.place);
  return (
    <li className="sw-card sw-system-card" data-device={device.id}>
      <div className="sw-system-head">
        <Link to="/devices/$device" params={{ device: device.id }}>
          {name(device.name)}
        </Link>
        <ConditionBadge condition={conditionOf(device, values, liveStore.getParts(device.id))} />
      </div>
      <div className="sw-dim sw-small">
        {path
          .slice(2)
          .map((site) => name(site.name))
          .join(" / ") || name(device.kind_label)}
        {device.parts > 0 && ` · ${t("systems.parts", { count: device.parts })}`}
        {device.alarms > 0 && (
          <b className="sw-sev-high"> · {t("systems.alarms", { count: device.alarms })}</b>
        )}
      </div>
      <Body>
        {device.kind === "elevator" && <Shaft device={device} values={values} />}
        <dl className="sw-key-values">
          {keyPointsOf(device.kind).map((point) => {
            const info = points.get(point);
            if (info === undefined || (!values.has(point) && values.size > 0)) return null;
            return (
              <div key={point}>
                <dt>{name(info.label)}</dt>
                <dd>
                  <LiveValue item={values.get(point)} info={info} />
                </dd>
              </div>
            );
          })}
        </dl>
      </Body>
      {device.kind === "pv_inverter" && (
        <AgainstPeers device={device} values={values} peers={peers} />
      )}
    </li>
  );
}

function Body({ children }: { children: ReactNode }) {
  return <div className="sw-system-body">{children}</div>;
}
