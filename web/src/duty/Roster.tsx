/** The shifts of the next days, with swaps marked; whoever may edit swaps with two clicks. */

import { Scroll } from "../ui/Scroll";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { serviceNow } from "../api/client";
import { dutyQuery, turnsQuery } from "../api/deskQueries";
import type { DutyTurn, Schedule } from "../api/schema";
import { dayOf, localeOf } from "../format/time";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { Loaded } from "../ui/states";
import { Crew } from "./Crew";
import { SwapDialog } from "./SwapDialog";

const DAYS = 7;

export function Roster() {
  const { t, name } = useWords();
  const turns = useQuery(turnsQuery(dayOf(serviceNow()), DAYS));
  const schedules = useQuery(dutyQuery).data?.schedules ?? [];
  const [swapped, setSwapped] = useState<DutyTurn | null>(null);
  const of = schedules.find((one) => one.id === swapped?.schedule);
  return (
    <Loaded answer={turns}>
      {(found) => (
        <>
          {schedules.map((one) => (
            <Scroll key={one.id} panel label={name(one.name)}>
              <h2 className="sw-h3">{t("duty.roster_of", { schedule: name(one.name) })}</h2>
              <Days
                schedule={one}
                turns={found.filter((turn) => turn.schedule === one.id)}
                onSwap={setSwapped}
              />
            </Scroll>
          ))}
          {swapped !== null && of !== undefined && (
            <SwapDialog schedule={of} turn={swapped} onClose={() => setSwapped(null)} />
          )}
        </>
      )}
    </Loaded>
  );
}

interface DaysProps {
  schedule: Schedule;
  turns: readonly DutyTurn[];
  onSwap: (turn: DutyTurn) => void;
}

function Days({ schedule, turns, onSwap }: DaysProps) {
  const { t, language } = useWords();
  const today = dayOf(serviceNow());
  const days = [...new Set(turns.map((turn) => turn.day))];
  const head = new Intl.DateTimeFormat(localeOf(language), {
    weekday: "short",
    month: "2-digit",
    day: "2-digit",
    timeZone: "UTC",
  });
  return (
    <table className="sw-table sw-stack sw-roster">
      <thead>
        <tr>
          <th scope="col">{t("duty.day")}</th>
          {schedule.shifts.map((shift) => (
            <th scope="col" key={shift.shift}>
              {shift.shift} {shift.start}–{shift.end}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.map((day) => (
          <tr key={day} className={day === today ? "sw-row-today" : ""} data-day={day}>
            <th scope="row">
              {head.format(Date.parse(day))}
              {day === today && <small className="sw-dim"> {t("duty.today")}</small>}
            </th>
            {schedule.shifts.map((shift) => (
              <td key={shift.shift} data-label={`${shift.shift} ${shift.start}–${shift.end}`}>
                <Turn
                  turn={turns.find((one) => one.day === day && one.shift === shift.shift)}
                  onSwap={onSwap}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Turn({ turn, onSwap }: { turn: DutyTurn | undefined; onSwap: (turn: DutyTurn) => void }) {
  const { t } = useWords();
  const mayEdit = useMay("edit_duty");
  if (turn === undefined) return null;
  return (
    <>
      <Crew ids={turn.crew} />
      {turn.swapped && <small className="sw-tag sw-gap">{t("duty.swapped")}</small>}
      {mayEdit && (
        <button
          type="button"
          className="sw-textlink sw-swap"
          aria-label={t("duty.swap_of", { day: turn.day, shift: turn.shift })}
          onClick={() => onSwap(turn)}
        >
          {t("duty.swap")}
        </button>
      )}
    </>
  );
}
