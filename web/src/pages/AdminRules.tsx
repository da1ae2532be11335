/** The rules in force: what raises an alarm, from which threshold, on whose word, and where. */

import { Select, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { AdminFrame } from "../admin/AdminFrame";
import { RuleRows } from "../admin/RuleRows";
import { rulesQuery } from "../api/admin";
import { kindsQuery } from "../api/queries";
import type { RuleItem } from "../api/schema";
import { useWords } from "../i18n";
import { RULE_SHOWS } from "../search";
import { SearchIcon } from "../ui/icons";
import { Empty, Loaded } from "../ui/states";

const route = getRouteApi("/inside/admin/rules");

export function AdminRulesPage() {
  return (
    <AdminFrame page="rules">
      <Rules />
    </AdminFrame>
  );
}

function hasWords(rule: RuleItem, words: string): boolean {
  const { title, when, source } = rule;
  const text = [rule.rule, ...Object.values(title), when, source, ...rule.devices, ...rule.sites];
  return text.join(" ").toLowerCase().includes(words.toLowerCase());
}

function Rules() {
  const { t, name } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const answer = useQuery(rulesQuery);
  const kinds = useQuery(kindsQuery).data ?? [];
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const all = answer.data ?? [];
  const classes = new Map(all.map((rule) => [rule.alarm_class, name(rule.class_title)]));
  const used = new Set(all.flatMap((rule) => rule.kinds));
  return (
    <>
      <div className="sw-filters">
        <SegmentedControl
          size="xs"
          aria-label={t("admin.rules_show")}
          value={search.show ?? "all"}
          onChange={(value) => set({ show: RULE_SHOWS.find((each) => each === value) })}
          data={[
            { value: "all", label: `${t("admin.rules_all")} ${all.length}` },
            {
              value: "own",
              label: `${t("admin.rules_own")} ${all.filter((rule) => rule.own).length}`,
            },
            {
              value: "off",
              label: `${t("admin.rules_off")} ${all.filter((rule) => !rule.enabled).length}`,
            },
          ]}
        />
        <TextInput
          size="xs"
          label={t("admin.find")}
          leftSection={<SearchIcon size={13} />}
          value={search.q ?? ""}
          onChange={(event) => set({ q: event.currentTarget.value || undefined })}
        />
        <Select
          size="xs"
          label={t("device.kind")}
          searchable
          clearable
          placeholder={t("admin.every_kind")}
          data={kinds
            .filter((kind) => used.has(kind.kind))
            .map((kind) => ({ value: kind.kind, label: name(kind.label) }))}
          value={search.kind ?? null}
          onChange={(value) => set({ kind: value ?? undefined })}
        />
        <Select
          size="xs"
          label={t("admin.class")}
          clearable
          placeholder={t("admin.every_class")}
          data={[...classes].map(([value, label]) => ({ value, label }))}
          value={search.class ?? null}
          onChange={(value) => set({ class: value ?? undefined })}
        />
      </div>
      <Loaded answer={answer}>
        {(rules) => {
          const shown = rules.filter(
            (rule) =>
              (search.show === undefined || (search.show === "own" ? rule.own : !rule.enabled)) &&
              (search.kind === undefined || rule.kinds.includes(search.kind)) &&
              (search.class === undefined || rule.alarm_class === search.class) &&
              (search.q === undefined || hasWords(rule, search.q)),
          );
          if (shown.length === 0) {
            return <Empty>{t(search.show === "own" ? "admin.no_own" : "admin.no_rule")}</Empty>;
          }
          return <RuleRows rules={shown} kinds={kinds} />;
        }}
      </Loaded>
    </>
  );
}
