/** The frame of an administration page: its title, the pages beside it, or that it may not be seen. */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useWords } from "../i18n";
import { Empty } from "../ui/states";
import { useAdminPages, type AdminPage } from "./pages";

export function AdminFrame({ page, children }: { page: AdminPage; children: ReactNode }) {
  const { t } = useWords();
  const pages = useAdminPages();
  if (!pages.includes(page)) {
    return <Empty title={t("error.forbidden_title")}>{t("error.forbidden")}</Empty>;
  }
  return (
    <div className="sw-page">
      <div className="sw-title">
        <h1>{t(`admin.${page}`)}</h1>
        {pages.length > 1 && (
          <nav aria-label={t("admin.tabs")} className="sw-nav sw-tabs">
            {pages.map((each) => (
              <Link key={each} to={`/admin/${each}`} activeOptions={{ includeSearch: false }}>
                {t(`admin.${each}`)}
              </Link>
            ))}
          </nav>
        )}
      </div>
      <p className="sw-dim sw-last sw-prose">{t(`admin.${page}_text`)}</p>
      {children}
    </div>
  );
}
