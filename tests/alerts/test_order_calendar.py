"""On which days maintenance is due: no day twice, none left out, whatever the interval."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.order_calendar import EPOCH, Every, spread

FIRST = dt.date(2026, 1, 31)
INTERVALS = ("1d", "15d", "2w", "1mo", "6mo", "1y", "2y")


def days(every: str, start: dt.date, end: dt.date, first: dt.date = FIRST) -> list[str]:
    found = Every.read(every).days_between(first, start, end, before_first=False)
    return [day.isoformat() for day in found]


def test_days_weeks_months_and_years() -> None:
    end = dt.date(2026, 6, 30)
    assert days("15d", FIRST, dt.date(2026, 3, 20)) == [
        "2026-01-31", "2026-02-15", "2026-03-02", "2026-03-17",
    ]  # fmt: skip
    assert days("2w", FIRST, dt.date(2026, 2, 14)) == ["2026-01-31", "2026-02-14"]
    assert days("1mo", FIRST, end) == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30",
    ]  # fmt: skip
    assert days("1y", dt.date(2028, 1, 1), dt.date(2030, 1, 1), dt.date(2024, 2, 29)) == [
        "2028-02-29", "2029-02-28",
    ]  # fmt: skip


def test_nothing_is_due_before_the_first_day() -> None:
    assert days("1mo", dt.date(2020, 1, 1), dt.date(2026, 1, 30)) == []
    assert days("15d", dt.date(2020, 1, 1), FIRST) == ["2026-01-31"]


@pytest.mark.parametrize("text", ["", "0d", "15", "d", "-3d", "1h", "11y", "121mo", "15 d"])
def test_what_is_no_interval(text: str) -> None:
    with pytest.raises(ValueError, match=r"interval|longer"):
        Every.read(text)


@given(
    st.sampled_from(INTERVALS),
    st.dates(dt.date(2024, 1, 1), dt.date(2030, 1, 1)),
    st.lists(st.integers(1, 400), min_size=1, max_size=30),
    st.booleans(),
)
def test_looked_at_in_pieces_or_as_a_whole_the_days_are_the_same(
    text: str, start: dt.date, pieces: list[int], before_first: bool
) -> None:
    every = Every.read(text)
    first = spread("plan", "lift-1", every)
    found: list[dt.date] = []
    at = start
    for length in pieces:
        end = at + dt.timedelta(days=length - 1)
        found += every.days_between(first, at, end, before_first=before_first)
        at = end + dt.timedelta(days=1)
    whole = every.days_between(first, start, at - dt.timedelta(days=1), before_first=before_first)
    assert found == list(whole)
    assert found == sorted(set(found))
    gaps = [(late - early).days for early, late in pairwise(found)]
    assert all(gap <= every.longest_days for gap in gaps)
    if len(found) < 2 and before_first:
        assert sum(pieces) <= 2 * every.longest_days


def test_devices_are_spread_and_stay_where_they_are() -> None:
    every = Every.read("15d")
    firsts = [spread("lifts", f"lift-{n}", every) for n in range(300)]
    assert firsts == [spread("lifts", f"lift-{n}", every) for n in range(300)]
    assert set(firsts) == {EPOCH + dt.timedelta(days=n) for n in range(15)}
    assert max(firsts.count(day) for day in set(firsts)) < 45
