"""Roll-ups: cut in the estate's time zone, kept as intervals change, made anew when needed."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, add_amounts
from ingest.rollup import Amounts, Span, amounts_in
from ingest.rollup_tables import (
    Grain,
    add_to_rollups,
    ensure_rollups,
    is_cut_in,
    rolled_up,
    starts_of,
)
from tests.reports.ledgers import SHANGHAI, ledger, ms

METER, OTHER = Series("m1", "active_energy_import"), Series("m2", "active_energy_import")
BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
NEVER = ms("2100-01-01 00:00")


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = ledger()
    with engine.connect() as made:
        yield made
    engine.dispose()


def test_an_interval_is_in_a_local_hour_day_and_month() -> None:
    assert starts_of(ms("2026-12-01 00:15"), SHANGHAI) == {
        Grain.HOUR: ms("2026-12-01 00:00"),
        Grain.DAY: ms("2026-12-01 00:00"),
        Grain.MONTH: ms("2026-12-01 00:00"),
    }
    # 00:15 in Shanghai is 16:15 UTC of the day before, and 22:00 in Kathmandu.
    assert starts_of(ms("2026-12-01 00:15"), KATHMANDU)[Grain.HOUR] == ms("2026-12-01 00:15")


def test_an_hour_that_comes_twice_is_two_hours() -> None:
    # On 2026-10-25 the clock in Berlin goes from 03:00 back to 02:00, at 01:00 UTC.
    first = 1_792_886_400_000
    starts = [starts_of(first + n * INTERVAL_MS, BERLIN) for n in range(8)]
    assert [one[Grain.HOUR] - first for one in starts] == [0] * 4 + [3_600_000] * 4
    assert len({one[Grain.DAY] for one in starts}) == 1


def test_changes_are_added_to_hour_day_and_month(connection: sa.Connection) -> None:
    at = ms("2026-11-30 23:45")
    add_to_rollups(connection, [((*METER, at), Amounts(5, 0, 9, 0))], SHANGHAI)
    add_to_rollups(
        connection,
        [((*METER, at), Amounts(-2, 1, -1, 4)), ((*METER, at + INTERVAL_MS), Amounts(7, 0, 1, 0))],
        SHANGHAI,
    )
    for grain in Grain:
        found = rolled_up(connection, [METER, OTHER], grain, 0, NEVER)
        assert list(found) == [METER]
        first, second = sorted(found[METER].items())
        assert first == (starts_of(at, SHANGHAI)[grain], Amounts(3, 1, 8, 4))
        assert second == (ms("2026-12-01 00:00"), Amounts(7, 0, 1, 0))


def test_they_are_made_of_the_intervals_that_are_there_and_anew_for_another_zone(
    connection: sa.Connection,
) -> None:
    start = ms("2026-11-01 00:00")
    add_amounts(
        connection, {(*METER, start + n * INTERVAL_MS): [n, 0, 1, 0] for n in range(96 * 35)}
    )
    assert not is_cut_in(connection, SHANGHAI)
    assert ensure_rollups(connection, SHANGHAI)
    assert not ensure_rollups(connection, SHANGHAI)
    months = rolled_up(connection, [METER], Grain.MONTH, 0, NEVER)[METER]
    assert {at: one.amount for at, one in months.items()} == {
        start: sum(range(96 * 30)),
        ms("2026-12-01 00:00"): sum(range(96 * 30, 96 * 35)),
    }
    assert ensure_rollups(connection, BERLIN)
    assert not is_cut_in(connection, SHANGHAI)
    days = rolled_up(connection, [METER], Grain.DAY, 0, NEVER)[METER]
    # Midnight in Berlin is 07:00 in Shanghai in winter: 28 quarters of the first day are before.
    assert days[min(days)].amount == sum(range(28))
    assert sum(one.amount for one in days.values()) == sum(range(96 * 35))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 365 * 96 - 1), st.integers(-(10**6), 10**9)),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from([SHANGHAI, BERLIN, KATHMANDU]),
)
def test_a_year_by_month_is_the_year_by_quarter_of_an_hour(
    heard: list[tuple[int, int]], zone: ZoneInfo
) -> None:
    first = int(dt.datetime(2026, 1, 1, tzinfo=zone).timestamp()) * 1000
    engine = ledger()
    with engine.connect() as connection:
        for quarter, amount in heard:
            key = (*METER, first + quarter * INTERVAL_MS)
            add_amounts(connection, {key: [amount, 0, 1, 0]})
            add_to_rollups(connection, [(key, Amounts(amount, 0, 1, 0))], zone)
        year = Span(first, first + 365 * 96 * INTERVAL_MS)
        [whole] = amounts_in(connection, [METER], [year])
        for grain in Grain:
            found = rolled_up(connection, [METER], grain, year.start, year.end)[METER]
            assert sum(found.values(), Amounts()) == whole[METER]
        assert len(rolled_up(connection, [METER], Grain.MONTH, 0, NEVER)[METER]) <= 12
    engine.dispose()


def test_only_what_begins_in_the_stretch_is_given(connection: sa.Connection) -> None:
    for day in (1, 2, 3):
        at = ms(f"2026-11-0{day} 12:00")
        add_to_rollups(connection, [((*METER, at), Amounts(day, 0, 1, 0))], SHANGHAI)
    found = rolled_up(
        connection, [METER], Grain.DAY, ms("2026-11-02 00:00"), ms("2026-11-03 00:00")
    )
    assert [one.amount for one in found[METER].values()] == [2]
