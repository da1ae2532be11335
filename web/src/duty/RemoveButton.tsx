/** Taking an entry out of the duty list, after asking; a refusal says who still needs it. */

import { useQueryClient } from "@tanstack/react-query";
import { write } from "../api/client";
import { useWords } from "../i18n";
import { AskButton } from "../ui/AskButton";

interface RemoveButtonProps {
  kind: "contact" | "team" | "holiday";
  id: string;
  label: string;
}

export function RemoveButton({ kind, id, label }: RemoveButtonProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  return (
    <AskButton
      label={t("duty.remove")}
      title={t("duty.remove_of", { name: label })}
      explain={t("duty.remove_text")}
      act={() => write("DELETE", `/duty/${kind}/${encodeURIComponent(id)}`)}
      onSettled={() => void queries.invalidateQueries({ queryKey: ["duty"] })}
    />
  );
}
