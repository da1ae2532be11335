/** Choosing the team or the person who gets a work order. */

import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { assigneesQuery } from "../api/orders";
import { useWords } from "../i18n";

export interface Chosen {
  team: string | null;
  assignee: string | null;
}
export const NOBODY: Chosen = { team: null, assignee: null };

interface AssigneeFieldsProps {
  site: string | undefined;
  chosen: Chosen;
  onChange: (chosen: Chosen) => void;
}

export function AssigneeFields({ site, chosen, onChange }: AssigneeFieldsProps) {
  const { t, name } = useWords();
  const { data } = useQuery({ ...assigneesQuery(site), enabled: site !== undefined });
  const teams = data?.teams ?? [];
  return (
    <>
      {teams.length > 0 && (
        <Select
          label={t("orders.team")}
          clearable
          placeholder={t("orders.nobody")}
          data={teams.map((each) => ({ value: each.id, label: name(each.name) }))}
          value={chosen.team}
          onChange={(team) => onChange({ ...chosen, team })}
        />
      )}
      <Select
        label={t("orders.assignee")}
        clearable
        searchable
        placeholder={t("orders.nobody")}
        data={data?.people ?? []}
        value={chosen.assignee}
        onChange={(assignee) => onChange({ ...chosen, assignee })}
      />
    </>
  );
}
