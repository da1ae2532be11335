/** The chart of chosen points over a span, gaps left as gaps. */

import { Button, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getSeries } from "../api/queries";
import { BASE, serviceNow, withQuery } from "../api/client";
import type { DeviceDetail } from "../api/schema";
import { Chart } from "../charts/Chart";
import { historyChart } from "../charts/history";
import { useWords } from "../i18n";
import { SPANS, type Span } from "../search";
import { DownloadIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";
import { indexPoints } from "../ui/useKinds";
import { CompareWith } from "./CompareWith";
import { joined, withCompared } from "./compared";

const BEFORE = "_before";
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
  /** `_before`, or the id of another device; nothing where it is absent. */
  compare: string | undefined;
  onSpan: (span: Span) => void;
  onCompare: (compare: string | undefined) => void;
}

export function History({ device, points, span, compare, onSpan, onCompare }: HistoryProps) {
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
        <>
          <CompareWith device={device} compare={compare} onCompare={onCompare} />
          <HistoryChart device={device} points={points} span={span} compare={compare} />
          <Download device={device} points={points} span={span} />
        </>
      )}
    </>
  );
}

type ChartProps = Omit<HistoryProps, "onSpan" | "onCompare">;

function HistoryChart({ device, points, span, compare }: ChartProps) {
  const { t, language, name } = useWords();
  const { ms, step, again } = SPAN[span];
  const known = useMemo(() => indexPoints(device.points), [device.points]);
  const infos = useMemo(() => {
    const title = (text: string) =>
      compare === BEFORE ? t("device.before_of", { name: text }) : `${text} · ${compare}`;
    return withCompared(known, compare === undefined ? undefined : title);
  }, [known, compare, t]);
  const answer = useQuery({
    queryKey: ["series", device.id, points, span, compare ?? ""],
    queryFn: async ({ signal }) => {
      const end = serviceNow();
      const start = end - ms;
      const asked = (of: string, from: number, to: number) =>
        getSeries(
          {
            device: of,
            points: [...points],
            start: new Date(from).toISOString(),
            end: new Date(to).toISOString(),
            step: step === undefined ? undefined : `${step}s`,
          },
          signal,
        );
      const [own, other] = await Promise.all([
        asked(device.id, start, end),
        compare === undefined
          ? undefined
          : compare === BEFORE
            ? asked(device.id, start - ms, start)
            : asked(compare, start, end),
      ]);
      const series = other === undefined ? own : joined(own, other, compare === BEFORE ? ms : 0);
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

/** The same span as a file; what is asked for is worked out when it is clicked. */
function Download({ device, points, span }: Pick<HistoryProps, "device" | "points" | "span">) {
  const { t } = useWords();
  const { ms, step } = SPAN[span];
  const address = () => {
    const end = serviceNow();
    return `${BASE}${withQuery(`/devices/${encodeURIComponent(device.id)}/series`, {
      points: points.join(","),
      start: new Date(end - ms).toISOString(),
      end: new Date(end).toISOString(),
      step: step === undefined ? undefined : `${step}s`,
      format: "csv",
    })}`;
  };
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<DownloadIcon size={14} />}
      onClick={() => location.assign(address())}
    >
      {t("device.download")}
    </Button>
  );
}
