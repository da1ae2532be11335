/** The pages of the acquisition beside each other. */

import { Link } from "@tanstack/react-router";
import { useWords } from "../i18n";
import { useMay } from "../session";

export function SystemTabs() {
  const { t } = useWords();
  const mayRead = useMay("dead_letters");
  if (!mayRead) return null;
  return (
    <nav aria-label={t("lines.tabs")} className="sw-nav sw-tabs">
      <Link to="/lines" activeOptions={{ includeSearch: false }}>
        {t("lines.title")}
      </Link>
      <Link to="/dead-letters">{t("dead_letters.title")}</Link>
    </nav>
  );
}
