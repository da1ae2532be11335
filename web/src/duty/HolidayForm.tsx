/** A date that is not what its weekday says: a holiday, or a weekend day that is worked. */

import { Checkbox, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";

export function HolidayForm({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [date, setDate] = useState("");
  const [name, setName] = useState("");
  const [working, setWorking] = useState(false);
  return (
    <ActDialog
      title={t("duty.add_holiday")}
      submit={t("duty.save")}
      ready={date !== ""}
      act={() => write("PUT", `/holidays/${date}`, { date, name: name.trim(), working })}
      onClose={onClose}
      onSettled={() => void queries.invalidateQueries({ queryKey: ["duty"] })}
    >
      <TextInput
        type="date"
        label={t("duty.day")}
        required
        value={date}
        onChange={(event) => setDate(event.currentTarget.value)}
      />
      <TextInput
        label={t("duty.name")}
        maxLength={64}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox
        label={t("duty.working")}
        checked={working}
        onChange={(event) => setWorking(event.currentTarget.checked)}
      />
    </ActDialog>
  );
}
