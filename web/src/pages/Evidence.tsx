/** Evidence, for auditors: whether the chains are whole, their heads, and who did what. */

import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, BASE, withQuery } from "../api/client";
import { verdictQuery, type AuditFilter } from "../api/deskQueries";
import { AuditRows } from "../evidence/AuditRows";
import { Chains } from "../evidence/Chains";
import { fromWall } from "../format/time";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { DownloadIcon } from "../ui/icons";
import { Empty } from "../ui/states";

const route = getRouteApi("/inside/evidence");
const DAY_MS = 86_400_000;
/** The nouns that deeds are about. */
const NOUNS = [
  "alarm",
  "maintenance",
  "drill",
  "contact",
  "team",
  "schedule",
  "holiday",
  "roll_call",
  "person",
  "password",
  "token",
  "session",
  "lockout",
  "second_factor",
] as const;

export function EvidencePage() {
  const { t } = useWords();
  const may = useMay("audit");
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <Evidence />;
}

function Evidence() {
  const { t } = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  // Days of the estate; the last one is meant whole.
  const midnight = (day: string, later: number) =>
    new Date(fromWall(`${day}T00:00`) + later).toISOString();
  const filter: AuditFilter = {
    action: search.action,
    actor: search.actor,
    subject: search.subject,
    start: search.from === undefined ? undefined : midnight(search.from, 0),
    end: search.to === undefined ? undefined : midnight(search.to, DAY_MS),
  };
  const { error } = useQuery(verdictQuery("audit"));
  if (error instanceof ApiError && error.status === 404) {
    return <Empty title={t("error.forbidden_title")}>{t("evidence.whole_only")}</Empty>;
  }
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t("evidence.title")}</h1>
      </div>
      <p className="sw-dim sw-last sw-prose">{t("evidence.explain")}</p>
      <Chains />
      <div className="sw-filters">
        <Select
          size="xs"
          label={t("evidence.what")}
          clearable
          placeholder={t("evidence.any")}
          data={NOUNS.map((each) => ({ value: each, label: t(`evidence.noun_${each}`) }))}
          value={NOUNS.find((each) => each === search.action) ?? null}
          onChange={(value) => set({ action: value ?? undefined })}
        />
        <Words
          label={t("evidence.filter_who")}
          value={search.actor}
          onChange={(actor) => set({ actor })}
        />
        <Words
          label={t("evidence.filter_subject")}
          value={search.subject}
          onChange={(subject) => set({ subject })}
        />
        {(["from", "to"] as const).map((each) => (
          <TextInput
            key={each}
            size="xs"
            type="date"
            label={t(`evidence.filter_${each}`)}
            value={search[each] ?? ""}
            onChange={(event) => set({ [each]: event.currentTarget.value || undefined })}
          />
        ))}
        <Button
          size="xs"
          variant="default"
          component="a"
          href={`${BASE}${withQuery("/audit/rows.csv", { ...filter })}`}
          download
          title={t("evidence.download_text")}
          leftSection={<DownloadIcon size={14} />}
        >
          {t("evidence.download")}
        </Button>
      </div>
      <AuditRows filter={filter} />
    </div>
  );
}

/** Words that are looked for when they are whole: on Enter, or when the field is left. */
function Words({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (words: string | undefined) => void;
}) {
  const [typed, setTyped] = useState(value ?? "");
  const take = () => onChange(typed.trim() || undefined);
  return (
    <TextInput
      size="xs"
      label={label}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === "Enter") take();
      }}
    />
  );
}
