/** What an alarm turned out to be: noted by a person, also once it is over. */

import { Radio, Stack, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import type { Finding } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog, sendsOnEnter } from "../ui/ActDialog";
import type { OneAlarm } from "./AlarmDialogs";
import { AlarmHeadline } from "./AlarmHeadline";
import { refreshAlarms } from "./useAlarms";

export const FINDINGS: readonly Finding[] = [
  "real",
  "false_alarm",
  "device_fault",
  "test",
  "unknown",
];

export function FindingDialog({ alarm, onClose }: OneAlarm) {
  const { t, say } = useWords();
  const queries = useQueryClient();
  const [finding, setFinding] = useState<string>("");
  const [note, setNote] = useState("");
  return (
    <ActDialog
      title={t("console.finding_title")}
      submit={t("console.finding_submit")}
      explain={t("console.finding_text")}
      ready={finding !== ""}
      act={() =>
        write("POST", `/alarms/${alarm.id}/finding`, { finding, note: note.trim() || null })
      }
      onClose={onClose}
      onSettled={() => refreshAlarms(queries)}
    >
      <AlarmHeadline alarm={alarm} />
      <Radio.Group
        label={t("console.finding_label")}
        required
        value={finding}
        onChange={setFinding}
      >
        <Stack gap={6} mt={6}>
          {FINDINGS.map((each) => (
            <Radio key={each} value={each} label={say("finding", each)} />
          ))}
        </Stack>
      </Radio.Group>
      <Textarea
        label={t("alarms.ack_note")}
        autosize
        minRows={2}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        onKeyDown={sendsOnEnter}
      />
    </ActDialog>
  );
}
