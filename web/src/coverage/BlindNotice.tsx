/** Says when sitewatch did not run: what happened then was seen by nobody. */

import { useQuery } from "@tanstack/react-query";
import { serviceNow } from "../api/client";
import { coverageQuery } from "../api/queries";
import type { BlindPeriod } from "../api/schema";
import { dateTime, duration } from "../format/time";
import { useWords } from "../i18n";
import { useMay } from "../session";
import { ShieldOffIcon } from "../ui/icons";

const DAY = 86_400_000;

/** The newest time of blindness within a day, above the page. */
export function BlindNotice({ site }: { site?: string }) {
  const may = useMay("watch");
  const answer = useQuery({ ...coverageQuery(site), enabled: may });
  const newest = answer.data?.blind[0];
  if (newest === undefined || serviceNow() - Date.parse(newest.to) > DAY) return null;
  return <Notice period={newest} />;
}

function Notice({ period }: { period: BlindPeriod }) {
  const { t } = useWords();
  const words = useBlindWords();
  return (
    <p className="sw-warning" role="status" data-testid="blind">
      <ShieldOffIcon /> {t("coverage_page.blind", words(period))}
    </p>
  );
}

function useBlindWords() {
  const { language } = useWords();
  return (period: BlindPeriod) => {
    const [from, to] = [Date.parse(period.from), Date.parse(period.to)];
    return {
      from: dateTime(from, language),
      to: dateTime(to, language),
      age: duration(to - from, language),
    };
  };
}

export function BlindList({ periods }: { periods: readonly BlindPeriod[] }) {
  const { t } = useWords();
  const words = useBlindWords();
  if (periods.length === 0) return <p className="sw-quiet">{t("coverage_page.never_blind")}</p>;
  return (
    <ul className="sw-plain" data-testid="blind-list">
      {periods.map((period) => (
        <li key={period.from}>{t("coverage_page.blind_row", words(period))}</li>
      ))}
    </ul>
  );
}
