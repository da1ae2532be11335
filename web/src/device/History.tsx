/** The chart of chosen points over a span, gaps left as gaps. */

import { SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getSeries } from "../api/queries";
import { serviceNow } from "../api/client";
import type { DeviceDetail } from "../api/schema";
import { Chart } from "../charts/Chart";
import { historyChart } from "../charts/history";
import { useWords } from "../i18n";
import { SPANS, type Span } from "../search";
import { Empty, Loaded } from "../ui/states";
import { indexPoints } from "../ui/useKinds";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a span is, how coarse it is drawn [s], and how often it is asked for again. */
const SPAN: Record<Span, { ms: number; step: number | undefined; again: number }> = {
  "1h": { ms: HOUR, step: undefined, again: MINUTE / 6 },
  "24h": { ms: 24 * HOUR, step: 120, again: MINUTE },
  "7d": { ms: 7 * 24 * HOUR, step: 900, again: 5 * MINUTE },
  "35d": { ms: 35 * 24 * HOUR, step: 3600, again: 10 * MINUTE },
};

interface HistoryProps {
  device: DeviceDetail;
  points: readonly string[];
  span: Span;
  onSpan: (span: Span) => void;
}

export function History({ device, points, span, onSpan }: HistoryProps) {
  const { t } = useWords();
  return (
    <>
      <div className="sw-panel-head">
        <h2 id="history">{t("device.history")}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t("device.span")}
          value={span}
          onChange={(value) => onSpan(value)}
          data={SPANS.map((each) => ({ value: each, label: t(`device.span_${each}`) }))}
        />
      </div>
      {points.length === 0 ? (
        <Empty>{t("device.no_points")}</Empty>
      ) : (
        <HistoryChart device={device} points={points} span={span} />
      )}
    </>
  );
}

function HistoryChart({ device, points, span }: Omit<HistoryProps, "onSpan">) {
  const { t, language, name } = useWords();
  const { ms, step, again } = SPAN[span];
  const infos = useMemo(() => indexPoints(device.points), [device.points]);
  const answer = useQuery({
    queryKey: ["series", device.id, points, span],
    queryFn: async ({ signal }) => {
      const end = serviceNow();
      const start = end - ms;
      const series = await getSeries(
        {
          device: device.id,
          points: [...points],
          start: new Date(start).toISOString(),
          end: new Date(end).toISOString(),
          step: step === undefined ? undefined : `${step}s`,
        },
        signal,
      );
      // Between two steps there is always one; between two readings up to three intervals.
      const longest = step === undefined ? Math.max(MINUTE, 3000 * device.interval_s) : 1500 * step;
      return { series, start, end, longest };
    },
    refetchInterval: again,
    placeholderData: keepPreviousData,
  });
  const chart = useMemo(
    () =>
      answer.data === undefined
        ? undefined
        : historyChart(answer.data.series, infos, answer.data, {
            language,
            yes: t("value.yes"),
            no: t("value.no"),
          }),
    [answer.data, infos, language, t],
  );
  const labels = points.map((point) => name(infos.get(point)?.label)).join(", ");
  return (
    <Loaded answer={answer}>
      {() =>
        chart === undefined || chart.empty ? (
          <Empty>{t("device.no_history")}</Empty>
        ) : (
          <Chart
            option={chart.option}
            height={chart.height}
            label={t("device.chart_label", { device: name(device.name), points: labels })}
          />
        )
      }
    </Loaded>
  );
}
