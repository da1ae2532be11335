/** The bands of the energy-flow diagram: what is known and more than nothing, with names. */

import type { EnergyFlow, FlowItem } from "../api/schema";
import type { ChartOption } from "../charts/EChart";
import { quantity } from "../format/number";
import type { Language } from "../format/time";

export interface FlowWords {
  language: Language;
  /** The name of a node that is no meter and no site. */
  word: (kind: "grid" | "supply" | "pv" | "export" | "rest") => string;
  /** What small bands are called that are drawn as one. */
  more: string;
  nameOf: (id: string) => string;
}

const COLOURS: Record<string, string> = {
  grid: "#4f7cac",
  supply: "#4f7cac",
  pv: "#d99a00",
  export: "#8a6fb0",
  rest: "#8b949e",
};

/** A band of less than this share of the whole could not be seen. */
const SMALLEST = 0.01;
const MORE = "more:";

/** Ends that are too thin to be seen, drawn as one band; each still has its row. */
function gathered(flows: readonly FlowItem[]): FlowItem[] {
  const sources = new Set(flows.map((each) => each.source));
  const whole = Math.max(...flows.map((each) => each.wh ?? 0));
  const thin = (each: FlowItem) =>
    each.kind === "meter" && !sources.has(each.target) && (each.wh ?? 0) < SMALLEST * whole;
  const found = flows.filter((each) => !thin(each));
  for (const source of sources) {
    const few = flows.filter((each) => each.source === source && thin(each));
    const first = few[0];
    if (first === undefined) continue;
    const wh = few.reduce((sum, each) => sum + (each.wh ?? 0), 0);
    found.push(few.length === 1 ? first : { ...first, target: `${MORE}${source}`, wh });
  }
  return found;
}

function nodeName(id: string, words: FlowWords): string {
  if (id.startsWith(MORE)) return words.more;
  if (id.startsWith("rest:")) return words.word("rest");
  if (id === "grid" || id === "supply" || id === "pv" || id === "export") return words.word(id);
  return words.nameOf(id);
}

/** What can be drawn: a band of nothing, of the unknown, or against its direction cannot. */
export function drawable(flows: readonly FlowItem[]): FlowItem[] {
  return flows.filter((flow) => flow.wh !== null && flow.wh > 0);
}

/** How high the diagram has to be for its labels. [px] */
export function flowHeight(flow: EnergyFlow): number {
  const flows = gathered(drawable(flow.flows));
  const sources = new Set(flows.map((each) => each.source));
  const ends = flows.filter((each) => !sources.has(each.target)).length;
  return Math.max(200, 34 * Math.max(ends, sources.size));
}

export function flowChart(flow: EnergyFlow, words: FlowWords): ChartOption {
  const flows = gathered(drawable(flow.flows));
  const ids = [...new Set(flows.flatMap((each) => [each.source, each.target]))];
  const shown = (wh: number) => {
    const { text, unit } = quantity(wh, "Wh", words.language);
    return `${text} ${unit}`;
  };
  const totals = new Map<string, number>();
  for (const id of ids) {
    const into = flows.filter((each) => each.target === id);
    const out = flows.filter((each) => each.source === id);
    const sum = (list: FlowItem[]) => list.reduce((all, each) => all + (each.wh ?? 0), 0);
    totals.set(id, Math.max(sum(into), sum(out)));
  }
  return {
    aria: { enabled: true },
    tooltip: {
      trigger: "item",
      // Names come from outside: they are drawn, never read as HTML.
      renderMode: "richText",
      valueFormatter: (value) => (typeof value === "number" ? shown(value) : ""),
    },
    series: [
      {
        type: "sankey",
        left: 4,
        right: 150,
        top: 8,
        bottom: 8,
        nodeGap: 10,
        nodeWidth: 14,
        draggable: false,
        emphasis: { focus: "adjacency" },
        lineStyle: { color: "gradient", opacity: 0.35 },
        label: {
          formatter: (item) => {
            const id = item.name;
            return `${nodeName(id, words)}  ${shown(totals.get(id) ?? 0)}`;
          },
        },
        data: ids.map((id) => {
          const colour = COLOURS[id.split(":", 1)[0] ?? ""];
          return {
            name: id,
            ...(colour === undefined ? {} : { itemStyle: { color: colour } }),
            tooltip: { formatter: () => nodeName(id, words) },
          };
        }),
        links: flows.map((each) => ({
          source: each.source,
          target: each.target,
          value: each.wh ?? 0,
          tooltip: {
            formatter: () =>
              `${nodeName(each.source, words)} → ${nodeName(each.target, words)}: ${shown(each.wh ?? 0)}`,
          },
        })),
      },
    ],
  };
}
