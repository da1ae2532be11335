/** The car of an elevator in its shaft; where its floor is unknown there is no car to be seen. */

import type { DeviceSummary } from "../api/schema";
import { useWords } from "../i18n";
import type { PointValues } from "../live/store";
import { goodNumber } from "./condition";

const [WIDE, HIGH, CAR] = [34, 96, 16];

/** The lowest and highest floor that each elevator was seen at, where nothing says how many. */
const seen = new Map<string, { low: number; high: number }>();

function rangeOf(device: DeviceSummary, floor: number | null): { low: number; high: number } {
  const before = seen.get(device.id) ?? { low: 1, high: device.floors ?? 2 };
  const range =
    floor === null
      ? before
      : { low: Math.min(before.low, floor), high: Math.max(before.high, floor) };
  seen.set(device.id, range);
  return range;
}

export function Shaft({ device, values }: { device: DeviceSummary; values: PointValues }) {
  const { t } = useWords();
  const floor = goodNumber(values, "floor");
  const { low, high } = rangeOf(device, floor);
  const direction = values.get("direction");
  const way = direction?.quality === "good" ? direction.value : null;
  const share = floor === null ? 0 : (floor - low) / Math.max(1, high - low);
  const top = 1 + (1 - share) * (HIGH - CAR - 2);
  const label =
    floor === null ? t("systems.floor_unknown") : t("systems.at_floor", { floor: String(floor) });
  return (
    <svg
      className="sw-shaft"
      viewBox={`0 0 ${WIDE + 22} ${HIGH}`}
      width={WIDE + 22}
      height={HIGH}
      role="img"
      aria-label={label}
      data-floor={floor ?? "unknown"}
    >
      <rect className="sw-shaft-well" x={1} y={1} width={WIDE - 2} height={HIGH - 2} rx={3} />
      <text x={WIDE + 4} y={11}>
        {high}
      </text>
      <text x={WIDE + 4} y={HIGH - 3}>
        {low}
      </text>
      {floor === null ? (
        <text className="sw-shaft-unknown" x={WIDE / 2} y={HIGH / 2 + 6}>
          ?
        </text>
      ) : (
        <g className="sw-shaft-car" style={{ transform: `translateY(${top}px)` }}>
          <rect x={4} y={0} width={WIDE - 8} height={CAR} rx={2} />
          <text x={WIDE / 2} y={CAR - 4}>
            {floor}
            {way === "up" ? "↑" : way === "down" ? "↓" : ""}
          </text>
        </g>
      )}
    </svg>
  );
}
