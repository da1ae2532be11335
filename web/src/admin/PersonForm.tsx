/** A new person, or other roles and sites for one. */

import { TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { personAt, refreshAccess } from "../api/admin";
import { postJson, putJson } from "../api/client";
import type { MadePassword, PersonItem } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";
import { isWhole, type Access } from "./access";
import { AccessFields } from "./AccessFields";

interface PersonFormProps {
  person: PersonItem | undefined;
  onMade: (made: MadePassword) => void;
  onClose: () => void;
}

export function PersonForm({ person, onMade, onClose }: PersonFormProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [username, setUsername] = useState(person?.username ?? "");
  const [access, setAccess] = useState<Access>({
    roles: person?.roles ?? [],
    sites: person?.sites ?? [],
  });
  const act = async () => {
    if (person !== undefined) await putJson(personAt(person.username), access);
    else onMade(await postJson<MadePassword>("/people", { username: username.trim(), ...access }));
  };
  return (
    <ActDialog
      title={
        person === undefined
          ? t("admin.add_person")
          : t("admin.edit_person", { name: person.username })
      }
      submit={t(person === undefined ? "admin.add" : "admin.save")}
      explain={t(person === undefined ? "admin.add_person_text" : "admin.edit_person_text")}
      ready={username.trim() !== "" && isWhole(access)}
      act={act}
      onClose={onClose}
      onSettled={() => refreshAccess(queries)}
      size="lg"
    >
      {person === undefined && (
        <TextInput
          label={t("login.username")}
          required
          maxLength={63}
          autoComplete="off"
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
      )}
      <AccessFields access={access} onChange={setAccess} />
    </ActDialog>
  );
}
