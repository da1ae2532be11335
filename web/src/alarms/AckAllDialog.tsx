/**
 * Acknowledging an incident: every alarm of it that was there when the dialog opened, one by one,
 * each with its own row in the evidence. What is raised meanwhile stays unacknowledged.
 */

import { Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, getJson, write } from "../api/client";
import type { GroupFilter } from "../api/deskQueries";
import type { AlarmGroupItem, AlarmPage } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog, sendsOnEnter } from "../ui/ActDialog";
import { AlarmHeadline } from "./AlarmHeadline";
import { refreshAlarms } from "./useAlarms";

/** Requests at a time. */
const LANES = 4;

interface AckAllDialogProps {
  group: AlarmGroupItem;
  filter: GroupFilter;
  onClose: () => void;
}

export function AckAllDialog({ group, filter, onClose }: AckAllDialogProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [seen] = useState(group);
  const [note, setNote] = useState("");
  const [done, setDone] = useState(0);
  const acknowledge = async () => {
    setDone(0);
    const left = await waiting(seen, filter);
    const lane = async () => {
      for (let alarm = left.shift(); alarm !== undefined; alarm = left.shift()) {
        await acknowledgeOne(alarm, note.trim() || null);
        setDone((count) => count + 1);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  };
  return (
    <ActDialog
      title={t("console.ack_all_title", { count: seen.unacked })}
      submit={t("console.ack_all", { count: seen.unacked })}
      explain={t("console.ack_all_text")}
      act={acknowledge}
      onClose={onClose}
      onSettled={() => refreshAlarms(queries)}
    >
      <AlarmHeadline alarm={seen.lead} />
      <Textarea
        label={t("alarms.ack_note")}
        data-autofocus
        autosize
        minRows={2}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        onKeyDown={sendsOnEnter}
      />
      {done > 0 && (
        <p className="sw-dim sw-last" role="status">
          {t("console.acked_so_far", { count: done, all: seen.unacked })}
        </p>
      )}
    </ActDialog>
  );
}

async function acknowledgeOne(alarm: number, note: string | null): Promise<void> {
  try {
    await write("POST", `/alarms/${alarm}/ack`, { note });
  } catch (error) {
    // One that has ended meanwhile needs nobody any more.
    if (!(error instanceof ApiError) || !error.is("conflict")) throw error;
  }
}

/** The unacknowledged alarms of an incident that had been raised when it was shown. */
async function waiting(seen: AlarmGroupItem, filter: GroupFilter): Promise<number[]> {
  const found: number[] = [];
  let after: string | undefined;
  do {
    const page = await getJson<AlarmPage>("/alarms", {
      ...filter,
      state: "unacked",
      group: seen.group,
      limit: 500,
      after,
    });
    for (const alarm of page.items) {
      const shown = Date.parse(alarm.raised_at) <= Date.parse(seen.last_at);
      if (shown && !alarm.test) found.push(alarm.id);
    }
    after = page.next ?? undefined;
  } while (after !== undefined);
  return found.reverse();
}
