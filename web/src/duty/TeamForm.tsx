/** One team: its members in the order in which they are named, and the sites it is for. */

import { MultiSelect, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import type { Team } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";
import { useSites } from "../useSites";
import { useContacts } from "./people";

export function TeamForm({ team, onClose }: { team: Team | undefined; onClose: () => void }) {
  const { t, name } = useWords();
  const queries = useQueryClient();
  const contacts = useContacts();
  const tree = useSites().data;
  const [id, setId] = useState(team?.id ?? "");
  const [zh, setZh] = useState(team?.name.zh ?? "");
  const [en, setEn] = useState(team?.name.en ?? "");
  const [members, setMembers] = useState(team?.members ?? []);
  const [sites, setSites] = useState(team?.sites ?? []);
  return (
    <ActDialog
      title={t(team === undefined ? "duty.add_team" : "duty.edit_team")}
      submit={t("duty.save")}
      ready={[id, zh, en].every((each) => each.trim() !== "") && members.length > 0}
      act={() =>
        write("PUT", `/teams/${encodeURIComponent(id.trim())}`, {
          id: id.trim(),
          name: { zh: zh.trim(), en: en.trim() },
          members,
          sites,
        })
      }
      onClose={onClose}
      onSettled={() => void queries.invalidateQueries({ queryKey: ["duty"] })}
    >
      <TextInput
        label={t("duty.id")}
        description={t("duty.id_text")}
        required
        disabled={team !== undefined}
        maxLength={63}
        value={id}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <TextInput
        label={t("duty.name_zh")}
        required
        value={zh}
        onChange={(event) => setZh(event.currentTarget.value)}
      />
      <TextInput
        label={t("duty.name_en")}
        required
        value={en}
        onChange={(event) => setEn(event.currentTarget.value)}
      />
      <MultiSelect
        label={t("duty.members")}
        required
        searchable
        data={[...contacts.values()].map((one) => ({ value: one.id, label: one.name }))}
        value={members}
        onChange={setMembers}
      />
      <MultiSelect
        label={t("duty.sites")}
        placeholder={sites.length === 0 ? t("duty.everywhere") : ""}
        searchable
        limit={100}
        data={(tree?.nodes ?? []).map((one) => ({ value: one.id, label: name(one.name) }))}
        value={sites}
        onChange={setSites}
      />
    </ActDialog>
  );
}
