/** An alarm on which lives may hang: before everything else on the wall until somebody has it. */

import { useQuery } from "@tanstack/react-query";
import { groupsQuery } from "../api/deskQueries";
import type { AlarmGroupItem } from "../api/schema";
import { useDeviceName, useWhere } from "../alarms/AlarmHeadline";
import { dateTime } from "../format/time";
import { useWords } from "../i18n";
import { EmergencyIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";

/** Most that are written out; the rest is a number. */
const MOST = 3;

/** The incidents of life safety that nobody has acknowledged; tests stay in their place. */
export function useEmergencies(): { groups: AlarmGroupItem[]; count: number } {
  const { data } = useQuery(groupsQuery({ state: "open", severity: "emergency" }));
  const groups = (data?.items ?? []).filter((one) => one.unacked > 0 && !one.lead.test);
  return { groups, count: data?.unacked ?? 0 };
}

export function EmergencyFront({ groups, count }: { groups: AlarmGroupItem[]; count: number }) {
  const { t } = useWords();
  return (
    <section className="sw-wall-front" role="alert" data-testid="wall-front">
      <h2>
        <EmergencyIcon size={44} /> {t("wall.emergency", { count })}
      </h2>
      <ul>
        {groups.slice(0, MOST).map((group) => (
          <One key={group.lead.id} group={group} />
        ))}
      </ul>
      {groups.length > MOST && <p>{t("wall.more_incidents", { count: groups.length - MOST })}</p>}
    </section>
  );
}

function One({ group }: { group: AlarmGroupItem }) {
  const { t, name, language } = useWords();
  const where = useWhere();
  const deviceName = useDeviceName();
  const { lead } = group;
  const raised = Date.parse(lead.raised_at);
  return (
    <li data-alarm={lead.id}>
      <strong>{name(lead.title)}</strong>
      <span>{where(lead)}</span>
      <span>{deviceName(lead)}</span>
      <small>
        {dateTime(raised, language)} ·{" "}
        <span aria-live="off">
          <Age at={raised} word="since" />
        </span>
        {group.alarms > 1 && ` · ${t("wall.of_group", { count: group.alarms })}`}
      </small>
    </li>
  );
}
