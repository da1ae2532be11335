/** What can be done about an account, each with its question first. */

import { ActionIcon, Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { personAt, refreshAccess } from "../api/admin";
import { postJson, write } from "../api/client";
import type { MadePassword, PersonItem } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";
import { MoreIcon } from "../ui/icons";

const DEEDS = ["password", "sessions", "factor", "unlock", "close", "reopen"] as const;
type Deed = (typeof DEEDS)[number];

/** Which deeds make sense for an account as it is. */
function deedsFor(person: PersonItem): Deed[] {
  if (person.closed_at !== null) return ["reopen"];
  return DEEDS.filter((deed) => {
    if (deed === "reopen") return false;
    if (deed === "sessions") return person.sessions > 0;
    if (deed === "factor") return person.second_factor;
    if (deed === "unlock") return person.locked_until !== null;
    return true;
  });
}

interface PersonMenuProps {
  person: PersonItem;
  onEdit: () => void;
  onMade: (made: MadePassword) => void;
}

export function PersonMenu({ person, onEdit, onMade }: PersonMenuProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Deed | null>(null);
  const at = personAt(person.username);
  const act: Record<Deed, () => Promise<void>> = {
    password: async () => onMade(await postJson<MadePassword>(`${at}/password`, {})),
    sessions: () => write("DELETE", `${at}/sessions`),
    factor: () => write("DELETE", `${at}/second-factor`),
    unlock: () => write("DELETE", `${at}/lockout`),
    close: () => write("DELETE", at),
    reopen: async () => onMade(await postJson<MadePassword>(`${at}/reopen`, {})),
  };
  const name = person.username;
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("admin.actions_of", { name })}
            data-menu={name}
          >
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {person.closed_at === null && (
            <Menu.Item onClick={onEdit}>{t("admin.act_edit")}</Menu.Item>
          )}
          {deedsFor(person).map((deed) => (
            <Menu.Item
              key={deed}
              {...(deed === "close" ? { color: "red" } : {})}
              onClick={() => setAsked(deed)}
            >
              {t(`admin.act_${deed}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {asked !== null && (
        <ActDialog
          title={t("admin.act_of", { act: t(`admin.act_${asked}`), name })}
          submit={t(`admin.act_${asked}`)}
          explain={t(`admin.act_${asked}_text`)}
          act={act[asked]}
          onClose={() => setAsked(null)}
          onSettled={() => refreshAccess(queries)}
        />
      )}
    </>
  );
}
