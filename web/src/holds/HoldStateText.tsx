/** The state of a window or drill in words, with the time that is left. */

import { countdown, dateTime } from "../format/time";
import { useWords } from "../i18n";
import { useNow } from "../live/hooks";
import { ClockIcon, WrenchIcon } from "../ui/icons";
import { holdState } from "./holdState";

interface HoldStateTextProps {
  one: { running: boolean; starts_at: string; ends_at: string; ended_by: string | null };
}

export function HoldStateText({ one }: HoldStateTextProps) {
  const { t } = useWords();
  const now = useNow();
  const state = holdState(one, now);
  if (state === "over") {
    return (
      <span className="sw-dim">{t(one.ended_by === null ? "holds.over" : "holds.ended")}</span>
    );
  }
  if (state === "planned") {
    return (
      <span>
        <ClockIcon size={13} /> {t("holds.planned")}
      </span>
    );
  }
  return (
    <span className="sw-waiting">
      <WrenchIcon size={13} /> {t("holds.running")}
      <small className="sw-block sw-dim">
        {t("holds.left", { time: countdown(Date.parse(one.ends_at) - now) })}
      </small>
    </span>
  );
}

export function SpanText({ one }: { one: { starts_at: string; ends_at: string } }) {
  const { language } = useWords();
  return (
    <>
      {dateTime(Date.parse(one.starts_at), language)}
      <span className="sw-block">– {dateTime(Date.parse(one.ends_at), language)}</span>
    </>
  );
}
