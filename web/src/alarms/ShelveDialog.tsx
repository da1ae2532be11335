/** Putting an alarm aside: for a time that its class allows, or until it has returned to normal. */

import { Checkbox, Select, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { serviceNow, write } from "../api/client";
import { dateTime, duration } from "../format/time";
import { useWords } from "../i18n";
import { ActDialog, sendsOnEnter } from "../ui/ActDialog";
import type { OneAlarm } from "./AlarmDialogs";
import { AlarmHeadline } from "./AlarmHeadline";
import { refreshAlarms } from "./useAlarms";

/** What is offered, as far as the class allows it. [s] */
const CHOICES = [900, 3600, 4 * 3600, 8 * 3600, 86_400, 3 * 86_400, 7 * 86_400];

export function ShelveDialog({ alarm, onClose }: OneAlarm) {
  const { t, language } = useWords();
  const queries = useQueryClient();
  const longest = alarm.max_time_shelved_s ?? 0;
  const choices = [...new Set([...CHOICES.filter((each) => each < longest), longest])];
  const [chosen, setChosen] = useState(String(choices.find((each) => each >= 3600) ?? longest));
  const [once, setOnce] = useState(false);
  const [reason, setReason] = useState("");
  return (
    <ActDialog
      title={t("console.shelve_title")}
      submit={t("console.shelve_submit")}
      explain={t("console.shelve_text")}
      ready={reason.trim() !== ""}
      act={() =>
        write("POST", `/alarms/${alarm.id}/shelve`, {
          reason: reason.trim(),
          duration_s: Number(chosen),
          once,
        })
      }
      onClose={onClose}
      onSettled={() => refreshAlarms(queries)}
    >
      <AlarmHeadline alarm={alarm} />
      <Select
        label={t("console.shelve_for")}
        description={t("console.shelve_most", { age: duration(longest * 1000, language) })}
        allowDeselect={false}
        data={choices.map((each) => ({
          value: String(each),
          label: duration(each * 1000, language),
        }))}
        value={chosen}
        onChange={(value) => setChosen(value ?? chosen)}
      />
      <p className="sw-dim sw-last sw-small">
        {t("console.ends_at", {
          time: dateTime(serviceNow() + Number(chosen) * 1000, language),
        })}
      </p>
      <Checkbox
        label={t("console.shelve_once")}
        checked={once}
        onChange={(event) => setOnce(event.currentTarget.checked)}
      />
      <Textarea
        label={t("console.reason")}
        required
        data-autofocus
        autosize
        minRows={2}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        onKeyDown={sendsOnEnter}
      />
    </ActDialog>
  );
}
