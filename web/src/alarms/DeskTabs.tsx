/** The pages of the alarm desk beside each other. */

import { Link } from "@tanstack/react-router";
import { useWords } from "../i18n";

export function DeskTabs() {
  const { t } = useWords();
  const exact = { includeSearch: false };
  return (
    <nav aria-label={t("console.tabs")} className="sw-nav sw-tabs">
      <Link to="/alarms" activeOptions={exact}>
        {t("alarms.title")}
      </Link>
      <Link to="/maintenance" activeOptions={exact}>
        {t("holds.windows")}
      </Link>
      <Link to="/drills" activeOptions={exact}>
        {t("holds.drills")}
      </Link>
      <Link to="/safety" activeOptions={exact}>
        {t("safety_report.title")}
      </Link>
      <Link to="/admin/rules" activeOptions={exact}>
        {t("admin.rules")}
      </Link>
    </nav>
  );
}
