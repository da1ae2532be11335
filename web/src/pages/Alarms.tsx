/** The alarm console: what is open by incident, live; and what was, alarm by alarm. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useState, type ReactNode } from "react";
import { AlarmDetails } from "../alarms/AlarmDetails";
import type { AlarmAct } from "../alarms/alarmActs";
import { AlarmFilters } from "../alarms/AlarmFilters";
import { AlarmTable } from "../alarms/AlarmTable";
import { DeskTabs } from "../alarms/DeskTabs";
import { GroupTable } from "../alarms/GroupTable";
import { KeyedDialog, type Keyed } from "../alarms/KeyedDialog";
import { Notices } from "../alarms/Notices";
import { useAlarms } from "../alarms/useAlarms";
import { useConsoleKeys } from "../alarms/useConsoleKeys";
import { groupsQuery, type GroupFilter } from "../api/deskQueries";
import type { AlarmGroupPage } from "../api/schema";
import { useWords } from "../i18n";
import { CheckIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";

const route = getRouteApi("/inside/alarms");

export function AlarmsPage() {
  const { t } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [keyed, setKeyed] = useState<Keyed | null>(null);
  const onKey = useCallback((alarm: number, act: AlarmAct) => setKeyed({ alarm, act }), []);
  const onDone = useCallback(() => setKeyed(null), []);
  useConsoleKeys(onKey);
  const filter: GroupFilter = {
    state: search.state ?? "open",
    severity: search.severity,
    site: search.site,
    alarm_class: search.class,
    held: search.held,
  };
  const history = filter.state === "closed" || filter.state === "all";
  const open = (alarm: number | undefined) =>
    void navigate({ search: (old) => ({ ...old, alarm }), resetScroll: false });
  return (
    <div className="sw-page">
      {history ? (
        <History filter={filter} onOpen={open} />
      ) : (
        <Incidents filter={filter} onOpen={open} />
      )}
      <p className="sw-dim sw-small sw-last sw-keyboard">{t("console.keys")}</p>
      {keyed !== null && <KeyedDialog {...keyed} onClose={onDone} />}
      {search.alarm !== undefined && (
        <AlarmDetails alarm={search.alarm} onClose={() => open(undefined)} />
      )}
    </div>
  );
}

interface ListProps {
  filter: GroupFilter;
  onOpen: (alarm: number) => void;
}

function Incidents({ filter, onOpen }: ListProps) {
  const { t } = useWords();
  const { group } = route.useSearch();
  const navigate = route.useNavigate();
  const answer = useQuery({ ...groupsQuery(filter), placeholderData: (old) => old });
  return (
    <>
      <Title count={answer.data === undefined ? undefined : <Count found={answer.data} />} />
      <Notices chattering={answer.data?.chattering ?? 0} />
      <AlarmFilters />
      <section className="sw-panel" aria-label={t("alarms.title")}>
        <Loaded answer={answer}>
          {(found) =>
            found.items.length === 0 ? (
              <NoAlarms />
            ) : (
              <>
                <GroupTable
                  groups={found.items}
                  filter={filter}
                  unfolded={group}
                  onUnfold={(chosen) =>
                    void navigate({
                      search: (old) => ({ ...old, group: chosen }),
                      replace: true,
                      resetScroll: false,
                    })
                  }
                  onOpen={(alarm) => onOpen(alarm.id)}
                />
                {found.groups > found.items.length && (
                  <p className="sw-more sw-dim">
                    {t("console.most_urgent", { shown: found.items.length, count: found.groups })}
                  </p>
                )}
              </>
            )
          }
        </Loaded>
      </section>
    </>
  );
}

function Count({ found }: { found: AlarmGroupPage }) {
  const { t } = useWords();
  return (
    <>
      {t("console.incidents", { count: found.groups })} ·{" "}
      {t("alarms.count", { count: found.alarms })}
      {" · "}
      <span className={found.unacked > 0 ? "sw-waiting" : ""}>
        {t("console.unacked", { count: found.unacked })}
      </span>
    </>
  );
}

function Title({ count }: { count: ReactNode }) {
  const { t } = useWords();
  return (
    <div className="sw-title">
      <h1>{t("alarms.title")}</h1>
      <span className="sw-dim" role="status">
        {count}
      </span>
      <DeskTabs />
    </div>
  );
}

function History({ filter, onOpen }: ListProps) {
  const { t } = useWords();
  const answer = useAlarms(filter);
  const count = answer.data?.length ?? 0;
  return (
    <>
      <Title
        count={
          answer.data !== undefined &&
          t(answer.hasNextPage ? "alarms.count_more" : "alarms.count", { count })
        }
      />
      <AlarmFilters />
      <section className="sw-panel" aria-label={t("alarms.title")}>
        <Loaded answer={answer}>
          {(alarms) =>
            alarms.length === 0 ? (
              <NoAlarms />
            ) : (
              <>
                <AlarmTable alarms={alarms} onOpen={(alarm) => onOpen(alarm.id)} />
                {answer.hasNextPage && (
                  <div className="sw-more">
                    <Button
                      variant="default"
                      loading={answer.isFetchingNextPage}
                      onClick={() => void answer.fetchNextPage()}
                    >
                      {t("alarms.more")}
                    </Button>
                  </div>
                )}
              </>
            )
          }
        </Loaded>
      </section>
    </>
  );
}

function NoAlarms() {
  const { t } = useWords();
  const { state, severity, site, held, class: alarmClass } = route.useSearch();
  const navigate = route.useNavigate();
  const plain = state === undefined || state === "all";
  if (plain && [severity, site, held, alarmClass].every((each) => each === undefined)) {
    return (
      <div className="sw-empty sw-good">
        <CheckIcon size={28} />
        <strong>{t(state === "all" ? "alarms.empty_all" : "alarms.empty_open")}</strong>
      </div>
    );
  }
  return (
    <div className="sw-empty">
      <Empty>{t("alarms.empty_filter")}</Empty>
      <Button size="xs" variant="default" onClick={() => void navigate({ search: {} })}>
        {t("alarms.clear_filter")}
      </Button>
    </div>
  );
}
