/** Maintenance windows: what is out of service, by whose word, until when. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { windowsQuery } from "../api/deskQueries";
import { HoldPage } from "../holds/HoldPage";
import { WindowForm } from "../holds/WindowForm";
import { WindowTable } from "../holds/WindowTable";
import { useWords } from "../i18n";
import { useMay } from "../session";

export function MaintenancePage() {
  const { t } = useWords();
  const mayPlan = useMay("plan");
  return (
    <HoldPage
      title={t("holds.windows_title")}
      explain={t("holds.windows_explain")}
      none={t("holds.no_windows")}
      create={mayPlan ? t("holds.plan_window") : undefined}
      form={(onClose) => <WindowForm onClose={onClose} />}
      answer={useInfiniteQuery(windowsQuery)}
    >
      {(windows) => <WindowTable windows={windows} />}
    </HoldPage>
  );
}
