"""Figures of sessions: they add up, and hours of the day get the time that lies in them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.rollup import Span
from ingest.sessions import Ending, Session
from reports.charging import (
    Stays,
    begun_in,
    by_hour,
    charging,
    disagrees,
    has_failed,
    length_of,
    occupied,
    stays_by_cut,
    stays_of,
)
from tests.reports.ledgers import SHANGHAI, ms

NINE = ms("2026-11-23 09:00")
MINUTE = 60_000


def session(begin: int, length: int, idle: int = 0, charged: int = 0,
            energy: int | None = None, told: int | None = None) -> Session:  # fmt: skip
    return Session(
        NINE + begin * MINUTE, NINE + (begin + length) * MINUTE, plugged_ms=length * MINUTE,
        charging_ms=charged * MINUTE, idle_ms=idle * MINUTE, ending=Ending.FINISHED,
        energy=energy, told=told,
    )  # fmt: skip


def test_a_session_energy_that_is_off_is_said_but_not_for_a_coarse_counter() -> None:
    told = [(30_000_000, 30_900_000), (30_000_000, 31_200_000), (2_000_000, 2_990_000)]
    found = [disagrees(session(0, 60, energy=one, told=other)) for one, other in told]
    assert found == [False, True, False]


def test_what_never_charged_has_failed_unless_nobody_saw_its_end() -> None:
    endings = (Ending.NOT_STARTED, Ending.FAULT, Ending.UNKNOWN)
    assert [has_failed(Session(0, 1, ending=one)) for one in endings] == [True, True, False]
    assert not has_failed(Session(0, 1, energy=5, ending=Ending.FAULT))


def test_the_energy_of_none_is_unknown_and_has_no_mean() -> None:
    found = stays_of([Session(0, 1, ending=Ending.FINISHED)])
    assert (found.sessions, found.measured, found.mean, found.most) == (1, 0, None, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-60, 2999), st.one_of(st.none(), st.integers(0, 9))),
                max_size=8))  # fmt: skip
def test_days_add_up_to_the_sessions_of_all(rows: list[tuple[int, int | None]]) -> None:
    every = [session(at, 30, energy=energy) for at, energy in rows]
    cuts = [Span(NINE + n * 1000 * MINUTE, NINE + (n + 1) * 1000 * MINUTE) for n in range(3)]
    inside = begun_in(every, Span(NINE, NINE + 3000 * MINUTE))
    days = stays_by_cut(inside, cuts)
    assert [one.sessions for one in days] == [len(begun_in(every, cut)) for cut in cuts]
    assert sum(days, Stays()) == stays_of(inside)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-300, 3000), st.integers(0, 900), st.integers(0, 400),
                          st.integers(0, 400)), max_size=6))  # fmt: skip
def test_hours_add_up_to_the_time_within_the_period(rows: list[tuple[int, int, int, int]]) -> None:
    every = [session(at, length, min(idle, length), max(0, min(charged, length - idle)))
             for at, length, idle, charged in rows]  # fmt: skip
    span = Span(NINE, NINE + 1440 * MINUTE)
    plugged = by_hour(occupied(every, span), SHANGHAI)
    active = by_hour(charging(every, span), SHANGHAI)
    inside = [
        max(0, min(span.end, one.end_ms or 0) - max(span.start, one.start_ms)) for one in every
    ]
    assert sum(plugged.values()) == sum(inside) == length_of(occupied(every, span))
    assert sum(active.values()) == length_of(charging(every, span))
    assert sum(active.values()) <= sum(one.charging_ms for one in every)
    assert all(active[hour] <= plugged[hour] for hour in range(24))
