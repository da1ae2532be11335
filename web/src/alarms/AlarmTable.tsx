/** Alarms in rows, the most urgent first. */

import { Link } from "@tanstack/react-router";
import type { AlarmItem } from "../api/schema";
import { deviceOf } from "../api/queries";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { AlarmStateText, SeverityBadge, TestBadge } from "../ui/badges";
import { Age } from "../ui/LiveValue";
import { AlarmActions } from "./AlarmActions";
import { useDeviceName, useWhere } from "./AlarmHeadline";

interface AlarmTableProps {
  alarms: readonly AlarmItem[];
  /** Opens an alarm's details. */
  onOpen: (alarm: AlarmItem) => void;
  /** Without the device, where it is the same for all. */
  plain?: boolean;
}

export function AlarmTable({ alarms, onOpen, plain = false }: AlarmTableProps) {
  const { t } = useWords();
  return (
    <table className="sw-table sw-stack sw-alarms">
      <thead>
        <tr>
          <th scope="col">{t("alarms.severity")}</th>
          <th scope="col">{t("alarms.alarm")}</th>
          <th scope="col">{t("state.title")}</th>
          {!plain && <th scope="col">{t("alarms.where")}</th>}
          <th scope="col">{t("alarms.raised")}</th>
          <th scope="col">
            <span className="sw-hidden">{t("alarms.actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {alarms.map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} onOpen={onOpen} plain={plain} />
        ))}
      </tbody>
    </table>
  );
}

function AlarmRow({
  alarm,
  onOpen,
  plain,
}: {
  alarm: AlarmItem;
  onOpen: (alarm: AlarmItem) => void;
  plain: boolean;
}) {
  const { t, language, name, say } = useWords();
  const where = useWhere();
  const deviceName = useDeviceName();
  const raised = Date.parse(alarm.raised_at);
  const part = alarm.device.split("/")[1];
  return (
    <tr
      className={alarm.acked || alarm.test || alarm.state === "cleared" ? "" : "sw-row-waiting"}
      data-alarm={alarm.id}
      data-device={alarm.device}
      data-rule={alarm.rule}
      data-state={alarm.state}
    >
      <td>
        <SeverityBadge severity={alarm.severity} strong={!alarm.acked && !alarm.test} />
      </td>
      <td>
        <button type="button" className="sw-textlink" onClick={() => onOpen(alarm)}>
          {name(alarm.title)}
        </button>{" "}
        {alarm.test && <TestBadge />}
        {alarm.occurrences > 1 && (
          <small className="sw-dim"> {t("alarms.occurrences", { count: alarm.occurrences })}</small>
        )}
        {alarm.point === "" && typeof alarm.value === "string" && (
          <div className="sw-dim sw-small sw-names">{alarm.value}</div>
        )}
        {plain && part !== undefined && <div className="sw-dim">{part}</div>}
      </td>
      <td>
        <AlarmStateText alarm={alarm} />
        {alarm.held.map((held) => (
          <small key={held} className="sw-tag">
            {say("held", held)}
          </small>
        ))}
        {alarm.quality === "unknown" && (
          <div className="sw-old">
            <small>{t("alarms.quality_unknown")}</small>
          </div>
        )}
      </td>
      {!plain && (
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
      )}
      <td className="sw-nowrap">
        {alarm.state === "cleared" ? dateTime(raised, language) : <Age at={raised} word="since" />}
        {alarm.state !== "cleared" && (
          <div className="sw-dim sw-small">{dateTime(raised, language)}</div>
        )}
      </td>
      <td>
        <AlarmActions alarm={alarm} />
      </td>
    </tr>
  );
}
