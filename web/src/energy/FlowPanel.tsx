/** Where the electricity of a site came from and went: a diagram, and the meter tree in rows. */

import { Scroll } from "../ui/Scroll";
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { serviceNow } from "../api/client";
import { energyFlowQuery } from "../api/queries";
import type { EnergyFlow, FlowItem, SiteNode } from "../api/schema";
import { Chart } from "../charts/Chart";
import { percent, quantity } from "../format/number";
import { clockTime, dateTime, dayOf, monthOf } from "../format/time";
import { label, useWords } from "../i18n";
import { usePoint } from "../live/hooks";
import { LiveValue } from "../ui/LiveValue";
import { Empty, Loaded } from "../ui/states";
import { useKindPoints } from "../ui/useKinds";
import { drawable, flowChart, flowHeight } from "./flowChart";

interface FlowPanelProps {
  node: SiteNode;
  period: string | undefined;
  onPeriod: (period: string | undefined) => void;
}

export function FlowPanel({ node, period, onPeriod }: FlowPanelProps) {
  const { t } = useWords();
  const now = serviceNow();
  const [today, month, year] = [dayOf(now), monthOf(now), monthOf(now).slice(0, 4)];
  const chosen = period ?? today;
  const answer = useQuery(energyFlowQuery(node.id, chosen));
  const choices = [
    { value: today, label: t("flow.today") },
    { value: month, label: t("flow.month") },
    { value: year, label: t("flow.year") },
  ];
  if (!choices.some((each) => each.value === chosen))
    choices.push({ value: chosen, label: chosen });
  return (
    <section className="sw-panel" aria-labelledby="energy-flow" data-testid="energy-flow">
      <div className="sw-panel-head">
        <h2 id="energy-flow">{t("flow.title")}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t("flow.period")}
          value={chosen}
          onChange={(value) => onPeriod(value === today ? undefined : value)}
          data={choices}
        />
      </div>
      <Loaded answer={answer}>{(flow) => <FlowOfPeriod flow={flow} node={node} />}</Loaded>
    </section>
  );
}

/** What meters, sites and the ends of the flow are called. */
function useFlowNames(flow: EnergyFlow, node: SiteNode): (id: string) => string {
  const { t, language } = useWords();
  const names = useMemo(
    () => new Map(flow.flows.map((each) => [each.target, each.name] as const)),
    [flow],
  );
  return (id) => {
    if (id === node.id) return label(node.name, language);
    if (id.startsWith("rest:")) return t("flow.rest");
    if (id === "grid" || id === "supply" || id === "pv" || id === "export")
      return t(`flow.kind_${id}`);
    return label(names.get(id), language) || id;
  };
}

/** What two meters of class 1 may differ by, as in the balances of the energy report. */
const ERROR_OF_METERS = 0.02;

/** Whether the meters below a node counted more than flowed into it. */
function isOver(rest: FlowItem, flows: readonly FlowItem[]): boolean {
  if (rest.kind !== "rest" || rest.wh === null || rest.wh >= 0) return false;
  const into = flows.filter((each) => each.target === rest.source);
  return -rest.wh > ERROR_OF_METERS * into.reduce((sum, each) => sum + (each.wh ?? 0), 0);
}

