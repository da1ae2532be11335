/** Taking an entry out of the duty list, after asking; a refusal says who still needs it. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { write } from "../api/client";
import { useWords } from "../i18n";
import { ActDialog } from "../ui/ActDialog";

interface RemoveButtonProps {
  kind: "contact" | "team" | "holiday";
  id: string;
  label: string;
}

export function RemoveButton({ kind, id, label }: RemoveButtonProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button
        size="compact-xs"
        variant="subtle"
        color="red"
        aria-label={t("duty.remove_of", { name: label })}
        onClick={() => setAsked(true)}
      >
        {t("duty.remove")}
      </Button>
      {asked && (
        <ActDialog
          title={t("duty.remove_of", { name: label })}
          submit={t("duty.remove")}
          explain={t("duty.remove_text")}
          act={() => write("DELETE", `/duty/${kind}/${encodeURIComponent(id)}`)}
          onClose={() => setAsked(false)}
          onSettled={() => void queries.invalidateQueries({ queryKey: ["duty"] })}
        />
      )}
    </>
  );
}
