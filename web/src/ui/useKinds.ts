/** What points are called, and what the words of their values are, by kind. */

import { useQuery } from "@tanstack/react-query";
import { kindsQuery } from "../api/queries";
import type { KindInfo, PointInfo } from "../api/schema";

export type PointIndex = ReadonlyMap<string, PointInfo>;

const NONE: PointIndex = new Map();

export function indexPoints(points: readonly PointInfo[]): PointIndex {
  return new Map(points.map((point) => [point.name, point]));
}

const byKind = (kinds: KindInfo[]) =>
  new Map(kinds.map((kind) => [kind.kind, indexPoints(kind.points)]));

/** The points of a kind by name; empty until they are there. */
export function useKindPoints(): (kind: string) => PointIndex {
  const { data } = useQuery({ ...kindsQuery, select: byKind });
  return (kind) => data?.get(kind) ?? NONE;
}
