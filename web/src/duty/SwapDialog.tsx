/** A swap on one date: it wins over the rotation and holidays, and is in the audit chain. */

import { Button, MultiSelect, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import type { DutyTurn, Schedule } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";
import { useContacts } from "./people";

interface SwapDialogProps {
  schedule: Schedule;
  turn: DutyTurn;
  onClose: () => void;
}

export function SwapDialog({ schedule, turn, onClose }: SwapDialogProps) {
  const { t, name } = useWords();
  const queries = useQueryClient();
  const contacts = useContacts();
  const isThis = (one: { date: string; shift: string }) =>
    one.date === turn.day && one.shift === turn.shift;
  const others = schedule.exceptions.filter((one) => !isThis(one));
  const [crew, setCrew] = useState(turn.crew);
  const [note, setNote] = useState(schedule.exceptions.find(isThis)?.note ?? "");
  const [back, setBack] = useState(false);
  const swap = { date: turn.day, shift: turn.shift, crew, note: note.trim() };
  return (
    <ActDialog
      title={t("duty.swap_title", { day: turn.day, shift: turn.shift })}
      submit={back ? t("duty.swap_undo") : t("duty.save")}
      explain={`${name(schedule.name)}. ${t("duty.swap_text")}`}
      act={() =>
        write("PUT", `/duty/${schedule.id}`, {
          ...schedule,
          exceptions: back ? others : [...others, swap],
        })
      }
      onClose={onClose}
      onSettled={() => void queries.invalidateQueries({ queryKey: ["duty"] })}
    >
      {turn.swapped && (
        <Button variant="default" size="xs" aria-pressed={back} onClick={() => setBack(!back)}>
          {back ? t("duty.swap_keep") : t("duty.swap_undo")}
        </Button>
      )}
      {!back && (
        <>
          <MultiSelect
            label={t("duty.crew")}
            placeholder={crew.length === 0 ? t("duty.nobody") : ""}
            searchable
            data={[...contacts.values()].map((one) => ({ value: one.id, label: one.name }))}
            value={crew}
            onChange={setCrew}
          />
          <TextInput
            label={t("alarms.ack_note")}
            maxLength={200}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </>
      )}
    </ActDialog>
  );
}
