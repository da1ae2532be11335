/** A chart of a report, drawn of the exact cells of its sheet. */

import { useMemo } from "react";
import type { ReportChart, ReportSheet } from "../api/schema";
import { Chart } from "../charts/Chart";
import type { ChartOption } from "../charts/EChart";
import { decimal, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";

const HEIGHT = 300;
const COLOURS = ["#4c6ef5", "#f2b705", "#12b886", "#e8590c", "#7950f2", "#e03131", "#15aabf"];

/** A cell as a number; null for a text or what is unknown. */
export function numberOf(cell: unknown): number | null {
  if (typeof cell === "number") return cell;
  if (typeof cell !== "object" || cell === null) return null;
  if ("decimal" in cell) return Number(cell.decimal);
  if ("fraction" in cell) {
    const [above = NaN, below = 1] = String(cell.fraction).split("/").map(Number);
    return above / below;
  }
  return null;
}

export function SheetChart({ chart, sheet }: { chart: ReportChart; sheet: ReportSheet }) {
  const { language } = useWords();
  const option = useMemo((): ChartOption => {
    const rows = sheet.rows.filter((row) => row.weight === "normal");
    const places = chart.series.map((key) => sheet.columns.findIndex((each) => each.key === key));
    const x = sheet.columns.findIndex((each) => each.key === chart.x);
    const unit = sheet.columns[places[0] ?? 0]?.unit ?? "";
    const valuesOf = (place: number) => {
      const divide = sheet.columns[place]?.divide ?? 1;
      return rows.map((row) => {
        const value = numberOf(row.cells[place]);
        return value === null ? null : value / divide;
      });
    };
    return {
      aria: { enabled: true },
      legend: { top: 0, left: 0, type: "scroll", itemHeight: 10 },
      grid: { top: 58, left: 72, right: 16, bottom: 28 },
      xAxis: { type: "category", data: rows.map((row) => row.shown[x] ?? "") },
      yAxis: {
        type: "value",
        name: unit,
        nameTextStyle: { align: "right" },
        axisLabel: { formatter: (value: number) => value.toLocaleString(language) },
      },
      tooltip: {
        trigger: "axis",
        confine: true,
        valueFormatter: (value) =>
          typeof value === "number" ? `${decimal(value, 2, language)} ${unit}` : UNKNOWN,
      },
      series: places.map((place, index) => {
        const name = sheet.columns[place]?.heading ?? "";
        const color = COLOURS[index % COLOURS.length] ?? "#4c6ef5";
        if (chart.kind === "line") {
          return { type: "line", name, data: valuesOf(place), itemStyle: { color }, symbolSize: 4 };
        }
        return {
          type: "bar",
          name,
          data: valuesOf(place),
          itemStyle: { color },
          barMaxWidth: 26,
          ...(chart.kind === "stacked" ? { stack: "all" } : {}),
        };
      }),
    };
  }, [chart, sheet, language]);
  return <Chart option={option} height={HEIGHT} label={sheet.title} />;
}
