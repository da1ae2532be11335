"""Periods in the site's time zone."""

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.counters import INTERVAL_MS
from reports.errors import InvalidPeriodError
from reports.periods import Step, parse_period, steps_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_month_begins_at_midnight_of_the_site() -> None:
    period = parse_period("2026-11", SHANGHAI)
    assert period.start.isoformat() == "2026-11-01T00:00:00+08:00"
    assert period.end.isoformat() == "2026-12-01T00:00:00+08:00"
    assert period.span.start == 1_793_462_400_000


@pytest.mark.parametrize(
    ("text", "step", "count", "first", "last"),
    [
        ("2026", "month", 12, "2026-01", "2026-12"),
        ("2026", "day", 365, "2026-01-01", "2026-12-31"),
        ("2028", "day", 366, "2028-01-01", "2028-12-31"),
        ("2026-02", "day", 28, "2026-02-01", "2026-02-28"),
        ("2026-12", "month", 1, "2026-12", "2026-12"),
        ("2026-11-23", "day", 1, "2026-11-23", "2026-11-23"),
    ],
)
def test_a_period_is_cut_into_named_steps(
    text: str, step: str, count: int, first: str, last: str
) -> None:
    found = steps_of(parse_period(text, SHANGHAI), Step.read(step))
    assert (len(found), found[0].name, found[-1].name) == (count, first, last)


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-1", "2026-13", "2026-02-30", "2026-11-23 ", "2026/11", "0000", "0001", "9999",
     "２０２６", "2026-11-23T00", "-2026", "2026-00"],
)  # fmt: skip
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(InvalidPeriodError, match="is not a year"):
        parse_period(text, SHANGHAI)


def test_a_day_has_no_months() -> None:
    with pytest.raises(InvalidPeriodError, match="step day"):
        steps_of(parse_period("2026-11-23", SHANGHAI), Step.MONTH)


def test_an_unknown_step_is_named() -> None:
    with pytest.raises(InvalidPeriodError, match="'week' is not day or month"):
        Step.read("week")


zones = st.sampled_from(
    ["Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"]
)


@given(zones, st.integers(1990, 2090), st.integers(0, 12), st.sampled_from(Step))
def test_steps_join_without_gap_on_quarters_of_an_hour(
    zone: str, year: int, month: int, step: Step
) -> None:
    period = parse_period(f"{year}-{month:02}" if month else str(year), ZoneInfo(zone))
    spans = [one.span for one in steps_of(period, step)]
    assert (spans[0].start, spans[-1].end) == (period.span.start, period.span.end)
    assert all(a.end == b.start for a, b in pairwise(spans))
    assert all(span.start % INTERVAL_MS == 0 and span.start < span.end for span in spans)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026-H1", "2026-01-01", "2026-07-01"),
        ("2026-H2", "2026-07-01", "2027-01-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-W53", "2026-12-28", "2027-01-04"),
        ("2026-11-03..2026-11-20", "2026-11-03", "2026-11-21"),
        ("2026-02-01..2026-02-28", "2026-02-01", "2026-03-01"),
    ],
)
def test_halves_quarters_weeks_and_any_days(text: str, first: str, after: str) -> None:
    period = parse_period(text, SHANGHAI)
    assert (f"{period.start:%Y-%m-%d}", f"{period.end:%Y-%m-%d}") == (first, after)


@pytest.mark.parametrize(
    "text", ["2026-H3", "2026-Q0", "2026-W00", "2027-W53", "2026-11-20..2026-11-03", "2026-11.."]
)
def test_what_is_no_half_quarter_week_or_stretch(text: str) -> None:
    with pytest.raises(InvalidPeriodError, match="is not a year"):
        parse_period(text, SHANGHAI)


@pytest.mark.parametrize("text", ["2026-W48", "2026-11-03..2026-12-20"])
def test_what_is_not_whole_months_has_none(text: str) -> None:
    with pytest.raises(InvalidPeriodError, match="step day"):
        steps_of(parse_period(text, SHANGHAI), Step.MONTH)


@pytest.mark.parametrize(
    ("text", "before", "year_before"),
    [
        ("2026", "2025-01-01..2025-12-31", "2025-01-01..2025-12-31"),
        ("2026-Q1", "2025-10-01..2025-12-31", "2025-01-01..2025-03-31"),
        ("2026-03", "2026-02-01..2026-02-28", "2025-03-01..2025-03-31"),
        ("2026-W02", "2025-12-29..2026-01-04", "2025-01-05..2025-01-11"),
        ("2028-02-29", "2028-02-28..2028-02-28", "2027-02-28..2027-02-28"),
    ],
)
def test_the_period_before_and_that_of_the_year_before(
    text: str, before: str, year_before: str
) -> None:
    period = parse_period(text, SHANGHAI)
    for found, name in ((period.before(), before), (period.year_before(), year_before)):
        assert (found.name, found.span) == (name, parse_period(name, SHANGHAI).span)
