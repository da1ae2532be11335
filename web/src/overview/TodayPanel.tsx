/** The day so far in figures: energy drawn, made and charged, and the carbon of what was bought. */

import type { ReactNode } from "react";
import { decimal, percent, quantity } from "../format/number";
import { clockTime } from "../format/time";
import { useWords } from "../i18n";
import { Loaded } from "../ui/states";
import { useToday, type TodaySum } from "./today";

export function TodayPanel({ sites }: { sites: readonly string[] }) {
  const { t } = useWords();
  const answer = useToday(sites);
  return (
    <section className="sw-panel sw-today" aria-labelledby="today" data-testid="today">
      <div className="sw-panel-head">
        <h2 id="today">{t("today_panel.title")}</h2>
        {answer.data !== undefined && <Until today={answer.data} />}
      </div>
      <Loaded answer={answer}>{(today) => <TodayFigures today={today} />}</Loaded>
    </section>
  );
}

function Until({ today }: { today: TodaySum }) {
  const { t, language } = useWords();
  return (
    <span className="sw-dim sw-small">
      {t("today_panel.until", { time: clockTime(today.at, language) })}
      {today.missing > 0 && (
        <b className="sw-old">
          {" "}
          · {t("today_panel.missing", { share: percent(today.missing, language) })}
        </b>
      )}
    </span>
  );
}

export function TodayFigures({ today }: { today: TodaySum }) {
  const { t, language } = useWords();
  const rows = [
    ["consumption", today.consumption],
    ["bought", today.bought],
    ["pv", today.pv],
    ["fed_in", today.fedIn],
    ["charging", today.charging],
  ] as const;
  return (
    <>
      <dl className="sw-figures">
        {rows.map(([key, wh]) => (
          <Figure key={key} title={t(`today_panel.${key}`)}>
            <Energy wh={wh} />
          </Figure>
        ))}
        <Figure title={t("today_panel.carbon")}>
          {today.carbon === null ? (
            <UnknownFigure />
          ) : (
            <>
              <b>{decimal(today.carbon, today.carbon < 100 ? 1 : 0, language)}</b>{" "}
              <small>kgCO₂</small>
            </>
          )}
        </Figure>
      </dl>
      <Factor today={today} />
    </>
  );
}

function Figure({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Energy({ wh }: { wh: number | null }) {
  const { language } = useWords();
  if (wh === null) return <UnknownFigure />;
  const shown = quantity(wh, "Wh", language);
  return (
    <>
      <b>{shown.text}</b> <small>{shown.unit}</small>
    </>
  );
}

function UnknownFigure() {
  const { t } = useWords();
  return (
    <span className="sw-unknown">
      — <small>{t("value.unknown")}</small>
    </span>
  );
}

/** What the carbon was worked out with, as on every report. */
function Factor({ today }: { today: TodaySum }) {
  const { t, name, language } = useWords();
  const factor = today.factor;
  return (
    <p className="sw-dim sw-small sw-factor">
      {factor === null
        ? t("today_panel.no_factor")
        : t("today_panel.factor", {
            name: name(factor.label),
            version: factor.version,
            value: decimal(factor.value, 4, language),
            per: factor.per,
          })}
    </p>
  );
}
