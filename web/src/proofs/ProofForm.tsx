/** Noting that something was done to a device. */

import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { serviceNow, write } from "../api/client";
import { proofsQuery } from "../api/queries";
import type { ProofStanding } from "../api/schema";
import { dayOf } from "../format/time";
import { useWords } from "../i18n";

interface ProofFormProps {
  device: string;
  /** How many parts the device has. */
  parts: number;
  standings: readonly ProofStanding[];
}

export function ProofForm({ device, parts, standings }: ProofFormProps) {
  const { t, name } = useWords();
  const queries = useQueryClient();
  const [kind, setKind] = useState(standings[0]?.kind ?? "");
  const [day, setDay] = useState(dayOf(serviceNow()));
  const [due, setDue] = useState("");
  const [note, setNote] = useState("");
  const [whole, setWhole] = useState(parts > 0);
  const noting = useMutation({
    mutationFn: () =>
      write("POST", `/devices/${encodeURIComponent(device)}/proofs`, {
        kind,
        done_on: day,
        next_due: due || null,
        with_parts: whole && parts > 0,
        note: note.trim() || null,
      }),
    onSuccess: () => setNote(""),
    onSettled: () => queries.invalidateQueries({ queryKey: proofsQuery(device).queryKey }),
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    noting.mutate();
  };
  return (
    <form className="sw-filters" onSubmit={submit} aria-label={t("proof.note_title")}>
      <Select
        size="xs"
        label={t("proof.kind")}
        allowDeselect={false}
        data={standings.map((each) => ({ value: each.kind, label: name(each.label) }))}
        value={kind}
        onChange={(value) => setKind(value ?? kind)}
      />
      <TextInput
        size="xs"
        type="date"
        required
        label={t("proof.done_on")}
        value={day}
        onChange={(event) => setDay(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        type="date"
        label={t("proof.next_due")}
        value={due}
        onChange={(event) => setDue(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        label={t("alarms.note")}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {kind === "functional_test" && parts > 0 && (
        <Checkbox
          size="xs"
          label={t("proof.with_parts")}
          checked={whole}
          onChange={(event) => setWhole(event.currentTarget.checked)}
        />
      )}
      <Button size="xs" type="submit" loading={noting.isPending}>
        {t("proof.submit")}
      </Button>
      {noting.error !== null && (
        <p className="sw-warning" role="alert">
          {noting.error.message}
        </p>
      )}
    </form>
  );
}
