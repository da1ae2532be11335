/** Duty: who is there now and next, who the people are, and roll-calls. */

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ApiError } from "../api/client";
import { dutyNowQuery } from "../api/deskQueries";
import { DutyLists } from "../duty/DutyLists";
import { NowOnDuty } from "../duty/NowOnDuty";
import { RollCalls } from "../duty/RollCalls";
import { Roster } from "../duty/Roster";
import { useWords } from "../i18n";
import { DUTY_TABS } from "../search";
import { useMay } from "../session";
import { Empty } from "../ui/states";

const route = getRouteApi("/inside/duty");

export function DutyPage() {
  const { t } = useWords();
  const may = useMay("duty");
  const mayCalls = useMay("roll_calls");
  const tab = route.useSearch().tab ?? "now";
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("duty.title")}</h1>
        <nav aria-label={t("duty.title")} className="sw-nav sw-tabs">
          {DUTY_TABS.filter((each) => each !== "roll-calls" || mayCalls).map((each) => (
            <Link
              key={each}
              to="/duty"
              search={each === "now" ? {} : { tab: each }}
              activeOptions={{ exact: true, includeSearch: true }}
            >
              {t(`duty.tab_${each}`)}
            </Link>
          ))}
        </nav>
      </div>
      {tab === "roll-calls" && mayCalls ? <RollCalls /> : <OfTheWhole people={tab === "people"} />}
    </div>
  );
}

/** The list is of the whole estate: who sees a part of it is told so, and not that it is missing. */
function OfTheWhole({ people }: { people: boolean }) {
  const { t } = useWords();
  const { error } = useQuery(dutyNowQuery);
  if (error instanceof ApiError && error.status === 404) {
    return <Empty title={t("error.forbidden_title")}>{t("duty.whole_only")}</Empty>;
  }
  if (people) return <DutyLists />;
  return (
    <>
      <NowOnDuty />
      <Roster />
    </>
  );
}
