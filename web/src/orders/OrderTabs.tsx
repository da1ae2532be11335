/** The list of work orders and the workload, for those who may see it, beside each other. */

import { Link } from "@tanstack/react-router";
import { useWords } from "../i18n";
import { useMay } from "../session";

export function OrderTabs() {
  const { t } = useWords();
  if (!useMay("report")) return null;
  const exact = { exact: true, includeSearch: false };
  return (
    <nav aria-label={t("orders.title")} className="sw-nav sw-tabs">
      <Link to="/orders" activeOptions={exact}>
        {t("workload.list")}
      </Link>
      <Link to="/orders/workload" activeOptions={exact}>
        {t("workload.title")}
      </Link>
    </nav>
  );
}
