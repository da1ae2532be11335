/** The one place that imports ECharts; fetched when the first chart is drawn. */

import { useComputedColorScheme } from "@mantine/core";
import {
  BarChart,
  LineChart,
  SankeyChart,
  type BarSeriesOption,
  type LineSeriesOption,
  type SankeySeriesOption,
} from "echarts/charts";
import {
  AriaComponent,
  AxisPointerComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  TooltipComponent,
  type GridComponentOption,
  type LegendComponentOption,
  type TooltipComponentOption,
} from "echarts/components";
import { init, use as register, type ComposeOption, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

register([
  AriaComponent,
  AxisPointerComponent,
  BarChart,
  CanvasRenderer,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkAreaComponent,
  SankeyChart,
  TooltipComponent,
]);

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | LineSeriesOption
  | SankeySeriesOption
  | GridComponentOption
  | LegendComponentOption
  | TooltipComponentOption
>;

export interface EChartProps {
  option: ChartOption;
  height: number;
  label: string;
}

export default function EChart({ option, height, label }: EChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const made = init(element, scheme === "dark" ? "dark" : null);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, [scheme]);
  useEffect(() => {
    chart.current?.setOption(
      { backgroundColor: "transparent", animation: false, ...option },
      { notMerge: true },
    );
    chart.current?.resize();
  }, [option, scheme, height]);
  return <div ref={holder} role="img" aria-label={label} style={{ height }} />;
}
