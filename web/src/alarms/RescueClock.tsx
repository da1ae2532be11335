/** The rescue of people who are trapped: what was done, what is next, and how much time is left. */

import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import type { AlarmItem, RescueItem } from "../api/schema";
import { clockTime, duration } from "../format/time";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { useMay } from "../session";
import { HighIcon } from "../ui/icons";
import { refreshAlarms } from "./useAlarms";

const STEPS = ["on_the_way", "on_site", "released"] as const;
type Step = (typeof STEPS)[number];

function saidAt(rescue: RescueItem, step: Step): string | null {
  return {
    on_the_way: rescue.on_the_way_at,
    on_site: rescue.on_site_at,
    released: rescue.released_at,
  }[step];
}

/** The steps that may still be said: those after the last that was. */
function open(rescue: RescueItem): Step[] {
  const last = STEPS.findLastIndex((step) => saidAt(rescue, step) !== null);
  return STEPS.slice(last + 1);
}

export function RescueClock({ alarm }: { alarm: AlarmItem }) {
  const { t, language } = useWords();
  const { rescue } = alarm;
  if (rescue == null) return null;
  return (
    <section aria-labelledby="rescue" data-testid="rescue">
      <h2 id="rescue" className="sw-h3">
        {t("rescue.title")}
      </h2>
      <Due rescue={rescue} />
      <ol className="sw-events">
        {STEPS.map((step) => {
          const at = saidAt(rescue, step);
          if (at === null) return null;
          return (
            <li key={step} data-step={step}>
              <time dateTime={at}>{clockTime(Date.parse(at), language)}</time>
              <b>{t(`rescue.${step}`)}</b>
            </li>
          );
        })}
      </ol>
      {alarm.state !== "cleared" && <Steps alarm={alarm} rescue={rescue} />}
    </section>
  );
}

function Due({ rescue }: { rescue: RescueItem }) {
  const { t, language } = useWords();
  const now = useNow();
  const due = Date.parse(rescue.due_at);
  const time = clockTime(due, language);
  if (rescue.on_site_at !== null || rescue.released_at !== null) {
    return rescue.late ? (
      <p className="sw-warning">
        <HighIcon /> {t("rescue.was_late", { time })}
      </p>
    ) : (
      <p className="sw-dim">{t("rescue.in_time", { time })}</p>
    );
  }
  const left = due - now;
  return left >= 0 ? (
    <p role="timer">{t("rescue.due", { time, age: duration(left, language) })}</p>
  ) : (
    <p className="sw-warning" role="timer">
      <HighIcon /> {t("rescue.late", { time, age: duration(-left, language) })}
    </p>
  );
}

function Steps({ alarm, rescue }: { alarm: AlarmItem; rescue: RescueItem }) {
  const { t } = useWords();
  const may = useMay("acknowledge");
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const saying = useMutation({
    mutationFn: (step: Step) =>
      write("POST", `/alarms/${alarm.id}/rescue`, { step, note: note.trim() || null }),
    onSuccess: () => setNote(""),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["alarm-events", alarm.id] });
      refreshAlarms(queries);
    },
  });
  const steps = open(rescue);
  if (steps.length === 0 || !may) return null;
  return (
    <>
      <TextInput
        size="xs"
        label={t("alarms.ack_note")}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <div className="sw-actions sw-steps">
        {steps.map((step, index) => (
          <Button
            key={step}
            size="compact-sm"
            variant={index === 0 ? "filled" : "default"}
            disabled={saying.isPending}
            onClick={() => saying.mutate(step)}
          >
            {t(`rescue.${step}`)}
          </Button>
        ))}
      </div>
      {saying.error !== null && (
        <p className="sw-warning" role="alert">
          {saying.error.message}
        </p>
      )}
    </>
  );
}
