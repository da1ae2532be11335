/** Every point of a device as it is now: value, unit, quality and age. */

import { Checkbox } from "@mantine/core";
import type { DeviceDetail, LatestItem, PointInfo } from "../api/schema";
import { useWords } from "../i18n";
import { useDeviceValues } from "../live/hooks";
import { keyPointsOf } from "./keyPoints";
import { LiveValue, QualityText, ValueAge } from "../ui/LiveValue";

interface LiveTableProps {
  device: DeviceDetail;
  chosen: readonly string[];
  onToggle: (point: string) => void;
}

export function LiveTable({ device, chosen, onToggle }: LiveTableProps) {
  const { t, name } = useWords();
  const values = useDeviceValues(device.id);
  const points = inReadingOrder(device);
  const counts = new Map<string, number>();
  for (const point of points)
    counts.set(name(point.label), (counts.get(name(point.label)) ?? 0) + 1);
  return (
    <table className="sw-table sw-live">
      <thead>
        <tr>
          <th scope="col">
            <span className="sw-hidden">{t("device.chart")}</span>
          </th>
          <th scope="col">{t("device.point")}</th>
          <th scope="col" className="sw-num">
            {t("device.value")}
          </th>
          <th scope="col">{t("device.quality")}</th>
          <th scope="col">{t("device.age")}</th>
        </tr>
      </thead>
      <tbody>
        {points.map((info) => (
          <PointRow
            key={info.name}
            info={info}
            alone={counts.get(name(info.label)) === 1}
            item={values.get(info.name)}
            chosen={chosen.includes(info.name)}
            onToggle={onToggle}
          />
        ))}
      </tbody>
    </table>
  );
}

/** What matters most first, the fault bits last, else as the profile has them. */
function inReadingOrder(device: DeviceDetail): PointInfo[] {
  const keys = keyPointsOf(device.kind);
  const rank = (point: PointInfo) => {
    const key = keys.indexOf(point.name);
    if (key !== -1) return key;
    return point.name.startsWith("fault_") ? keys.length + 1 : keys.length;
  };
  return [...device.points].sort((a, b) => rank(a) - rank(b));
}

function PointRow({
  info,
  alone,
  item,
  chosen,
  onToggle,
}: {
  info: PointInfo;
  /** Whether no other point of the device is called the same. */
  alone: boolean;
  item: LatestItem | undefined;
  chosen: boolean;
  onToggle: (point: string) => void;
}) {
  const { t, name } = useWords();
  const label = name(info.label);
  return (
    <tr data-point={info.name} data-quality={item?.quality ?? "never"}>
      <td>
        {info.type !== "string" && (
          <Checkbox
            size="xs"
            checked={chosen}
            onChange={() => onToggle(info.name)}
            aria-label={t("device.in_chart", { point: label })}
          />
        )}
      </td>
      <td title={info.name}>
        {label}
        {!alone && (
          <span className="sw-dim"> · {info.name.replace(/^fault_/, "").replaceAll("_", " ")}</span>
        )}
        {info.verified === "weak" && (
          <span className="sw-tag sw-old" title={t("device.weak")}>
            ?
          </span>
        )}
      </td>
      <td className="sw-num">
        <LiveValue item={item} info={info} />
      </td>
      <td>
        <QualityText item={item} />
      </td>
      <td className="sw-nowrap">
        <ValueAge item={item} />
      </td>
    </tr>
  );
}
