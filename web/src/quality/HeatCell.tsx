/** One day of one row: the share in figures, on a ground that says the same. */

import type { QualityCell } from "../api/schema";
import { percent, UNKNOWN } from "../format/number";
import { useWords } from "../i18n";
import { cell, levelOf, MEASURES, type Measure } from "./qualityRows";
import { useReasons } from "./Reasons";

/** What a pointer on the cell, or a reader that cannot see it, is told. */
export function useCellWords(): (date: string, found: QualityCell | undefined) => string {
  const { t, language } = useWords();
  const reasons = useReasons();
  return (date, found) => {
    if (found === undefined) return `${date}: ${t("data_quality.no_figure")}`;
    const shares = MEASURES.map((each) => {
      const share = found[each];
      return `${t(`data_quality.${each}`)} ${share === null ? UNKNOWN : percent(share, language)}`;
    });
    return [`${date}: ${shares.join(", ")}`, ...reasons(found)].join("\n");
  };
}

interface HeatCellProps {
  date: string;
  found: QualityCell | undefined;
  measure: Measure;
}

export function HeatCell({ date, found, measure }: HeatCellProps) {
  const words = useCellWords()(date, found);
  const share = found?.[measure] ?? null;
  return (
    <span className={`sw-heat sw-heat-${levelOf(share)}`} title={words} data-date={date}>
      {share === null ? UNKNOWN : cell(share)}
      {found !== undefined && found.down_minutes > 0 && <sup aria-hidden="true">*</sup>}
      <span className="sw-hidden">{words}</span>
    </span>
  );
}
