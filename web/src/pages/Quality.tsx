/** Data quality: how complete and how reachable every device, site, kind and line was, by day. */

import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { kindsQuery, qualityQuery } from "../api/queries";
import { serviceNow } from "../api/client";
import type { Quality } from "../api/schema";
import { dayOf, dateTime } from "../format/time";
import { percent, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";
import { QualityTable } from "../quality/QualityTable";
import { Reasons } from "../quality/Reasons";
import {
  datesOf,
  fits,
  GROUPS,
  MEASURES,
  ordered,
  QUALITY_DAYS,
  type Group,
  type Measure,
  type QualityOrder,
} from "../quality/qualityRows";
import { useMay } from "../session";
import { SearchIcon } from "../ui/icons";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites } from "../useSites";

const route = getRouteApi("/inside/quality");
const FIRST_ROWS = 100;
const MOST_ROWS = 2000;
const DAY = 86_400_000;

export function QualityPage() {
  const { t } = useWords();
  const may = useMay("quality");
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <QualityView />;
}

function QualityView() {
  const { t } = useWords();
  const { site, kind, by, days, all } = route.useSearch();
  const now = serviceNow();
  const answer = useQuery({
    ...qualityQuery({
      site,
      kind,
      by: by ?? "device",
      from: dayOf(now - ((days ?? 7) - 1) * DAY),
      to: dayOf(now),
      limit: all === true ? MOST_ROWS : FIRST_ROWS,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("data_quality.title")}</h1>
        {answer.data !== undefined && <Until found={answer.data} />}
      </div>
      <Filters />
      <Loaded answer={answer}>{(found) => <Chosen found={found} />}</Loaded>
      <p className="sw-dim sw-small">{t("data_quality.explain")}</p>
    </div>
  );
}

function Until({ found }: { found: Quality }) {
  const { t, language } = useWords();
  if (found.until === null) return null;
  return (
    <span className="sw-dim" role="status">
      {t("data_quality.until", { time: dateTime(Date.parse(found.until), language) })}
    </span>
  );
}

function Total({ found }: { found: Quality }) {
  const { t, language } = useWords();
  const { total } = found;
  if (total === null) return null;
  const share = (value: number | null) => (value === null ? UNKNOWN : percent(value, language));
  return (
    <section className="sw-panel sw-quality-total" aria-label={t("data_quality.total")}>
      <dl>
        <div>
          <dt>{t("data_quality.completeness")}</dt>
          <dd data-total="completeness">{share(total.completeness)}</dd>
        </div>
        <div>
          <dt>{t("data_quality.online")}</dt>
          <dd data-total="online">{share(total.online)}</dd>
        </div>
        <div>
          <dt>{t("data_quality.fresh")}</dt>
          <dd>
            {total.fresh}/{total.devices}
          </dd>
        </div>
      </dl>
      <div className="sw-small">
        <Reasons found={total} />
      </div>
    </section>
  );
}

function Chosen({ found }: { found: Quality }) {
  const { t, name } = useWords();
  const { q, sort, turned, show, all } = route.useSearch();
  const navigate = route.useNavigate();
  const order = sort ?? "worst";
  const shown = found.items.filter((item) => fits(item, q ?? ""));
  const onOrder = (column: QualityOrder) =>
    void navigate({
      search: (old) => ({
        ...old,
        sort: column,
        turned: column === order && turned !== true ? (true as const) : undefined,
      }),
      replace: true,
      resetScroll: false,
    });
  if (shown.length === 0 || found.by === "day") return <Nothing found={found} />;
  return (
    <>
      <Total found={found} />
      <section className="sw-panel" aria-label={t("data_quality.title")}>
        <QualityTable
          items={ordered(shown, order, turned ?? false, (item) => name(item.name))}
          dates={datesOf(found.first, found.last)}
          group={found.by}
          measure={show ?? "completeness"}
          order={order}
          turned={turned ?? false}
          onOrder={onOrder}
          onSite={(site) => void navigate({ search: (old) => ({ ...old, site, by: undefined }) })}
        />
        {found.count > found.items.length && (
          <p className="sw-more">
            {t("data_quality.worst_of", { shown: found.items.length, count: found.count })}{" "}
            {all !== true && (
              <Button
                size="compact-xs"
                variant="default"
                onClick={() =>
                  void navigate({
                    search: (old) => ({ ...old, all: true as const }),
                    resetScroll: false,
                  })
                }
              >
                {t("data_quality.show_all")}
              </Button>
            )}
          </p>
        )}
      </section>
    </>
  );
}

function Nothing({ found }: { found: Quality }) {
  const { t } = useWords();
  const { site, kind, q } = route.useSearch();
  const navigate = route.useNavigate();
  const filtered = site !== undefined || kind !== undefined || (q ?? "") !== "";
  return (
    <section className="sw-panel sw-empty">
      <Empty>
        {filtered || found.items.length > 0 ? t("data_quality.no_match") : t("data_quality.none")}
      </Empty>
      {filtered && (
        <Button size="xs" variant="default" onClick={() => void navigate({ search: {} })}>
          {t("alarms.clear_filter")}
        </Button>
      )}
    </section>
  );
}

function Filters() {
  const { t, name } = useWords();
  const { site, kind, by, days, show, q } = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useSites().data;
  const kinds = useQuery(kindsQuery).data ?? [];
  const set = (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  return (
    <div className="sw-filters sw-line-filters">
      <SegmentedControl
        size="xs"
        aria-label={t("data_quality.by")}
        value={by ?? "device"}
        onChange={(value: Group) => set({ by: value === "device" ? undefined : value })}
        data={GROUPS.map((each) => ({ value: each, label: t(`data_quality.by_${each}`) }))}
      />
      <SegmentedControl
        size="xs"
        aria-label={t("data_quality.span")}
        value={String(days ?? 7)}
        onChange={(value) => {
          const chosen = QUALITY_DAYS.find((each) => String(each) === value);
          set({ days: chosen === 7 ? undefined : chosen });
        }}
        data={QUALITY_DAYS.map((count) => ({
          value: String(count),
          label: t("data_quality.days", { count }),
        }))}
      />
      <SegmentedControl
        size="xs"
        aria-label={t("data_quality.show")}
        value={show ?? "completeness"}
        onChange={(value: Measure) => set({ show: value === "completeness" ? undefined : value })}
        data={MEASURES.map((each) => ({ value: each, label: t(`data_quality.${each}`) }))}
      />
      <SiteSelect
        tree={tree}
        label={t("alarms.site")}
        anywhere={t("alarms.any_site")}
        value={site}
        onChange={(value) => set({ site: value })}
      />
      <Select
        size="xs"
        label={t("data_quality.by_kind")}
        clearable
        searchable
        placeholder={t("data_quality.any_kind")}
        data={kinds.map((each) => ({ value: each.kind, label: name(each.label) }))}
        value={kind ?? null}
        onChange={(value) => set({ kind: value ?? undefined })}
      />
      <TextInput
        size="xs"
        label={t("data_quality.find")}
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
