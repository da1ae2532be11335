/** Announcing a drill: it marks the alarms of one class at what it names, and suppresses none. */

import { Select, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import { classesQuery } from "../api/deskQueries";
import { useWords } from "../i18n";
import { useSession } from "../session";
import { ActDialog } from "../ui/ActDialog";
import { NO_SCOPE, scopeBody, ScopeFields } from "./ScopeFields";
import { endOf, spanBody, SpanFields, type Span } from "./SpanFields";

/** [s] */
const CHOICES = [900, 1800, 3600, 5400, 7200];

export function DrillForm({ onClose }: { onClose: () => void }) {
  const { t, name } = useWords();
  const queries = useQueryClient();
  const session = useSession();
  const limits = useQuery(classesQuery).data;
  const [scope, setScope] = useState(NO_SCOPE);
  const [chosen, setChosen] = useState("fire");
  const [owner, setOwner] = useState(session?.username ?? "");
  const [reason, setReason] = useState("");
  const [span, setSpan] = useState<Span>({ start: "", length: 1800 });
  const classes = (limits?.items ?? []).filter((one) => one.drillable);
  const ready =
    scope.site !== undefined &&
    owner.trim() !== "" &&
    reason.trim() !== "" &&
    !Number.isNaN(endOf(span));
  return (
    <ActDialog
      title={t("holds.announce_drill")}
      submit={t("holds.announce_submit")}
      explain={t("holds.drill_text")}
      ready={ready}
      size="lg"
      act={() =>
        write("POST", "/drills", {
          owner: owner.trim(),
          reason: reason.trim(),
          alarm_class: chosen,
          ...scopeBody(scope),
          ...spanBody(span),
        })
      }
      onClose={onClose}
      onSettled={() => void queries.invalidateQueries({ queryKey: ["drills"] })}
    >
      <Select
        label={t("holds.drill_class")}
        description={t("holds.drill_class_text")}
        allowDeselect={false}
        data={classes.map((one) => ({ value: one.alarm_class, label: name(one.title) }))}
        value={chosen}
        onChange={(value) => setChosen(value ?? chosen)}
      />
      <ScopeFields scope={scope} onChange={setScope} />
      <TextInput
        label={t("holds.owner")}
        required
        maxLength={100}
        value={owner}
        onChange={(event) => setOwner(event.currentTarget.value)}
      />
      <Textarea
        label={t("console.reason")}
        required
        autosize
        minRows={2}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <SpanFields
        span={span}
        onChange={setSpan}
        choices={CHOICES}
        longest={limits?.longest_drill_s ?? 7200}
      />
    </ActDialog>
  );
}
