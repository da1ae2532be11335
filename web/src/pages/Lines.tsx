/** The acquisition: every line, how well it works, and who on it does not answer. */

import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { linesQuery } from "../api/queries";
import type { LineItem } from "../api/schema";
import { useWords } from "../i18n";
import { LineDetails } from "../lines/LineDetails";
import { fits, LINE_STATES, ordered, stateOf, type LineOrder } from "../lines/lineState";
import { LineTable } from "../lines/LineTable";
import { SystemTabs } from "../lines/SystemTabs";
import { useMay } from "../session";
import { SearchIcon } from "../ui/icons";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites } from "../useSites";

const route = getRouteApi("/inside/lines");

export function LinesPage() {
  const { t } = useWords();
  const may = useMay("lines");
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <Lines />;
}

function Lines() {
  const { t } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const answer = useQuery(linesQuery(search.site));
  const open = (line: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, line }), resetScroll: false });
  const opened = answer.data?.find((line) => line.name === search.line);
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("lines.title")}</h1>
        {answer.data !== undefined && (
          <span className="sw-dim" role="status">
            {t("lines.count", { count: answer.data.length })}
          </span>
        )}
        <SystemTabs />
      </div>
      <Filters lines={answer.data ?? []} />
      <section className="sw-panel" aria-label={t("lines.title")}>
        <Loaded answer={answer}>
          {(lines) => <Chosen lines={lines} onOpen={(line) => open(line.name)} />}
        </Loaded>
      </section>
      {opened !== undefined && <LineDetails line={opened} onClose={() => open(undefined)} />}
    </div>
  );
}

function Chosen({
  lines,
  onOpen,
}: {
  lines: readonly LineItem[];
  onOpen: (line: LineItem) => void;
}) {
  const { t } = useWords();
  const { state, q, sort, turned, site } = route.useSearch();
  const navigate = route.useNavigate();
  const order = sort ?? "state";
  const shown = lines.filter((line) => fits(line, state, q ?? ""));
  const onOrder = (column: LineOrder) =>
    void navigate({
      search: (old) => ({
        ...old,
        sort: column === "state" ? undefined : column,
        turned: column === order && turned !== true ? (true as const) : undefined,
      }),
      replace: true,
      resetScroll: false,
    });
  if (shown.length > 0) {
    return (
      <LineTable
        lines={ordered(shown, order, turned ?? false)}
        order={order}
        turned={turned ?? false}
        onOrder={onOrder}
        onOpen={onOpen}
      />
    );
  }
  if (lines.length === 0 && site === undefined) return <Empty>{t("lines.none")}</Empty>;
  return (
    <div className="sw-empty">
      <Empty>{t("lines.no_match")}</Empty>
      <Button size="xs" variant="default" onClick={() => void navigate({ search: {} })}>
        {t("alarms.clear_filter")}
      </Button>
    </div>
  );
}

function Filters({ lines }: { lines: readonly LineItem[] }) {
  const { t, say } = useWords();
  const { state, q, site } = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useSites().data;
  const set = (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const count = (each: string) => lines.filter((line) => stateOf(line) === each).length;
  return (
    <div className="sw-filters sw-line-filters">
      <Select
        size="xs"
        label={t("state.title")}
        clearable
        placeholder={t("lines.any_state")}
        data={LINE_STATES.map((each) => ({
          value: each,
          label: `${say("line_state", each)} (${count(each)})`,
        }))}
        value={state ?? null}
        onChange={(value) => set({ state: LINE_STATES.find((each) => each === value) })}
      />
      <SiteSelect
        tree={tree}
        label={t("alarms.site")}
        anywhere={t("alarms.any_site")}
        value={site}
        onChange={(value) => set({ site: value })}
      />
      <TextInput
        size="xs"
        label={t("lines.find")}
        leftSection={<SearchIcon size={13} />}
        value={q ?? ""}
        onChange={(event) => {
          const words = event.currentTarget.value;
          set({ q: words === "" ? undefined : words });
        }}
      />
    </div>
  );
}
