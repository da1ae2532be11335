/** What the console shows: by state, severity, class, hold and site, all in the address. */

import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { classesQuery } from "../api/deskQueries";
import { useWords } from "../i18n";
import { HOLDS, SHOWS } from "../search";
import { SEVERITIES } from "../ui/badges";
import { SiteSelect } from "../ui/SiteSelect";
import { useSites } from "../useSites";

const route = getRouteApi("/inside/alarms");

export function AlarmFilters() {
  const { t, say, name } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useSites().data;
  const classes = useQuery(classesQuery).data?.items ?? [];
  const set = (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({
      search: (old) => ({ ...old, group: undefined, ...change }),
      resetScroll: false,
    });
  return (
    <div className="sw-filters sw-alarm-filters">
      <Select
        size="xs"
        label={t("alarms.state")}
        allowDeselect={false}
        data={SHOWS.map((each) => ({ value: each, label: say("show", each) }))}
        value={search.state ?? "open"}
        onChange={(value) =>
          set({ state: SHOWS.find((each) => each === value && each !== "open") })
        }
      />
      <Select
        size="xs"
        label={t("alarms.severity")}
        clearable
        placeholder={t("alarms.any_severity")}
        data={SEVERITIES.map((each) => ({ value: each, label: say("severity", each) }))}
        value={search.severity ?? null}
        onChange={(value) => set({ severity: SEVERITIES.find((each) => each === value) })}
      />
      <Select
        size="xs"
        label={t("alarms.class")}
        clearable
        searchable
        placeholder={t("console.any_class")}
        data={classes.map((one) => ({ value: one.alarm_class, label: name(one.title) }))}
        value={search.class ?? null}
        onChange={(value) => set({ class: value ?? undefined })}
      />
      <Select
        size="xs"
        label={t("console.held_by")}
        clearable
        placeholder={t("console.any_held")}
        data={HOLDS.map((each) => ({ value: each, label: say("held", each) }))}
        value={search.held ?? null}
        onChange={(value) => set({ held: HOLDS.find((each) => each === value) })}
      />
      <SiteSelect
        tree={tree}
        label={t("alarms.site")}
        anywhere={t("alarms.any_site")}
        value={search.site}
        onChange={(site) => set({ site })}
      />
    </div>
  );
}
