/** The history chart of a device: one row of axes a unit, one time axis for all. */

import type { PointInfo, Series } from "../api/schema";
import { decimal, quantity, scaleFor, UNKNOWN } from "../format/number";
import { dateTime, zoneOffset, type Language } from "../format/time";
import { label } from "../i18n";
import type { ChartOption } from "./EChart";

const ROW = 190;
const TOP = 52;
const GAP = 46;
/** Below the last row only its times stand. */
const BOTTOM = 22;

interface Line {
  point: string;
  name: string;
  unit: string;
  /** The words of a value that is not a number, from the bottom up. */
  words: string[] | null;
  rows: Row[];
}

type Row = [at: number, value: number | null];

export interface HistoryWords {
  language: Language;
  yes: string;
  no: string;
}

/** ECharts draws ticks in UTC; shifted by the estate's offset they fall on its hours and days. */
function shifted(at: string): number {
  const ms = Date.parse(at);
  return ms + zoneOffset(ms);
}

/** How many times the distance to its neighbours a silence may last before it is a gap. */
const GAP_FACTOR = 2.5;

/**
 * Where nothing was stored for longer than it may be silent, the line breaks off. What was filled
 * in from elsewhere may be coarser than what is read now, so the neighbours count as well.
 */
function withGaps(rows: readonly Row[], longest: number): Row[] {
  const found: Row[] = [];
  const distance = (index: number) => {
    const [from, to] = [rows[index - 1], rows[index]];
    return from === undefined || to === undefined ? Infinity : to[0] - from[0];
  };
  for (const [index, row] of rows.entries()) {
    const usual = Math.min(distance(index - 1), distance(index + 1));
    const allowed = Math.max(longest, Number.isFinite(usual) ? GAP_FACTOR * usual : 0);
    const before = rows[index - 1];
    if (before !== undefined && distance(index) > allowed) found.push([before[0] + 1, null]);
    found.push(row);
  }
  return found;
}

/** A value between two gaps would not be seen without a dot. */
function drawn(rows: readonly Row[]) {
  return rows.map((row, index) => {
    const alone = rows[index - 1]?.[1] == null && rows[index + 1]?.[1] == null;
    return alone && row[1] !== null ? { value: row, symbolSize: 4 } : row;
  });
}

function wordsOf(info: PointInfo | undefined, words: HistoryWords): string[] {
  if (info?.type === "bool") return [words.no, words.yes];
  return Object.values(info?.values ?? {}).map((value) => label(value, words.language));
}

function lineOf(
  point: string,
  series: Series["points"][string],
  info: PointInfo | undefined,
  words: HistoryWords,
  longest: number,
): Line {
  const name = label(info?.label, words.language) || point;
  const codes = Object.keys(info?.values ?? {});
  const inWords = info?.type === "bool" || codes.length > 0;
  const rows = withGaps(
    series.data.map(([at, value]): Row => {
      if (typeof value === "boolean") return [shifted(at), value ? 1 : 0];
      if (typeof value === "string") {
        const index = codes.indexOf(value);
        return [shifted(at), index === -1 ? null : index];
      }
      return [shifted(at), value];
    }),
    longest,
  );
  return { point, name, unit: series.unit, words: inWords ? wordsOf(info, words) : null, rows };
}

