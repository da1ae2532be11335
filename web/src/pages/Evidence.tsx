/** Evidence, for auditors: whether the chains are whole, their heads, and who did what. */

import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ApiError } from "../api/client";
import { verdictQuery } from "../api/deskQueries";
import { AuditRows } from "../evidence/AuditRows";
import { Chains } from "../evidence/Chains";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { Empty } from "../ui/states";

const route = getRouteApi("/inside/evidence");
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
] as const;

export function EvidencePage() {
  const { t } = useWords();
  const may = useMay("audit");
  if (!may) return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  return <Evidence />;
}

function Evidence() {
  const { t } = useWords();
  const { action } = route.useSearch();
  const navigate = route.useNavigate();
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
          value={NOUNS.find((each) => each === action) ?? null}
          onChange={(value) => void navigate({ search: { action: value ?? undefined } })}
        />
      </div>
      <AuditRows action={action} />
    </div>
  );
}
