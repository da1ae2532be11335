/** On every page while a drill runs: what it covers and when it ends. It hides nothing else. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { drillsQuery } from "../api/deskQueries";
import { clockTime, countdown } from "../format/time";
import { holdState } from "../holds/holdState";
import { ScopeText } from "../holds/ScopeText";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";

export function DrillBar() {
  const { t, say, language } = useWords();
  const now = useNow();
  const drills = useInfiniteQuery(drillsQuery).data?.pages.flatMap((page) => page.items) ?? [];
  const running = drills.filter((one) => holdState(one, now) === "running");
  if (running.length === 0) return null;
  return (
    <section className="sw-drills" aria-label={t("holds.drills")} data-testid="drill-bar">
      {running.map((one) => (
        <p key={one.id}>
          <b className="sw-test">{t("holds.drill")}</b> <b>{say("alarm_class", one.alarm_class)}</b>{" "}
          · <ScopeText site={one.site} devices={one.devices} /> ·{" "}
          {t("holds.drill_ends", {
            time: clockTime(Date.parse(one.ends_at), language),
            left: countdown(Date.parse(one.ends_at) - now),
          })}{" "}
          · {one.owner} · <Link to="/drills">{t("holds.drills")}</Link>
        </p>
      ))}
    </section>
  );
}
