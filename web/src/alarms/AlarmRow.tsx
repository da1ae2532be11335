/** One alarm as a row: what, how it stands, where, since when, and what to do. */

import { Link } from "@tanstack/react-router";
import type { AlarmItem } from "../api/schema";
import { deviceOf } from "../api/queries";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { AlarmStateText, SeverityBadge, TestBadge } from "../ui/badges";
import { Age } from "../ui/LiveValue";
import { AlarmActions } from "./AlarmActions";
import { useDeviceName, useWhere } from "./AlarmHeadline";
import { HoldBadges } from "./HoldBadges";

interface AlarmRowProps {
  alarm: AlarmItem;
  /** Opens the alarm's details. */
  onOpen: (alarm: AlarmItem) => void;
  /** Without the device, where it is the same for all. */
  plain?: boolean;
  /** One of an incident that is open above it. */
  member?: boolean;
}

export function AlarmRow({ alarm, onOpen, plain = false, member = false }: AlarmRowProps) {
  const { t, language, name } = useWords();
  const raised = Date.parse(alarm.raised_at);
  const part = alarm.device.split("/")[1];
  const waiting = !alarm.acked && !alarm.test && alarm.state !== "cleared";
  const tones = [waiting ? "sw-row-waiting" : "", member ? "sw-row-member" : ""];
  return (
    <tr
      className={tones.filter((each) => each !== "").join(" ")}
      data-alarm={alarm.id}
      data-device={alarm.device}
      data-rule={alarm.rule}
      data-state={alarm.state}
    >
      <td>
        <SeverityBadge severity={alarm.severity} strong={!alarm.acked && !alarm.test} />
      </td>
      <td>
        <button type="button" className="sw-textlink" data-row-focus onClick={() => onOpen(alarm)}>
          {name(alarm.title)}
        </button>{" "}
        {alarm.test && <TestBadge />}
        {alarm.occurrences > 1 && (
          <small className="sw-dim"> {t("alarms.occurrences", { count: alarm.occurrences })}</small>
        )}
        {alarm.chattering && <small className="sw-tag sw-old"> {t("console.chatters")}</small>}
        {alarm.point === "" && typeof alarm.value === "string" && (
          <div className="sw-dim sw-small sw-names">{alarm.value}</div>
        )}
        {plain && part !== undefined && <div className="sw-dim">{part}</div>}
      </td>
      <td>
        <AlarmStateText alarm={alarm} />
        <HoldBadges alarm={alarm} />
        {alarm.quality === "unknown" && (
          <div className="sw-old">
            <small>{t("alarms.quality_unknown")}</small>
          </div>
        )}
      </td>
      {!plain && <Where alarm={alarm} />}
      <td className="sw-nowrap">
        {alarm.state === "cleared" ? dateTime(raised, language) : <Age at={raised} word="since" />}
        {alarm.state !== "cleared" && (
          <div className="sw-dim sw-small">{dateTime(raised, language)}</div>
        )}
      </td>
      <td className="sw-cell-acts">
        <AlarmActions alarm={alarm} />
      </td>
    </tr>
  );
}

function Where({ alarm }: { alarm: AlarmItem }) {
  const where = useWhere();
  const deviceName = useDeviceName();
  const part = alarm.device.split("/")[1];
  return (
    <td>
      <Link
        to="/devices/$device"
        params={{ device: deviceOf(alarm.device) }}
        search={part === undefined ? {} : { part }}
      >
        {deviceName(alarm)}
      </Link>
      <div className="sw-dim sw-small">{where(alarm)}</div>
    </td>
  );
}