/** Lines of one unit share their axes; points in words have their own. */
function rowsOf(lines: readonly Line[]): Line[][] {
  const rows = new Map<string, Line[]>();
  for (const line of lines) {
    const key = line.words === null ? line.unit : `words ${line.point}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, [line]);
    else row.push(line);
  }
  return [...rows.values()];
}

/** The lowest and the highest value of a row of axes. */
function rangeOf(row: readonly Line[]): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const line of row) {
    for (const [, value] of line.rows) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low > high ? { low: 0, high: 0 } : { low, high };
}

/** So many decimals that neighbouring ticks read differently. */
function decimalsFor(range: number): number {
  if (range === 0) return 1;
  return Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(range / 2))));
}

export interface History {
  option: ChartOption;
  height: number;
  /** Whether there is anything to draw. */
  empty: boolean;
}

export function historyChart(
  series: Series,
  points: ReadonlyMap<string, PointInfo>,
  span: { start: number; end: number; /** Longest time without a value. [ms] */ longest: number },
  words: HistoryWords,
): History {
  const lines = Object.entries(series.points).map(([point, data]) =>
    lineOf(point, data, points.get(point), words, span.longest),
  );
  const rows = rowsOf(lines);
  const heightOf = (row: Line[]) => (row[0]?.words === null || row[0] === undefined ? ROW : 90);
  const tops: number[] = [];
  let height = TOP;
  for (const row of rows) {
    tops.push(height);
    height += heightOf(row) + GAP;
  }
  height += BOTTOM - GAP;
  const min = span.start + zoneOffset(span.start);
  const max = span.end + zoneOffset(span.end);
  const option: ChartOption = {
    useUTC: true,
    aria: { enabled: true },
    legend: { top: 0, left: 0, type: "scroll", itemHeight: 10 },
    grid: rows.map((row, index) => ({
      top: tops[index] ?? TOP,
      height: heightOf(row),
      left: 72,
      right: 16,
    })),
    xAxis: rows.map((_, index) => ({ type: "time", gridIndex: index, min, max })),
    yAxis: rows.map((row, index) => axisOf(row, index, words.language)),
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: {
      trigger: "axis",
      confine: true,
      formatter: (items) => tooltip(Array.isArray(items) ? items : [items], lines, words.language),
    },
    series: rows.flatMap((row, index) =>
      row.map((line) => ({
        type: "line" as const,
        name: line.name,
        id: line.point,
        data: drawn(line.rows),
        xAxisIndex: index,
        yAxisIndex: index,
        showAllSymbol: true,
        symbolSize: 0,
        connectNulls: false,
        ...(line.words === null ? {} : { step: "end" as const }),
        lineStyle: { width: 1.6 },
      })),
    ),
  };
  const empty = lines.every((line) => line.rows.every(([, value]) => value === null));
  return { option, height, empty };
}

function axisOf(row: readonly Line[], gridIndex: number, language: Language) {
  const words = row[0]?.words ?? null;
  if (words !== null) {
    return {
      type: "value" as const,
      gridIndex,
      min: 0,
      max: Math.max(1, words.length - 1),
      interval: 1,
      axisLabel: { formatter: (value: number) => words[value] ?? "" },
    };
  }
  const { low, high } = rangeOf(row);
  const scale = scaleFor(row[0]?.unit ?? "", Math.max(Math.abs(low), Math.abs(high)));
  const places = decimalsFor((high - low) / scale.divisor);
  return {
    type: "value" as const,
    gridIndex,
    scale: true,
    name: scale.unit,
    nameGap: 10,
    nameTextStyle: { align: "right" as const },
    axisLabel: {
      formatter: (value: number) => decimal(value / scale.divisor, places, language),
    },
  };
}

interface TooltipItem {
  seriesId?: string;
  seriesName?: string;
  marker?: unknown;
  value?: unknown;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function tooltip(items: readonly unknown[], lines: readonly Line[], language: Language): string {
  const found = items as readonly TooltipItem[];
  const at = Array.isArray(found[0]?.value) ? Number(found[0].value[0]) : NaN;
  if (Number.isNaN(at)) return "";
  const head = escaped(dateTime(at - zoneOffset(at), language));
  const rows = found.map((item) => {
    const line = lines.find((each) => each.point === item.seriesId);
    const value = Array.isArray(item.value) ? (item.value[1] as number | null) : null;
    return `${String(item.marker)}${escaped(item.seriesName ?? "")} <b>${escaped(valueText(line, value, language))}</b>`;
  });
  return [head, ...rows].join("<br>");
}

function valueText(line: Line | undefined, value: number | null, language: Language): string {
  if (value === null || Number.isNaN(value)) return UNKNOWN;
  if (line?.words) return line.words[value] ?? String(value);
  const { text, unit } = quantity(value, line?.unit ?? "", language);
  return `${text} ${unit}`;
}
