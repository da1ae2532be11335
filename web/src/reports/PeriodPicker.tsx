/** Choosing a year, half-year, quarter, month, week or day. */

import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { serviceNow } from "../api/client";
import { monthOf } from "../format/time";
import { useWords } from "../i18n";
import { inSpan, inYear, partsOf, SPANS, spanOf } from "./periods";

const YEARS_BACK = 5;

interface PeriodPickerProps {
  period: string;
  onChange: (period: string) => void;
}

export function PeriodPicker({ period, onChange }: PeriodPickerProps) {
  const { t } = useWords();
  const span = spanOf(period) ?? "month";
  const year = period.slice(0, 4);
  const thisYear = Number(monthOf(serviceNow()).slice(0, 4));
  const years = Array.from({ length: YEARS_BACK + 1 }, (_, back) => String(thisYear - back));
  if (!years.includes(year)) years.push(year);
  const parts = partsOf(span, Number(year));
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t("reports.span")}
        value={span}
        onChange={(value) => onChange(inSpan(period, value))}
        data={SPANS.map((each) => ({ value: each, label: t(`reports.span_${each}`) }))}
      />
      {span === "day" ? (
        <TextInput
          size="xs"
          type="date"
          label={t("reports.span_day")}
          value={period}
          onChange={(event) => {
            const day = event.currentTarget.value;
            if (spanOf(day) === "day") onChange(day);
          }}
        />
      ) : (
        <Select
          size="xs"
          label={t("reports.span_year")}
          w={90}
          allowDeselect={false}
          data={years}
          value={year}
          onChange={(value) => onChange(inYear(period, value ?? year))}
        />
      )}
      {parts.length > 0 && (
        <Select
          size="xs"
          label={t(`reports.span_${span}`)}
          w={80}
          allowDeselect={false}
          data={parts}
          value={period.slice(5)}
          onChange={(value) => onChange(`${year}-${value ?? period.slice(5)}`)}
        />
      )}
    </>
  );
}
