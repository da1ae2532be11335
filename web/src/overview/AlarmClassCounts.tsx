/** The open alarms by class, the most numerous first, each a way to its list. */

import { Link } from "@tanstack/react-router";
import { useWords } from "../i18n";
import { CheckIcon } from "../ui/icons";

export function AlarmClassCounts({
  classes,
  site,
}: {
  classes: Record<string, number>;
  site?: string;
}) {
  const { t, say } = useWords();
  const rows = Object.entries(classes).sort(([, a], [, b]) => b - a);
  const scope = site === undefined ? {} : { site };
  return (
    <section className="sw-panel" aria-labelledby="classes" data-testid="classes">
      <div className="sw-panel-head">
        <h2 id="classes">{t("overview.by_class")}</h2>
      </div>
      {rows.length === 0 ? (
        <p className="sw-quiet">
          <CheckIcon /> {t("overview.no_alarms")}
        </p>
      ) : (
        <ul className="sw-classes">
          {rows.map(([name, count]) => (
            <li key={name}>
              <Link to="/alarms" search={{ ...scope, class: name }}>
                {say("alarm_class", name)} <b>{count}</b>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
