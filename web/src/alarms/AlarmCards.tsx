/** The alarms that wait for somebody, as a short list beside other things. */

import { Link } from "@tanstack/react-router";
import type { AlarmItem } from "../api/schema";
import type { AlarmFilter } from "../api/queries";
import { useWords } from "../i18n";
import { AlarmStateText } from "../ui/badges";
import { CheckIcon } from "../ui/icons";
import { Age } from "../ui/LiveValue";
import { Loaded } from "../ui/states";
import { AlarmActions } from "./AlarmActions";
import { AlarmHeadline } from "./AlarmHeadline";
import { useUrgentAlarms } from "./useAlarms";

export function AlarmCards({ filter, most }: { filter: AlarmFilter; most: number }) {
  const { t } = useWords();
  const answer = useUrgentAlarms(filter);
  return (
    <Loaded answer={answer}>
      {(sorted) => {
        if (sorted.length === 0) {
          return (
            <p className="sw-quiet">
              <CheckIcon /> {t("alarms.empty_open")}
            </p>
          );
        }
        const scope = filter.site === undefined ? {} : { site: filter.site };
        return (
          <ul className="sw-cards">
            {sorted.slice(0, most).map((alarm) => (
              <AlarmCard key={alarm.id} alarm={alarm} />
            ))}
            <li className="sw-cards-all">
              <Link to="/alarms" search={scope}>
                {t("overview.all_alarms")} · {sorted.length}
                {answer.hasNextPage ? "+" : ""}
              </Link>
            </li>
          </ul>
        );
      }}
    </Loaded>
  );
}

function AlarmCard({ alarm }: { alarm: AlarmItem }) {
  return (
    <li
      className={alarm.acked || alarm.test ? "sw-card" : "sw-card sw-card-waiting"}
      data-alarm={alarm.id}
    >
      <AlarmHeadline alarm={alarm} />
      <div className="sw-card-foot">
        <span>
          <AlarmStateText alarm={alarm} /> · <Age at={Date.parse(alarm.raised_at)} word="since" />
        </span>
        <AlarmActions alarm={alarm} />
      </div>
    </li>
  );
}
