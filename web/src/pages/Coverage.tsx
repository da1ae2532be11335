/** Coverage: which places are protected now, by branch and system, why not, and how it is proven. */

import { SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { coverageQuery } from "../api/queries";
import type { Coverage } from "../api/schema";
import { BlindList } from "../coverage/BlindNotice";
import { BranchTable } from "../coverage/BranchTable";
import {
  fits,
  reasonsOf,
  STATES,
  SYSTEMS,
  worstFirst,
  type CoverageFilter,
} from "../coverage/coverageRows";
import { PlaceTable } from "../coverage/PlaceTable";
import { useWords } from "../i18n";
import { SiteSelect } from "../ui/SiteSelect";
import { Empty, Loaded } from "../ui/states";
import { useSites, type SiteTree } from "../useSites";

const route = getRouteApi("/inside/coverage");
const MOST = 500;

export function CoveragePage() {
  const { t } = useWords();
  const { site } = route.useSearch();
  const answer = useQuery(coverageQuery(site));
  const sites = useSites();
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("coverage_page.title")}</h1>
      </div>
      <Loaded answer={sites}>
        {(tree) => (
          <Loaded answer={answer}>{(found) => <Found found={found} tree={tree} />}</Loaded>
        )}
      </Loaded>
      <p className="sw-dim sw-small">{t("coverage_page.explain")}</p>
    </div>
  );
}

function Found({ found, tree }: { found: Coverage; tree: SiteTree }) {
  const { t } = useWords();
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: CoverageFilter & { site?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const shown = worstFirst(found.items.filter((item) => fits(item, filter)));
  return (
    <>
      <Filters found={found} tree={tree} set={set} />
      <section className="sw-panel" aria-labelledby="coverage-branches">
        <div className="sw-panel-head">
          <h2 id="coverage-branches">{t("coverage_page.branches")}</h2>
        </div>
        <BranchTable
          branches={found.branches.filter(
            (branch) => filter.system === undefined || branch.system === filter.system,
          )}
          tree={tree}
          onBranch={(community) => set({ site: community })}
        />
      </section>
      <section className="sw-panel" aria-labelledby="coverage-places">
        <div className="sw-panel-head">
          <h2 id="coverage-places">{t("coverage_page.places")}</h2>
          <span className="sw-dim">{shown.length}</span>
        </div>
        {shown.length === 0 ? (
          <Empty>
            {t(found.items.length === 0 ? "site.coverage_none" : "data_quality.no_match")}
          </Empty>
        ) : (
          <PlaceTable items={shown.slice(0, MOST)} tree={tree} />
        )}
        {shown.length > MOST && (
          <p className="sw-more">{t("coverage_page.more", { shown: MOST, count: shown.length })}</p>
        )}
      </section>
      <section className="sw-panel" aria-labelledby="coverage-blind">
        <div className="sw-panel-head">
          <h2 id="coverage-blind">{t("coverage_page.blind_title")}</h2>
        </div>
        <BlindList periods={found.blind} />
      </section>
    </>
  );
}

interface FiltersProps {
  found: Coverage;
  tree: SiteTree;
  set: (change: CoverageFilter & { site?: string | undefined }) => void;
}

function Filters({ found, tree, set }: FiltersProps) {
  const { t, say } = useWords();
  const { site, system, state, reason } = route.useSearch();
  return (
    <div className="sw-filters">
      <SegmentedControl
        size="xs"
        aria-label={t("site.system")}
        value={system ?? ""}
        onChange={(value) => set({ system: SYSTEMS.find((each) => each === value) })}
        data={[
          { value: "", label: t("site.all_systems") },
          ...SYSTEMS.map((each) => ({ value: each, label: say("system", each) })),
        ]}
      />
      <SegmentedControl
        size="xs"
        aria-label={t("state.title")}
        value={state ?? ""}
        onChange={(value) => set({ state: STATES.find((each) => each === value) })}
        data={[
          { value: "", label: t("site.all_systems") },
          ...STATES.map((each) => ({
            value: each,
            label: `${say("coverage_state", each)} ${found[each]}`,
          })),
        ]}
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
        label={t("site.reasons")}
        clearable
        data={reasonsOf(found.items).map((each) => ({
          value: each,
          label: say("coverage_reason", each),
        }))}
        value={reason ?? null}
        onChange={(value) => set({ reason: value ?? undefined })}
      />
    </div>
  );
}
