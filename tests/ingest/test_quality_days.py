"""Local days in minutes, and the times between runs."""

import itertools
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ingest.quality_days import MINUTE_MS, Calendar, Day, Gap, gaps_of

MIDNIGHT = 1_795_363_200_000
"""2026-11-23 00:00 in Shanghai. [ms, UTC]"""
DAY_MS = 86_400_000
SHANGHAI = Calendar(ZoneInfo("Asia/Shanghai"))


def test_a_day_in_shanghai_begins_at_its_own_midnight() -> None:
    day = SHANGHAI.of(MIDNIGHT)
    assert (day.date.isoformat(), day.start, day.end) == (
        "2026-11-23", MIDNIGHT, MIDNIGHT + DAY_MS,
    )  # fmt: skip
    assert SHANGHAI.of(MIDNIGHT - 1).date.isoformat() == "2026-11-22"


def test_days_of_23_and_25_hours_have_their_minutes() -> None:
    berlin = Calendar(ZoneInfo("Europe/Berlin"))
    spring, autumn = (berlin.of(ms) for ms in (1_774_742_400_000, 1_792_886_400_000))
    for day, hours in ((spring, 23), (autumn, 25)):
        assert day.minutes(day.start, day.end).bit_count() == hours * 60


def test_a_minute_counts_where_it_begins() -> None:
    day = SHANGHAI.of(MIDNIGHT)
    assert day.minutes(MIDNIGHT, MIDNIGHT + 1) == 0b1
    assert day.minutes(MIDNIGHT + 1, MIDNIGHT + MINUTE_MS) == 0
    assert day.minutes(MIDNIGHT + 1, MIDNIGHT + 2 * MINUTE_MS + 1) == 0b110
    assert day.minutes(MIDNIGHT - 5 * DAY_MS, MIDNIGHT - DAY_MS) == 0
    assert day.minutes(MIDNIGHT - DAY_MS, MIDNIGHT + 2 * DAY_MS).bit_count() == 1440


@given(st.lists(st.integers(-DAY_MS, 2 * DAY_MS), min_size=2, max_size=12))
def test_parts_of_a_time_have_the_minutes_of_the_whole(offsets: list[int]) -> None:
    day = SHANGHAI.of(MIDNIGHT)
    cuts = sorted(MIDNIGHT + offset for offset in offsets)
    parts = [day.minutes(a, b) for a, b in itertools.pairwise(cuts)]
    whole = day.minutes(cuts[0], cuts[-1])
    assert sum(part.bit_count() for part in parts) == whole.bit_count() <= 1440
    together = 0
    for part in parts:
        together |= part
    assert together == whole


def test_between_two_runs_sitewatch_was_not_running() -> None:
    assert gaps_of([]) == ()
    assert gaps_of([(100, 200)]) == ()
    assert gaps_of([(300, 400), (100, 200), (400, 500)]) == (Gap(200, 300),)
    # A clock that was set back makes no time in which nothing ran.
    assert gaps_of([(100, 900), (300, 400), (950, 990)]) == (Gap(900, 950),)


def test_the_minutes_without_sitewatch() -> None:
    day = Day(1, 0, DAY_MS)
    gaps = [Gap(0, 2 * MINUTE_MS), Gap(10 * MINUTE_MS + 1, 12 * MINUTE_MS + 1), Gap(DAY_MS, 9**9)]
    assert day.down(gaps) == 0b1_1000_0000_0011
