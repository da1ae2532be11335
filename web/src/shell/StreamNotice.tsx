/** Says that what the page shows is not from now, and since when. */

import { useEffect } from "react";
import { clockTime, duration } from "../format/time";
import { useWords } from "../i18n";
import { useLink, useNow } from "../live/hooks";
import { useCheckSession } from "../session";
import { LinkDownIcon } from "../ui/icons";

export function StreamNotice() {
  const link = useLink();
  const check = useCheckSession();
  const down = link.state === "down";
  useEffect(() => {
    // The stream also ends when the session does.
    if (down) check();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when the stream is lost
  }, [down]);
  return down ? <Lost since={link.since} /> : null;
}

function Lost({ since }: { since: number }) {
  const { t, language } = useWords();
  const now = useNow();
  const age = duration(now - since, language);
  return (
    <section className="sw-notice" role="alert" data-testid="stream-lost">
      <LinkDownIcon size={24} />
      <div>
        <strong aria-live="off">{t("link.lost_title", { age })}</strong>
        <div>
          {t("link.lost_text", { time: clockTime(since, language) })} <b>{t("link.lost_act")}</b>
        </div>
      </div>
    </section>
  );
}
