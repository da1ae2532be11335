/** Planning a maintenance window: what is out of service, by whose word, why and until when. */

import { MultiSelect, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import { classesQuery } from "../api/deskQueries";
import { useWords } from "../i18n";
import { useSession } from "../session";
import { ActDialog } from "../ui/ActDialog";
import { HighIcon } from "../ui/icons";
import { NO_SCOPE, scopeBody, ScopeFields } from "./ScopeFields";
import { endOf, spanBody, SpanFields, type Span } from "./SpanFields";

/** [s] */
const CHOICES = [3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600, 86_400, 3 * 86_400, 7 * 86_400];

export function WindowForm({ onClose }: { onClose: () => void }) {
  const { t, name } = useWords();
  const queries = useQueryClient();
  const session = useSession();
  const limits = useQuery(classesQuery).data;
  const [scope, setScope] = useState(NO_SCOPE);
  const [classes, setClasses] = useState<string[]>([]);
  const [owner, setOwner] = useState(session?.username ?? "");
  const [reason, setReason] = useState("");
  const [span, setSpan] = useState<Span>({ start: "", length: 2 * 3600 });
  const items = limits?.items ?? [];
  const two = items.some((one) => one.two_persons && classes.includes(one.alarm_class));
  const longest =
    (two ? limits?.longest_window_two_persons_s : limits?.longest_window_s) ?? 12 * 3600;
  const within: Span = { ...span, length: Math.min(span.length, longest) };
  const ready =
    scope.site !== undefined &&
    owner.trim() !== "" &&
    reason.trim() !== "" &&
    !Number.isNaN(endOf(within));
  return (
    <ActDialog
      title={t("holds.plan_window")}
      submit={t("holds.plan_submit")}
      explain={t("holds.window_text")}
      ready={ready}
      size="lg"
      act={() =>
        write("POST", "/maintenance", {
          owner: owner.trim(),
          reason: reason.trim(),
          ...scopeBody(scope),
          classes,
          ...spanBody(within),
        })
      }
      onClose={onClose}
      onSettled={() => {
        void queries.invalidateQueries({ queryKey: ["maintenance"] });
        void queries.invalidateQueries({ queryKey: ["alarms"] });
      }}
    >
      <ScopeFields scope={scope} onChange={setScope} />
      <MultiSelect
        label={t("holds.classes")}
        description={t("holds.classes_text")}
        placeholder={classes.length === 0 ? t("holds.ordinary_classes") : ""}
        searchable
        clearable
        data={items.map((one) => ({ value: one.alarm_class, label: name(one.title) }))}
        value={classes}
        onChange={setClasses}
      />
      {two && (
        <p className="sw-warning" role="status">
          <HighIcon size={14} /> {t("holds.two_persons")}
        </p>
      )}
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
      <SpanFields span={within} onChange={setSpan} choices={CHOICES} longest={longest} />
    </ActDialog>
  );
}
