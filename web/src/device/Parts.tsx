/** The parts of a device (detectors behind a panel): found by name, place or id, worst first. */

import { Checkbox, TextInput } from "@mantine/core";
import { useDeferredValue } from "react";
import type { DeviceDetail, PartInfo } from "../api/schema";
import { isAlarming } from "../format/value";
import { useWords } from "../i18n";
import { useLoaded } from "../live/hooks";
import type { PointValues } from "../live/store";
import { CheckIcon, SearchIcon, UnknownIcon } from "../ui/icons";
import { LiveValue, ValueAge } from "../ui/LiveValue";
import { Empty } from "../ui/states";
import { indexPoints, type PointIndex } from "../ui/useKinds";
import { useSites, type SiteTree } from "../useSites";
import { Head } from "../ui/Head";

interface PartsProps {
  device: DeviceDetail;
  read: (part: string) => PointValues;
  query: string;
  abnormal: boolean;
  onChange: (query: string, abnormal: boolean) => void;
}

type Condition = "alarming" | "unknown" | "normal";

function conditionOf(values: PointValues): Condition {
  let known = values.size > 0;
  for (const item of values.values()) {
    if (item.value !== null && isAlarming(item.point, item.value)) return "alarming";
    if (item.value === null || item.quality !== "good") known = false;
  }
  return known ? "normal" : "unknown";
}

const RANK: Record<Condition, number> = { alarming: 0, unknown: 1, normal: 2 };

function textOf(part: PartInfo, tree: SiteTree | undefined): string {
  const place = tree?.get(part.place);
  const names = [...Object.values(part.name ?? {}), ...Object.values(place?.name ?? {})];
  return [part.id, part.type ?? "", part.place, ...names].join(" ").toLowerCase();
}

export function Parts({ device, read, query, abnormal, onChange }: PartsProps) {
  const { t } = useWords();
  const tree = useSites().data;
  const words = useDeferredValue(query).toLowerCase();
  const points = indexPoints(device.part_points);
  const shown = device.part_list
    .map((part) => ({ part, values: read(part.id) }))
    .map((row) => ({ ...row, condition: conditionOf(row.values) }))
    .filter((row) => !abnormal || row.condition !== "normal")
    .filter((row) => words === "" || textOf(row.part, tree).includes(words))
    .sort((a, b) => RANK[a.condition] - RANK[b.condition]);
  return (
    <>
      <div className="sw-panel-head">
        <h2 id="parts">{t("device.parts")}</h2>
        <span className="sw-dim" role="status">
          {t("device.parts_count", { shown: shown.length, all: device.part_list.length })}
        </span>
        <Checkbox
          size="xs"
          label={t("device.only_abnormal")}
          checked={abnormal}
          onChange={(event) => onChange(query, event.currentTarget.checked)}
        />
        <TextInput
          size="xs"
          aria-label={t("device.find_part")}
          placeholder={t("device.find_part")}
          leftSection={<SearchIcon size={13} />}
          value={query}
          onChange={(event) => onChange(event.currentTarget.value, abnormal)}
        />
      </div>
      {shown.length === 0 ? (
        <Empty>{t("device.no_match")}</Empty>
      ) : (
        <div className="sw-parts">
          <table className="sw-table sw-stack">
            <Head
              columns={[
                t("device.part_state"),
                t("device.part_id"),
                t("site.name"),
                t("site.place"),
                t("device.age"),
              ]}
            />
            <tbody>
              {shown.map(({ part, values, condition }) => (
                <PartRow
                  key={part.id}
                  part={part}
                  values={values}
                  condition={condition}
                  points={points}
                  tree={tree}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function PartRow({
  part,
  values,
  condition,
  points,
  tree,
}: {
  part: PartInfo;
  values: PointValues;
  condition: Condition;
  points: PointIndex;
  tree: SiteTree | undefined;
}) {
  const { t, name } = useWords();
  const place = tree?.get(part.place);
  const newest = [...values.values()].sort(
    (a, b) => Date.parse(b.received_at) - Date.parse(a.received_at),
  )[0];
  return (
    <tr data-part={part.id} data-condition={condition}>
      <td>
        <PartState values={values} condition={condition} points={points} />
      </td>
      <td className="sw-nowrap">
        <code>{part.id.split("/")[1] ?? part.id}</code>
        {part.unplaced && <small className="sw-tag sw-old">{t("device.unplaced")}</small>}
      </td>
      <td>
        {name(part.name)} {part.type !== null && <small className="sw-dim">{part.type}</small>}
      </td>
      <td className="sw-small">{place === undefined ? part.place : name(place.name)}</td>
      <td className="sw-nowrap sw-small">
        <ValueAge item={newest} />
      </td>
    </tr>
  );
}

/** What is not normal by name; a part of which anything is unknown is not called normal. */
function PartState({
  values,
  condition,
  points,
}: {
  values: PointValues;
  condition: Condition;
  points: PointIndex;
}) {
  const { t, name } = useWords();
  const loaded = useLoaded();
  if (condition === "normal") {
    return (
      <span className="sw-badge sw-good">
        <CheckIcon size={14} /> {t("state.normal")}
      </span>
    );
  }
  if (values.size === 0 && !loaded) return <span className="sw-dim">…</span>;
  if (condition === "unknown" && values.size === 0) {
    return (
      <span className="sw-badge sw-unknown">
        <UnknownIcon size={14} /> {t("value.unknown")}
      </span>
    );
  }
  const odd = [...values.values()].filter(
    (item) => item.value === null || item.quality !== "good" || isAlarming(item.point, item.value),
  );
  return (
    <span className="sw-keys">
      {odd.map((item) => {
        const info = points.get(item.point);
        return (
          <span key={item.point} className="sw-key">
            {info === undefined ? item.point : name(info.label)}{" "}
            <LiveValue item={item} info={info} />
          </span>
        );
      })}
    </span>
  );
}
