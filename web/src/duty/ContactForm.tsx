/** One contact: who it is, and by what it can be reached. */

import { Select, SimpleGrid, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import type { Contact } from "../api/schema";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";

const FIELDS = ["phone", "email", "wecom", "webhook", "account"] as const;

export function ContactForm({
  contact,
  onClose,
}: {
  contact: Contact | undefined;
  onClose: () => void;
}) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [id, setId] = useState(contact?.id ?? "");
  const [name, setName] = useState(contact?.name ?? "");
  const [language, setLanguage] = useState(contact?.languages[0] ?? "zh");
  const [ways, setWays] = useState(() =>
    Object.fromEntries(FIELDS.map((each) => [each, contact?.[each] ?? ""])),
  );
  const body = () => {
    const given = FIELDS.map((each) => [each, ways[each]?.trim() || null] as const);
    const others = contact?.languages.filter((each) => each !== language) ?? [];
    return {
      ...contact,
      id: id.trim(),
      name: name.trim(),
      languages: [language, ...others],
      ...Object.fromEntries(given),
    };
  };
  return (
    <ActDialog
      title={t(contact === undefined ? "duty.add_contact" : "duty.edit_contact")}
      submit={t("duty.save")}
      ready={id.trim() !== "" && name.trim() !== ""}
      act={() => write("PUT", `/contacts/${encodeURIComponent(id.trim())}`, body())}
      onClose={onClose}
      onSettled={() => void queries.invalidateQueries({ queryKey: ["duty"] })}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput
          label={t("duty.id")}
          description={t("duty.id_text")}
          required
          disabled={contact !== undefined}
          maxLength={63}
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <TextInput
          label={t("duty.name")}
          description={t("duty.name_text")}
          required
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t("duty.language")}
          allowDeselect={false}
          data={[
            { value: "zh", label: "中文" },
            { value: "en", label: "English" },
          ]}
          value={language}
          onChange={(value) => setLanguage(value === "en" ? "en" : "zh")}
        />
        {FIELDS.map((each) => (
          <TextInput
            key={each}
            label={t(`duty.by_${each}`)}
            maxLength={500}
            value={ways[each] ?? ""}
            onChange={(event) => {
              const value = event.currentTarget.value;
              setWays((old) => ({ ...old, [each]: value }));
            }}
          />
        ))}
      </SimpleGrid>
    </ActDialog>
  );
}
