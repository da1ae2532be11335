/** Why data is missing or suspect, in words with their counts. */

import type { QualityCell, QualityFigures } from "../api/schema";
import { decimal } from "../format/number";
import { duration } from "../format/time";
import { useWords } from "../i18n";

const MINUTE = 60_000;

/** The reasons of one day or of a period; `most` of each sort, the most frequent first. */
export function useReasons(): (found: QualityCell | QualityFigures, most?: number) => string[] {
  const { t, say, language } = useWords();
  return (found, most = 3) => {
    const of = (counts: Record<string, number>, word: string) =>
      Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .slice(0, most)
        .map(
          ([reason, count]) => `${word}: ${say("reason", reason)} × ${decimal(count, 0, language)}`,
        );
    const down =
      found.down_minutes > 0
        ? [t("data_quality.down", { time: duration(found.down_minutes * MINUTE, language) })]
        : [];
    const stored = found.stored_days > 0 ? [t("data_quality.stored")] : [];
    return [
      ...down,
      ...stored,
      ...of(found.missing, t("data_quality.missing")),
      ...of(found.suspect, t("data_quality.suspect")),
    ];
  };
}

export function Reasons({
  found,
  most,
}: {
  found: QualityCell | QualityFigures;
  most?: number | undefined;
}) {
  const reasons = useReasons()(found, most);
  return (
    <>
      {reasons.map((reason) => (
        <div key={reason}>{reason}</div>
      ))}
    </>
  );
}
