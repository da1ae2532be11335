/** States in words, with an icon of their own shape and a colour. */

import type { ReactNode } from "react";
import type { AlarmItem, SiteState } from "../api/schema";
import { useWords } from "../i18n";
import {
  CheckIcon,
  EmergencyIcon,
  HighIcon,
  InfoIcon,
  LinkDownIcon,
  LinkUpIcon,
  MediumIcon,
  ShieldOffIcon,
  UnknownIcon,
  type IconProps,
} from "./icons";

export const SEVERITIES = ["emergency", "high", "medium", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Rank of a severity, 0 the worst; an unknown one ranks with the worst it could be. */
export function severityRank(severity: string | null): number {
  if (severity === null) return SEVERITIES.length;
  const rank = SEVERITIES.indexOf(severity as Severity);
  return rank === -1 ? 0 : rank;
}

const ICONS: Record<string, (props: IconProps) => ReactNode> = {
  emergency: EmergencyIcon,
  high: HighIcon,
  medium: MediumIcon,
  info: InfoIcon,
};

export function SeverityIcon({ severity, size }: { severity: string; size?: number }) {
  const Shape = ICONS[severity] ?? EmergencyIcon;
  return (
    <span className={`sw-sev-${severity}`}>
      <Shape {...(size === undefined ? {} : { size })} />
    </span>
  );
}

export function SeverityBadge({ severity, strong }: { severity: string; strong?: boolean }) {
  const { say } = useWords();
  const Shape = ICONS[severity] ?? EmergencyIcon;
  const tone = strong === true ? "sw-badge-strong" : "";
  return (
    <span className={`sw-badge sw-sev-${severity} ${tone}`}>
      <Shape size={14} />
      {say("severity", severity)}
    </span>
  );
}

/** The worst of a site: the severity of its worst open alarm, or that all is normal. */
/** Normal is only said of a place where something is watched, and all of it answers. */
export function WorstBadge({ state }: { state: SiteState }) {
  const { t } = useWords();
  if (state.worst !== null) return <SeverityBadge severity={state.worst} />;
  const silent = state.devices - state.devices_connected;
  if (state.unprotected > 0) {
    return (
      <span className="sw-badge sw-sev-high">
        <ShieldOffIcon size={14} />
        {t("state.unprotected")}
      </span>
    );
  }
  if (state.degraded > 0) {
    return (
      <span className="sw-badge sw-sev-medium">
        <ShieldOffIcon size={14} />
        {t("state.degraded")}
      </span>
    );
  }
  if (state.devices === 0) return <span className="sw-dim">{t("state.nothing")}</span>;
  if (silent > 0) {
    return (
      <span className="sw-badge sw-unknown">
        <UnknownIcon size={14} />
        {t("state.silent", { count: silent })}
      </span>
    );
  }
  return (
    <span className="sw-badge sw-good">
      <CheckIcon size={14} />
      {t("state.normal")}
    </span>
  );
}

export function TestBadge() {
  const { t } = useWords();
  return (
    <abbr className="sw-test" title={t("alarms.test_long")}>
      {t("alarms.test")}
    </abbr>
  );
}

export function AlarmStateText({ alarm }: { alarm: AlarmItem }) {
  const { say } = useWords();
  const waiting = !alarm.acked && alarm.state !== "cleared";
  return (
    <span className={waiting ? "sw-waiting" : alarm.state === "cleared" ? "sw-dim" : ""}>
      {say("alarm_state", alarm.state)}
    </span>
  );
}

export function ConnectedBadge({
  connected,
  reason,
}: {
  connected: boolean | null;
  reason: string | null;
}) {
  const { t, say } = useWords();
  if (connected === true) {
    return (
      <span className="sw-badge sw-good">
        <LinkUpIcon size={14} />
        {t("device.connected")}
      </span>
    );
  }
  if (connected === null) {
    return (
      <span className="sw-badge sw-dim">
        <UnknownIcon size={14} />
        {t("device.never_tried")}
      </span>
    );
  }
  return (
    <span className="sw-badge sw-sev-high" title={say("reason", reason)}>
      <LinkDownIcon size={14} />
      {t("device.not_connected")}
    </span>
  );
}
