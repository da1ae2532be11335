/** Power at this moment: from the grid and the PV through the house to what it drives. */

import type { SiteState } from "../api/schema";
import { power } from "../format/number";
import { useWords } from "../i18n";

type Box = "grid" | "pv" | "house" | "charging" | "other";

interface Leg {
  from: Box;
  to: Box;
  /** Along the arrow [W]; null where it is unknown. */
  watts: number | null;
}

const PLACES: Record<Box, readonly [x: number, y: number]> = {
  grid: [10, 12],
  pv: [10, 112],
  house: [235, 62],
  charging: [460, 12],
  other: [460, 112],
};
const [WIDE, HIGH] = [170, 76];

/** What is neither charging nor known to be anything else; unknown while one of both is. */
export function otherUse(state: SiteState): number | null {
  if (state.shares["charging"]?.sources === 0) return state.power_now;
  if (state.power_now === null || state.charging_now === null) return null;
  return state.power_now - state.charging_now;
}

function legsOf(state: SiteState): Leg[] {
  const metered = (figure: string) => state.shares[figure]?.sources !== 0;
  const legs: Leg[] = [];
  if (metered("grid")) legs.push({ from: "grid", to: "house", watts: state.grid_now });
  if (metered("pv")) legs.push({ from: "pv", to: "house", watts: state.pv_now });
  if (metered("charging")) legs.push({ from: "house", to: "charging", watts: state.charging_now });
  legs.push({ from: "house", to: "other", watts: otherUse(state) });
  return legs;
}

export function PowerFlow({ state }: { state: SiteState }) {
  const { t, language } = useWords();
  const legs = legsOf(state);
  const most = Math.max(1, ...legs.map((leg) => Math.abs(leg.watts ?? 0)));
  const shown = (watts: number | null) => {
    const text = power(watts, language);
    return watts === null ? t("value.unknown") : `${text.text} ${text.unit}`;
  };
  const boxes: readonly (readonly [Box, number | null])[] = [
    ["house", state.power_now],
    ...legs.map((leg) => [leg.from === "house" ? leg.to : leg.from, leg.watts] as const),
  ];
  const wordOf = (box: Box, watts: number | null) =>
    box === "grid" && watts !== null && watts < 0 ? t("flow.feeding") : t(`flow.${box}`);
  const label = boxes
    .map(
      ([box, watts]) => `${wordOf(box, watts)} ${shown(watts === null ? null : Math.abs(watts))}`,
    )
    .join(", ");
  return (
    <svg className="sw-flow" viewBox="0 0 640 200" role="img" aria-label={label}>
      {legs.map((leg) => (
        <Arrow key={`${leg.from} ${leg.to}`} leg={leg} most={most} />
      ))}
      {boxes.map(([box, watts]) => {
        const [x, y] = PLACES[box];
        return (
          <g key={box} className={`sw-flow-box sw-flow-${box}`} data-flow={box}>
            <rect x={x} y={y} width={WIDE} height={HIGH} rx={8} />
            <text x={x + WIDE / 2} y={y + 27} className="sw-flow-name">
              {wordOf(box, watts)}
            </text>
            <text
              x={x + WIDE / 2}
              y={y + 57}
              className={watts === null ? "sw-flow-value sw-flow-unknown" : "sw-flow-value"}
            >
              {shown(watts === null ? null : Math.abs(watts))}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** As thick as its share; dotted where it is unknown, without a head where nothing flows. */
function Arrow({ leg, most }: { leg: Leg; most: number }) {
  const back = (leg.watts ?? 0) < 0;
  const [left, right] = [PLACES[leg.from], PLACES[leg.to]];
  const [x1, y1] = [left[0] + WIDE + 4, left[1] + HIGH / 2];
  const [x2, y2] = [right[0] - 4, right[1] + HIGH / 2];
  const size = Math.abs(leg.watts ?? 0);
  const width = leg.watts === null || size === 0 ? 1.5 : 2 + 7 * (size / most);
  const middle = (x1 + x2) / 2;
  const tip = back ? x1 : x2;
  const turn = back ? 1 : -1;
  const at = back ? y1 : y2;
  return (
    <g className={leg.watts === null ? "sw-flow-leg sw-flow-leg-unknown" : "sw-flow-leg"}>
      <path d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`} strokeWidth={width} />
      {size > 0 && <path className="sw-flow-head" d={`M${tip} ${at}l${turn * 15} -9v18z`} />}
    </g>
  );
}
