/** Everything a person can do to an alarm, each in a dialog with what it means. */

import { Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import type { AlarmItem } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog, sendsOnEnter } from "../ui/ActDialog";
import type { AlarmAct } from "./alarmActs";
import { AlarmHeadline } from "./AlarmHeadline";
import { FindingDialog } from "./FindingDialog";
import { ShelveDialog } from "./ShelveDialog";
import { refreshAlarms } from "./useAlarms";

export interface OneAlarm {
  alarm: AlarmItem;
  onClose: () => void;
}

export function AlarmDialog({ alarm, act, onClose }: OneAlarm & { act: AlarmAct }) {
  if (act === "shelve") return <ShelveDialog alarm={alarm} onClose={onClose} />;
  if (act === "finding") return <FindingDialog alarm={alarm} onClose={onClose} />;
  return <NoteDialog alarm={alarm} act={act} onClose={onClose} />;
}

const WORDS = {
  ack: {
    title: "alarms.ack_title",
    text: "alarms.ack_text",
    note: "alarms.ack_note",
    submit: "alarms.ack_submit",
  },
  reset: {
    title: "alarms.reset_title",
    text: "alarms.reset_text",
    note: "alarms.reset_note",
    submit: "alarms.reset_submit",
  },
  unshelve: {
    title: "console.unshelve_title",
    text: "console.unshelve_text",
    note: "alarms.ack_note",
    submit: "console.unshelve_submit",
  },
} as const;

/** Acknowledging, resetting, unshelving: a note, which only a reset needs. */
function NoteDialog({ alarm, act, onClose }: OneAlarm & { act: keyof typeof WORDS }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const words = WORDS[act];
  const needed = act === "reset";
  return (
    <ActDialog
      title={t(words.title)}
      submit={t(words.submit)}
      explain={t(words.text)}
      ready={!needed || note.trim() !== ""}
      act={() => write("POST", `/alarms/${alarm.id}/${act}`, { note: note.trim() || null })}
      onClose={onClose}
      onSettled={() => refreshAlarms(queries)}
    >
      <AlarmHeadline alarm={alarm} />
      <Textarea
        label={t(words.note)}
        placeholder={needed ? t("alarms.reset_placeholder") : ""}
        required={needed}
        data-autofocus
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
