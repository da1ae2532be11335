/** The energy report as bars: what came from the grid and from the sun, and what was sent back. */

import { useMemo } from "react";
import type { EnergyReport, EnergyRow } from "../api/schema";
import { Chart } from "../charts/Chart";
import type { ChartOption } from "../charts/EChart";
import { decimal, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";

const HEIGHT = 300;

/** PV that was used here; unknown where one of the two is. */
function ownUse(row: EnergyRow): number | null {
  if (row.pv_wh === null) return null;
  if (row.grid_export_wh === null) return row.pv_wh;
  return Math.max(0, row.pv_wh - row.grid_export_wh);
}

const kilo = (value: number | null) => (value === null ? null : value / 1000);

export function EnergyChart({ report }: { report: EnergyReport }) {
  const { t, language, name } = useWords();
  const option = useMemo((): ChartOption => {
    const rows = report.rows;
    const bar = (title: string, color: string, values: (number | null)[], stack: string) => ({
      type: "bar" as const,
      name: title,
      stack,
      data: values,
      itemStyle: { color },
      barMaxWidth: 26,
    });
    return {
      aria: { enabled: true },
      legend: { top: 0, left: 0, type: "scroll", itemHeight: 10 },
      grid: { top: 58, left: 64, right: 16, bottom: 28 },
      xAxis: {
        type: "category",
        data: rows.map((row) => (report.step === "month" ? row.period : row.period.slice(5))),
      },
      yAxis: {
        type: "value",
        name: "kWh",
        nameTextStyle: { align: "right" },
        axisLabel: { formatter: (value: number) => decimal(value, 0, language) },
      },
      tooltip: {
        trigger: "axis",
        confine: true,
        axisPointer: { type: "shadow" },
        valueFormatter: (value) =>
          typeof value === "number" ? `${decimal(value, 1, language)} kWh` : UNKNOWN,
      },
      series: [
        bar(
          t("energy.grid_import"),
          "#4c6ef5",
          rows.map((row) => kilo(row.grid_import_wh)),
          "use",
        ),
        bar(
          t("energy.pv_used"),
          "#f2b705",
          rows.map((row) => kilo(ownUse(row))),
          "use",
        ),
        bar(
          t("energy.grid_export"),
          "#868e96",
          rows.map((row) => (row.grid_export_wh === null ? null : -row.grid_export_wh / 1000)),
          "use",
        ),
        {
          type: "line",
          name: t("energy.charging"),
          data: rows.map((row) => kilo(row.charging_wh)),
          symbolSize: 5,
          itemStyle: { color: "#12b886" },
          lineStyle: { width: 2 },
        },
      ],
    };
  }, [report, t, language]);
  return (
    <Chart
      option={option}
      height={HEIGHT}
      label={t("energy.chart_label", { site: name(report.site_name), period: report.period })}
    />
  );
}
