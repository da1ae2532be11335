/** Figures of a line: what it does not count is a dot with a word, what is not known yet a dash. */

import { decimal, UNKNOWN } from "../format/number";
import type { Language } from "../format/time";
import { useWords } from "../i18n";

/** `12 ms`, `1.5 s` */
export function lateness(ms: number, language: Language): string {
  if (ms < 1000) return `${decimal(ms, 0, language)} ms`;
  return `${decimal(ms / 1000, 1, language)} ${language === "zh" ? "秒" : "s"}`;
}

/** Something per second; what happens seldom must not read as never. */
export function perSecond(rate: number, language: Language): string {
  if (rate > 0 && rate < 0.01) return "<0.01";
  return decimal(rate, rate >= 100 || rate === 0 ? 0 : rate >= 10 ? 1 : 2, language);
}

export function Lateness({ ms }: { ms: number | null }) {
  const { language } = useWords();
  return ms === null ? <Count count={undefined} /> : <>{lateness(ms, language)}</>;
}

export function Rate({ rate }: { rate: number | undefined }) {
  const { t, language } = useWords();
  if (rate === undefined) {
    return (
      <span className="sw-dim" title={t("lines.rate_wait")}>
        {UNKNOWN}
        <span className="sw-hidden">{t("lines.rate_wait")}</span>
      </span>
    );
  }
  return <>{perSecond(rate, language)}</>;
}

interface CountProps {
  count: number | undefined;
  rate?: number | undefined;
  /** What is counted is the line's work, and no trouble. */
  work?: boolean;
}

/** A count since the start, with what of it is of the last minute. */
export function Count({ count, rate, work = false }: CountProps) {
  const { t, language } = useWords();
  if (count === undefined) {
    return (
      <span className="sw-dim" title={t("lines.not_counted")}>
        ·<span className="sw-hidden">{t("lines.not_counted")}</span>
      </span>
    );
  }
  const now = rate !== undefined && rate > 0;
  return (
    <span className={count === 0 ? "sw-dim" : now && !work ? "sw-old" : ""}>
      {decimal(count, 0, language)}
      {now && <small> {t("lines.per_s", { rate: perSecond(rate, language) })}</small>}
    </span>
  );
}
