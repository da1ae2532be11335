/** Where to go: only pages that the roles of the person open. */

import { Link, useLocation } from "@tanstack/react-router";
import { useWords } from "../i18n";
import { useAdminPages } from "../admin/pages";
import { useMay } from "../session";

/** The pages of the alarm desk are beside each other, and one entry here. */
const EXACT = { exact: true, includeSearch: false };
const BELOW = { includeSearch: false };

export function Navigation() {
  const { t } = useWords();
  const at = useLocation({ select: (location) => location.pathname });
  const mayWatch = useMay("watch");
  const mayReport = useMay("report");
  const mayOrders = useMay("orders");
  const mayDuty = useMay("duty");
  const mayLines = useMay("lines");
  const mayQuality = useMay("quality");
  const mayAudit = useMay("audit");
  const [admin] = useAdminPages();
  return (
    <nav aria-label={t("nav.label")} className="sw-nav">
      {mayWatch && (
        <>
          <Link to="/" activeOptions={EXACT}>
            {t("nav.overview")}
          </Link>
          <Link to="/alarms" activeOptions={BELOW}>
            {t("nav.alarms")}
          </Link>
          <Link to="/coverage" activeOptions={BELOW}>
            {t("coverage_page.title")}
          </Link>
          <Link to="/systems/$system" params={{ system: "elevator" }} activeOptions={BELOW}>
            {t("systems.nav")}
          </Link>
          <Link to="/wall" activeOptions={BELOW}>
            {t("wall.title")}
          </Link>
        </>
      )}
      {mayOrders && (
        <Link to="/orders" activeOptions={BELOW}>
          {t("orders.nav")}
        </Link>
      )}
      {mayDuty && (
        <Link to="/duty" activeOptions={BELOW}>
          {t("nav.duty")}
        </Link>
      )}
      {mayReport && (
        <>
          <Link to="/energy" activeOptions={BELOW}>
            {t("nav.energy")}
          </Link>
          <Link to="/reports" activeOptions={BELOW}>
            {t("nav.reports")}
          </Link>
        </>
      )}
      {mayQuality && (
        <Link to="/quality" activeOptions={BELOW}>
          {t("nav.quality")}
        </Link>
      )}
      {mayLines && (
        <Link to="/lines" activeOptions={BELOW}>
          {t("nav.lines")}
        </Link>
      )}
      {mayAudit && (
        <Link to="/evidence" activeOptions={BELOW}>
          {t("nav.evidence")}
        </Link>
      )}
      {admin !== undefined && admin !== "rules" && (
        <Link
          to={`/admin/${admin}`}
          className={at.startsWith("/admin/") ? "active" : ""}
          activeOptions={BELOW}
        >
          {t("admin.nav")}
        </Link>
      )}
    </nav>
  );
}
