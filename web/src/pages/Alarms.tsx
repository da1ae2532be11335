/** All alarms: live, filtered, acknowledged and reset here. */

import { Button, SegmentedControl } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { AlarmDetails } from "../alarms/AlarmDetails";
import { AlarmTable } from "../alarms/AlarmTable";
import { useUrgentAlarms } from "../alarms/useAlarms";
import { useWords } from "../i18n";
import { SEVERITIES } from "../ui/badges";
import { CheckIcon } from "../ui/icons";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites } from "../useSites";

const route = getRouteApi("/inside/alarms");

export function AlarmsPage() {
  const { t } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const answer = useUrgentAlarms({
    state: search.state ?? "open",
    severity: search.severity,
    site: search.site,
  });
  const opened = answer.data?.find((alarm) => alarm.id === search.alarm);
  const open = (alarm: number | undefined) =>
    void navigate({ search: (old) => ({ ...old, alarm }), resetScroll: false });
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("alarms.title")}</h1>
        {answer.data !== undefined && (
          <span className="sw-dim" role="status">
            {t(answer.hasNextPage ? "alarms.count_more" : "alarms.count", {
              count: answer.data.length,
            })}
          </span>
        )}
      </div>
      <Filters />
      <section className="sw-panel" aria-label={t("alarms.title")}>
        <Loaded answer={answer}>
          {(alarms) =>
            alarms.length === 0 ? (
              <NoAlarms />
            ) : (
              <>
                <AlarmTable alarms={alarms} onOpen={(alarm) => open(alarm.id)} />
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
      {opened !== undefined && <AlarmDetails alarm={opened} onClose={() => open(undefined)} />}
    </div>
  );
}

function Filters() {
  const { t, say } = useWords();
  const { state, severity, site } = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useSites().data;
  return (
    <div className="sw-filters">
      <SegmentedControl
        size="xs"
        aria-label={t("alarms.state")}
        value={state ?? "open"}
        onChange={(value) =>
          void navigate({
            search: (old) => ({ ...old, state: value === "all" ? "all" : undefined }),
          })
        }
        data={[
          { value: "open", label: t("alarms.open") },
          { value: "all", label: t("alarms.all") },
        ]}
      />
      <div className="sw-scroll">
        <SegmentedControl
          size="xs"
          aria-label={t("alarms.severity")}
          value={severity ?? ""}
          onChange={(value) =>
            void navigate({
              search: (old) => ({ ...old, severity: SEVERITIES.find((each) => each === value) }),
            })
          }
          data={[
            { value: "", label: t("alarms.any_severity") },
            ...SEVERITIES.map((each) => ({ value: each, label: say("severity", each) })),
          ]}
        />
      </div>
      <SiteSelect
        tree={tree}
        label={t("alarms.site")}
        anywhere={t("alarms.any_site")}
        value={site}
        onChange={(value) => void navigate({ search: (old) => ({ ...old, site: value }) })}
      />
    </div>
  );
}

function NoAlarms() {
  const { t } = useWords();
  const { state, severity, site } = route.useSearch();
  const navigate = route.useNavigate();
  if (severity === undefined && site === undefined) {
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
