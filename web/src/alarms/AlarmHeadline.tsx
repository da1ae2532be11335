/** One alarm in two lines: what, and where. */

import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { SeverityBadge, TestBadge } from "../ui/badges";

/** Where it is, from the community down to the place, with the device. */
export function useWhere(): (alarm: AlarmItem) => string {
  const { name } = useWords();
  return (alarm) => alarm.place_path.map(name).join(" / ");
}

/** The name of the device, and the part where it is one. */
export function useDeviceName(): (alarm: AlarmItem) => string {
  const { name } = useWords();
  return (alarm) => {
    const text = name(alarm.device_name);
    const part = alarm.device.split("/")[1];
    const number = part?.replace(/^\D+/, "") ?? "";
    return part === undefined || (number !== "" && text.includes(number))
      ? text
      : `${text} / ${part}`;
  };
}

export function AlarmHeadline({ alarm }: { alarm: AlarmItem }) {
  const { name } = useWords();
  const where = useWhere();
  const deviceName = useDeviceName();
  return (
    <div className="sw-headline">
      <div>
        <SeverityBadge severity={alarm.severity} strong={!alarm.acked && !alarm.test} />{" "}
        {alarm.test && <TestBadge />} <strong>{name(alarm.title)}</strong>
      </div>
      <div className="sw-dim">
        {where(alarm)} · {deviceName(alarm)}
      </div>
    </div>
  );
}
