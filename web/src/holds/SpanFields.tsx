/** From when and for how long: at once unless a start is given, never longer than the limit. */

import { Select, TextInput } from "@mantine/core";
import { serviceNow } from "../api/client";
import { dateTime, duration, ESTATE_ZONE, fromWall } from "../format/time";
import { useWords } from "../i18n";

export interface Span {
  /** On the estate's wall, `2026-11-25T14:30`; empty is now. */
  start: string;
  /** [s] */
  length: number;
}

export function startOf(span: Span): number {
  return span.start === "" ? serviceNow() : fromWall(span.start);
}

export function endOf(span: Span): number {
  return startOf(span) + span.length * 1000;
}

/** The times as the service takes them; without a start it begins when the request arrives. */
export function spanBody(span: Span): { starts_at: string | null; ends_at: string } {
  const start = span.start === "" ? null : new Date(startOf(span)).toISOString();
  return { starts_at: start, ends_at: new Date(endOf(span)).toISOString() };
}

interface SpanFieldsProps {
  span: Span;
  onChange: (span: Span) => void;
  /** What is offered, as far as the limit allows. [s] */
  choices: readonly number[];
  longest: number;
}

export function SpanFields({ span, onChange, choices, longest }: SpanFieldsProps) {
  const { t, language } = useWords();
  const offered = choices.filter((each) => each <= longest);
  return (
    <>
      <TextInput
        type="datetime-local"
        label={t("holds.start")}
        description={t("holds.start_empty", { zone: ESTATE_ZONE })}
        value={span.start}
        onChange={(event) => onChange({ ...span, start: event.currentTarget.value })}
      />
      <Select
        label={t("holds.length")}
        description={t("holds.at_most", { age: duration(longest * 1000, language) })}
        allowDeselect={false}
        data={offered.map((each) => ({
          value: String(each),
          label: duration(each * 1000, language),
        }))}
        value={String(Math.min(span.length, offered.at(-1) ?? span.length))}
        onChange={(value) => onChange({ ...span, length: Number(value ?? span.length) })}
      />
      <p className="sw-dim sw-last sw-small">
        {t("console.ends_at", { time: dateTime(endOf(span), language) })}
      </p>
    </>
  );
}
