/** The devices of a line: who answers, who does not and why; those with trouble first. */

import { Link } from "@tanstack/react-router";
import type { DeviceOnLine } from "../api/schema";
import { useWords } from "../i18n";
import { Age } from "../ui/LiveValue";
import { AnswerBadge } from "./LineBadge";
import { RefusedPoints } from "./RefusedPoints";
import { Head } from "../ui/Head";

const RANK: Record<DeviceOnLine["state"], number> = { silent: 0, unknown: 1, answering: 2 };

function trouble(device: DeviceOnLine): number {
  const refused = Object.keys(device.refused).length > 0 ? 0 : 1;
  return 2 * RANK[device.state] + refused;
}

export function DevicesOnLine({ devices }: { devices: readonly DeviceOnLine[] }) {
  const { t } = useWords();
  const sorted = [...devices].sort((a, b) => trouble(a) - trouble(b));
  return (
    <table className="sw-table sw-stack sw-on-line">
      <Head
        columns={[t("state.title"), t("alarms.device"), t("lines.why"), t("device.last_seen")]}
      />
      <tbody>
        {sorted.map((device) => (
          <DeviceRow key={device.device} device={device} />
        ))}
      </tbody>
    </table>
  );
}

function DeviceRow({ device }: { device: DeviceOnLine }) {
  const { t, name, say } = useWords();
  const refused = Object.keys(device.refused).length;
  const reason = say("reason", device.reason);
  return (
    <>
      <tr data-device={device.device} data-state={device.state}>
        <td className="sw-nowrap">
          <AnswerBadge device={device} />
        </td>
        <td>
          <Link to="/devices/$device" params={{ device: device.device }}>
            {name(device.name)}
          </Link>
          {name(device.name) !== device.device && (
            <div className="sw-dim sw-small">{device.device}</div>
          )}
        </td>
        <td>
          {reason}
          {device.failures > 0 && (
            <div className="sw-old sw-small">{t("lines.failures", { count: device.failures })}</div>
          )}
          {refused > 0 && (
            <div className="sw-sev-info">{t("lines.refused_count", { count: refused })}</div>
          )}
        </td>
        <td className="sw-small">
          {device.last_answer_at === null ? (
            <span className="sw-old">{t("value.never")}</span>
          ) : (
            <span className={device.state === "answering" ? "sw-dim" : "sw-old"}>
              <Age at={Date.parse(device.last_answer_at)} />
            </span>
          )}
        </td>
      </tr>
      {refused > 0 && (
        <tr>
          <td colSpan={4}>
            <RefusedPoints kind={device.kind} refused={device.refused} />
          </td>
        </tr>
      )}
    </>
  );
}
