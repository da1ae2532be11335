/** A live value with its unit, and beside it what a reader must know to believe it. */

import type { LatestItem, PointInfo } from "../api/schema";
import { duration } from "../format/time";
import { show, takenAt, UNKNOWN } from "../format/value";
import { useWords } from "../i18n";
import { useLoaded, useNow } from "../live/hooks";
import { ClockIcon, HighIcon, UnknownIcon } from "./icons";

interface LiveValueProps {
  item: LatestItem | undefined;
  info?: PointInfo | undefined;
}

/** The value alone: `—` with the word for the unknown, greyed with a word when it is old. */
export function LiveValue({ item, info }: LiveValueProps) {
  const { t, language } = useWords();
  const loaded = useLoaded();
  if (item === undefined && !loaded) {
    return (
      <span className="sw-value sw-dim" data-state="loading">
        …
      </span>
    );
  }
  const shown = show(item, info, { language, yes: t("value.yes"), no: t("value.no") });
  if (shown.state === "never" || shown.state === "missing") {
    return (
      <span className="sw-value sw-unknown" data-state="unknown">
        <UnknownIcon size={13} /> {UNKNOWN} <em>{t("value.unknown")}</em>
      </span>
    );
  }
  return (
    <span className={`sw-value sw-value-${shown.state}`} data-state={shown.state}>
      {shown.alarming && (
        <span className="sw-sev-high">
          <HighIcon size={13} />
        </span>
      )}
      <b className={shown.alarming ? "sw-sev-high" : ""}>{shown.text}</b>
      {shown.unit !== "" && <small>{shown.unit}</small>}
      {shown.state === "stale" && <em>{t("value.stale")}</em>}
      {shown.state === "suspect" && <em>{t("value.suspect")}</em>}
    </span>
  );
}

/** How old something is, ticking. */
export function Age({ at, word = "ago" }: { at: number; word?: "ago" | "since" | "plain" }) {
  const { t, language } = useWords();
  const age = Math.max(0, useNow() - at);
  if (word === "plain") return <>{duration(age, language)}</>;
  if (word === "ago" && age < 1000) return <>{t("value.now")}</>;
  return <>{t(word === "ago" ? "value.ago" : "value.since", { age: duration(age, language) })}</>;
}

/** Said of a point that is not in the stream, once the stream has said what there is. */
function Never() {
  const { t } = useWords();
  return <span className="sw-dim">{useLoaded() ? t("value.never") : "…"}</span>;
}

export function ValueAge({ item }: { item: LatestItem | undefined }) {
  if (item === undefined) return <Never />;
  const old = item.quality === "stale" || item.quality === "missing";
  return (
    <span className={old ? "sw-old" : "sw-dim"}>
      {old && <ClockIcon size={12} />} <Age at={takenAt(item)} />
    </span>
  );
}

/** The quality in words, with the reason where it is not good. */
export function QualityText({ item }: { item: LatestItem | undefined }) {
  const { say } = useWords();
  if (item === undefined) return <Never />;
  if (item.quality === "good") return <span className="sw-dim">{say("quality", "good")}</span>;
  const reason = say("reason", item.reason);
  return (
    <span className="sw-old">
      {say("quality", item.quality)}
      {reason !== "" && <small> · {reason}</small>}
    </span>
  );
}
