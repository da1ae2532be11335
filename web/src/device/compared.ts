/** Series beside each other: a device's own, and what it is compared with. */

import type { PointInfo, Series } from "../api/schema";
import type { PointIndex } from "../ui/useKinds";

const MARK = "compared:";

/** Both series as one; the other's times are moved by `later` [ms], so that they lie together. */
export function joined(own: Series, other: Series, later: number): Series {
  const points: Series["points"] = { ...own.points };
  for (const [name, found] of Object.entries(other.points)) {
    points[`${MARK}${name}`] = {
      ...found,
      data: found.data.map(([at, value, quality]) => [
        new Date(Date.parse(at) + later).toISOString(),
        value,
        quality,
      ]),
    };
  }
  return { ...own, points };
}

/** What the points of both are called. */
export function withCompared(
  points: PointIndex,
  title: ((text: string) => string) | undefined,
): PointIndex {
  if (title === undefined) return points;
  const found = new Map<string, PointInfo>(points);
  for (const [name, info] of points) {
    const label = Object.fromEntries(
      Object.entries(info.label).map(([language, text]) => [language, title(text)]),
    );
    found.set(`${MARK}${name}`, { ...info, name: `${MARK}${name}`, label });
  }
  return found;
}
