/** Drills: announced beforehand, running, and held. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { drillsQuery } from "../api/deskQueries";
import { DrillForm } from "../holds/DrillForm";
import { DrillTable } from "../holds/DrillTable";
import { HoldPage } from "../holds/HoldPage";
import { useWords } from "../i18n";
import { useMay } from "../session";

export function DrillsPage() {
  const { t } = useWords();
  const mayAnnounce = useMay("drill");
  return (
    <HoldPage
      title={t("holds.drills_title")}
      explain={t("holds.drills_explain")}
      none={t("holds.no_drills")}
      create={mayAnnounce ? t("holds.announce_drill") : undefined}
      form={(onClose) => <DrillForm onClose={onClose} />}
      answer={useInfiniteQuery(drillsQuery)}
    >
      {(drills) => <DrillTable drills={drills} />}
    </HoldPage>
  );
}
