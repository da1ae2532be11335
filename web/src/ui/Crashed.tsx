import { Button } from "@mantine/core";
import { useWords } from "../i18n";
import { HighIcon } from "./icons";

/** A page that failed while drawing, or a part of it that could not be fetched. */
export function Crashed({ error }: { error: unknown }) {
  const { t } = useWords();
  return (
    <div className="sw-empty" role="alert">
      <span className="sw-sev-high">
        <HighIcon size={24} />
      </span>
      <strong>{t("error.crash_title")}</strong>
      <span>{t("error.crash")}</span>
      <code className="sw-dim">{error instanceof Error ? error.message : String(error)}</code>
      <Button size="xs" variant="default" onClick={() => location.reload()}>
        {t("error.reload")}
      </Button>
    </div>
  );
}