function FlowOfPeriod({ flow, node }: { flow: EnergyFlow; node: SiteNode }) {
  const { t, language, say, name } = useWords();
  const nameOf = useFlowNames(flow, node);
  const option = useMemo(
    () =>
      flowChart(flow, {
        language,
        more: t("flow.more"),
        word: (kind) => t(kind === "rest" ? "flow.rest" : `flow.kind_${kind}`),
        nameOf,
      }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- names are of the flow and language
    [flow, language, t],
  );
  const drawn = drawable(flow.flows);
  const over = flow.flows.some((each) => isOver(each, flow.flows));
  if (flow.flows.length === 0) return <Empty>{t("flow.no_meters")}</Empty>;
  return (
    <>
      {drawn.length === 0 ? (
        <Empty>{t("flow.nothing")}</Empty>
      ) : (
        <Scroll label={t("flow.title")}>
          <div className="sw-sankey">
            <Chart
              option={option}
              height={flowHeight(flow)}
              label={t("flow.label", { site: name(node.name) })}
            />
          </div>
        </Scroll>
      )}
      <p className="sw-dim sw-small">
        {t("flow.until", {
          from: dateTime(Date.parse(flow.start), language),
          time: clockTime(Date.parse(flow.end), language),
        })}
        {over && <b className="sw-old"> · {t("flow.over")}</b>}
        {flow.notes.map((note) => (
          <span key={note}> · {say("note", note)}</span>
        ))}
      </p>
      <details>
        <summary>{t("flow.tree", { count: flow.flows.length })}</summary>
        <MeterRows flow={flow} nameOf={nameOf} top={node.id} />
      </details>
    </>
  );
}

/** The depth of each row: how many meters stand between it and the site. */
function depthsOf(flows: readonly FlowItem[], top: string): Map<string, number> {
  const above = new Map(flows.map((each) => [each.target, each.source]));
  const depths = new Map<string, number>();
  for (const id of above.keys()) {
    let depth = 0;
    const seen = new Set<string>();
    let step = above.get(id);
    while (step !== undefined && step !== top && !seen.has(step)) {
      seen.add(step);
      depth += 1;
      step = above.get(step);
    }
    depths.set(id, depth);
  }
  return depths;
}

/** Each meter right below the one it is behind, its rest last. */
function inOrder(flows: readonly FlowItem[], source: string): FlowItem[] {
  return flows
    .filter((each) => each.source === source && (each.kind === "meter" || each.kind === "rest"))
    .flatMap((each) => [each, ...(each.kind === "meter" ? inOrder(flows, each.target) : [])]);
}

function MeterRows({
  flow,
  nameOf,
  top,
}: {
  flow: EnergyFlow;
  nameOf: (id: string) => string;
  top: string;
}) {
  const { t } = useWords();
  const sources = flow.flows.filter((each) => each.kind !== "meter" && each.kind !== "rest");
  const tree = inOrder(flow.flows, top);
  const depths = depthsOf(tree, top);
  return (
    <table className="sw-table sw-meter-tree">
      <thead>
        <tr>
          <th scope="col">{t("flow.meter")}</th>
          <th scope="col" className="sw-num">
            {t("flow.now_power")}
          </th>
          <th scope="col" className="sw-num">
            {t("flow.energy")}
          </th>
          <th scope="col" className="sw-num">
            {t("flow.missing")}
          </th>
        </tr>
      </thead>
      <tbody>
        {[...sources, ...tree].map((each) => (
          <MeterRow
            key={`${each.source} ${each.target} ${each.kind}`}
            flow={each}
            name={nameOf(
              sources.includes(each) && each.kind !== "export" ? each.source : each.target,
            )}
            to={sources.includes(each) && sources.length > 3 ? nameOf(each.target) : ""}
            depth={depths.get(each.target) ?? 0}
          />
        ))}
      </tbody>
    </table>
  );
}

function MeterRow({
  flow,
  name,
  to,
  depth,
}: {
  flow: FlowItem;
  name: string;
  to: string;
  depth: number;
}) {
  const { t, language } = useWords();
  const shown = flow.wh === null ? null : quantity(flow.wh, "Wh", language);
  return (
    <tr data-flow={flow.target}>
      <th scope="row" style={{ paddingInlineStart: 8 + 18 * depth }}>
        {flow.device == null ? (
          name
        ) : (
          <Link to="/devices/$device" params={{ device: flow.device }}>
            {name}
          </Link>
        )}
        {to !== "" && <span className="sw-dim"> → {to}</span>}
      </th>
      <td className="sw-num">{flow.device != null && <Power device={flow.device} />}</td>
      <td className="sw-num">
        {shown === null ? (
          <span className="sw-unknown">— {t("value.unknown")}</span>
        ) : (
          <>
            {shown.text} <small>{shown.unit}</small>
          </>
        )}
      </td>
      <td className={flow.missing_share > 0 ? "sw-num sw-old" : "sw-num sw-dim"}>
        {percent(flow.missing_share, language)}
      </td>
    </tr>
  );
}

function Power({ device }: { device: string }) {
  const item = usePoint(device, "active_power");
  const points = useKindPoints();
  return <LiveValue item={item} info={points("electricity_meter").get("active_power")} />;
}
