/** Who is on duty now by each schedule, until when, who is next, and where a gap begins. */

import { useQuery } from "@tanstack/react-query";
import { dutyNowQuery } from "../api/deskQueries";
import type { OnDuty } from "../api/schema";
import { countdown, dateTime } from "../format/time";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { CheckIcon, HighIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";
import { Crew } from "./Crew";

export function NowOnDuty() {
  const { t } = useWords();
  const answer = useQuery(dutyNowQuery);
  return (
    <Loaded answer={answer}>
      {(schedules) =>
        schedules.length === 0 ? (
          <section className="sw-panel">
            <Empty title={t("duty.no_schedules")}>{t("duty.import_hint")}</Empty>
          </section>
        ) : (
          <div className="sw-duty">
            {schedules.map((one) => (
              <Schedule key={one.schedule} one={one} />
            ))}
          </div>
        )
      }
    </Loaded>
  );
}

function Schedule({ one }: { one: OnDuty }) {
  const { t, language, name } = useWords();
  const now = useNow();
  const few = one.contacts.length < one.people;
  const until = one.until === null ? null : Date.parse(one.until);
  return (
    <section
      className={few ? "sw-panel sw-total-bad" : "sw-panel"}
      aria-label={name(one.name)}
      data-schedule={one.schedule}
    >
      <h2 className="sw-h3">
        {few ? <HighIcon size={14} /> : <CheckIcon size={14} />} {name(one.name)}
        <small className="sw-dim">
          {" "}
          {t("duty.present", { count: one.contacts.length, all: one.people })}
        </small>
      </h2>
      <p className="sw-duty-now">
        <Crew ids={one.contacts} phones />
      </p>
      {until !== null && (
        <p className="sw-last">
          {t("duty.until", { time: dateTime(until, language), left: countdown(until - now) })}
          <span className="sw-block">
            {t("duty.next")} <Crew ids={one.next} />
          </span>
        </p>
      )}
      {one.gap_at !== null && (
        <p className="sw-warning" role="status">
          <HighIcon size={13} />{" "}
          {Date.parse(one.gap_at) <= now
            ? t("duty.gap_now")
            : t("duty.gap_at", { time: dateTime(Date.parse(one.gap_at), language) })}
        </p>
      )}
    </section>
  );
}
