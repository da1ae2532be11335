/** A small line without axes; a gap where the figure was unknown. */

import type { Moment } from "./trend";

const WIDTH = 120;
const HEIGHT = 30;

type Figure = "power" | "pv" | "charging";

function path(moments: readonly Moment[], figure: Figure): string {
  const first = moments[0]?.at ?? 0;
  const span = Math.max(1, (moments.at(-1)?.at ?? 0) - first);
  const known = moments.map((each) => each[figure]).filter((value) => value !== null);
  const low = Math.min(...known);
  const high = Math.max(...known);
  // A nearly constant figure is drawn as the flat line that it is.
  const range = Math.max(high - low, Math.abs(high) * 0.02, 1);
  let pen = "M";
  let line = "";
  for (const moment of moments) {
    const value = moment[figure];
    if (value === null) {
      pen = "M";
      continue;
    }
    const x = ((moment.at - first) / span) * WIDTH;
    const y = HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4);
    line += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return line;
}

export function Sparkline({ moments, figure }: { moments: readonly Moment[]; figure: Figure }) {
  return (
    <svg
      className={`sw-spark sw-spark-${figure}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {moments.length > 1 && <path d={path(moments, figure)} vectorEffect="non-scaling-stroke" />}
    </svg>
  );
}
