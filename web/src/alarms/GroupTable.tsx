/** Open alarms by incident: a fire of eighty detectors is one row that opens. */

import { Button } from "@mantine/core";
import { useRef, useState } from "react";
import type { GroupFilter } from "../api/deskQueries";
import type { AlarmGroupItem, AlarmItem } from "../api/schema";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { SeverityBadge, TestBadge } from "../ui/badges";
import { ChevronIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { AckAllDialog } from "./AckAllDialog";
import { AlarmRow } from "./AlarmRow";
import { AlarmGrid } from "./AlarmTable";
import { GroupMembers } from "./GroupMembers";
import { usePointing, useSteady } from "./useSteady";

interface GroupTableProps {
  groups: readonly AlarmGroupItem[];
  filter: GroupFilter;
  /** The incident that is unfolded. */
  unfolded: number | undefined;
  onUnfold: (group: number | undefined) => void;
  onOpen: (alarm: AlarmItem) => void;
}

const keyOf = (group: AlarmGroupItem) => group.group;

export function GroupTable({ groups, filter, unfolded, onUnfold, onOpen }: GroupTableProps) {
  const { t } = useWords();
  const table = useRef<HTMLDivElement>(null);
  const [letIn, setLetIn] = useState<readonly AlarmGroupItem[] | null>(null);
  const still = usePointing(table) && letIn !== groups;
  const { shown, fresh } = useSteady(groups, keyOf, still);
  return (
    <>
      <div role="status">
        {fresh.length > 0 && (
          <button type="button" className="sw-fresh" onClick={() => setLetIn(groups)}>
            {t("console.fresh", { count: fresh.length })}
          </button>
        )}
      </div>
      <div ref={table}>
        <AlarmGrid>
          {shown.map((group) =>
            group.alarms === 1 ? (
              <AlarmRow key={group.group} alarm={group.lead} onOpen={onOpen} />
            ) : (
              <Incident
                key={group.group}
                group={group}
                filter={filter}
                unfolded={group.group === unfolded}
                onUnfold={onUnfold}
                onOpen={onOpen}
              />
            ),
          )}
        </AlarmGrid>
      </div>
    </>
  );
}

interface IncidentProps {
  group: AlarmGroupItem;
  filter: GroupFilter;
  unfolded: boolean;
  onUnfold: (group: number | undefined) => void;
  onOpen: (alarm: AlarmItem) => void;
}

function Incident({ group, filter, unfolded, onUnfold, onOpen }: IncidentProps) {
  const { t, language, name } = useWords();
  const [acking, setAcking] = useState(false);
  const mayAcknowledge = useMay("acknowledge");
  const { lead } = group;
  const test = group.tests === group.alarms;
  const last = Date.parse(group.last_at);
  const first = lead.place_path.at(-1);
  return (
    <>
      <tr
        className={group.unacked > 0 ? "sw-row-waiting" : ""}
        data-group={group.group}
        data-count={group.alarms}
      >
        <td>
          <SeverityBadge severity={lead.severity} strong={group.unacked > 0} />
        </td>
        <td>
          <button
            type="button"
            className="sw-textlink"
            data-row-focus
            aria-expanded={unfolded}
            onClick={() => onUnfold(unfolded ? undefined : group.group)}
          >
            <span className={unfolded ? "sw-down" : ""}>
              <ChevronIcon size={12} />
            </span>{" "}
            {name(lead.title)} <b className="sw-times">× {group.alarms}</b>
          </button>{" "}
          {test && <TestBadge />}
        </td>
        <td>
          <Counts group={group} />
        </td>
        <td>
          {lead.place_path.slice(0, 2).map(name).join(" / ")}
          {first !== undefined && (
            <div className="sw-dim sw-small">{t("console.first_at", { place: name(first) })}</div>
          )}
        </td>
        <td className="sw-nowrap">
          <Age at={Date.parse(group.first_at)} word="since" />
          <div className="sw-dim sw-small">
            {t("console.last_at", { time: dateTime(last, language) })}
          </div>
        </td>
        <td className="sw-cell-acts">
          {group.unacked > 0 && mayAcknowledge && (
            <Button size="compact-sm" variant="filled" onClick={() => setAcking(true)}>
              {t("console.ack_all", { count: group.unacked })}
            </Button>
          )}
          {acking && (
            <AckAllDialog group={group} filter={filter} onClose={() => setAcking(false)} />
          )}
        </td>
      </tr>
      {unfolded && <GroupMembers group={group.group} filter={filter} onOpen={onOpen} />}
    </>
  );
}

function Counts({ group }: { group: AlarmGroupItem }) {
  const { t } = useWords();
  const over = group.alarms - group.active;
  return (
    <>
      <span className={group.unacked > 0 ? "sw-waiting" : ""}>
        {group.unacked > 0
          ? t("console.unacked", { count: group.unacked })
          : t("console.all_acked")}
      </span>
      <div className="sw-dim sw-small">
        {t("console.active", { count: group.active })}
        {over > 0 && ` · ${t("console.over", { count: over })}`}
        {group.held > 0 && ` · ${t("console.held", { count: group.held })}`}
        {group.tests > 0 && ` · ${t("safety.tests", { count: group.tests })}`}
      </div>
    </>
  );
}
