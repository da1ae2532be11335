/** A new token: its name, what it may do and where, and when it ends. */

import { Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { refreshAccess } from "../api/admin";
import { postJson, serviceNow } from "../api/client";
import type { MadeToken } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";
import { isWhole, type Access } from "./access";
import { AccessFields } from "./AccessFields";

const DAY = 86_400_000;
const ENDS = ["30", "90", "365", "never"] as const;
type End = (typeof ENDS)[number];

interface TokenFormProps {
  onMade: (made: MadeToken) => void;
  onClose: () => void;
}

export function TokenForm({ onMade, onClose }: TokenFormProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [end, setEnd] = useState<End>("90");
  const [access, setAccess] = useState<Access>({ roles: [], sites: [] });
  const expires = () =>
    end === "never" ? null : new Date(serviceNow() + Number(end) * DAY).toISOString();
  const act = async () =>
    onMade(
      await postJson<MadeToken>("/tokens", {
        name: name.trim(),
        expires_at: expires(),
        ...access,
      }),
    );
  return (
    <ActDialog
      title={t("admin.add_token")}
      submit={t("admin.add")}
      explain={t("admin.add_token_text")}
      ready={name.trim() !== "" && isWhole(access)}
      act={act}
      onClose={onClose}
      onSettled={() => refreshAccess(queries)}
      size="lg"
    >
      <TextInput
        label={t("admin.token")}
        description={t("admin.token_name_text")}
        required
        maxLength={64}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t("admin.ends")}
        allowDeselect={false}
        data={ENDS.map((each) => ({ value: each, label: t(`admin.ends_${each}`) }))}
        value={end}
        onChange={(value) => setEnd(ENDS.find((each) => each === value) ?? "90")}
      />
      <AccessFields access={access} onChange={setAccess} />
    </ActDialog>
  );
}
