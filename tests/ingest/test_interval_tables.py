"""The tables of intervals: what is written comes back."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from ingest.bus import Cursor
from ingest.counters import Advance, CounterState, Portion, Reading
from ingest.interval_tables import (
    HISTORY,
    LIVE,
    Booking,
    Series,
    drop_states,
    put_cursor,
    put_states,
    read_cursor,
    read_states,
)
from tests.reports.ledgers import ledger

M1, M2 = Series("m1", "active_energy_import"), Series("panel/p001", "active_energy_total")
STATE = CounterState(Reading(1, 2), Reading(3, 4), -5, Reading(6, 2**60), 7)


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = ledger()
    with engine.connect() as made:
        yield made
    engine.dispose()


def test_states_come_back_by_segment(connection: sa.Connection) -> None:
    settled = replace(STATE, pending=None)
    put_states(connection, LIVE, {M1: STATE, M2: settled})
    put_states(connection, HISTORY, {M1: settled})
    assert read_states(connection, LIVE) == {M1: STATE, M2: settled}
    assert read_states(connection, HISTORY) == {M1: settled}
    put_states(connection, LIVE, {M1: settled})
    assert read_states(connection, LIVE)[M1] == settled


def test_states_are_dropped_in_one_segment_alone(connection: sa.Connection) -> None:
    for segment in (LIVE, HISTORY):
        put_states(connection, segment, {M1: STATE, M2: STATE})
    drop_states(connection, HISTORY, [M1])
    assert set(read_states(connection, HISTORY)) == {M2}
    assert set(read_states(connection, LIVE)) == {M1, M2}


def test_the_cursor_begins_at_nothing_and_moves(connection: sa.Connection) -> None:
    assert read_cursor(connection) == Cursor()
    for cursor in (Cursor(3, 5), Cursor(3, 9)):
        put_cursor(connection, cursor)
        assert read_cursor(connection) == cursor


def test_a_booking_adds_the_portions_of_one_interval() -> None:
    booking = Booking()
    booking.add(M1, Advance(STATE, (Portion(0, 5, 10), Portion(900_000, 6, 0, 20, 6))))
    booking.add(M1, Advance(STATE, (Portion(900_000, 7, 30),)))
    assert booking.amounts == {(*M1, 0): [5, 0, 10, 0], (*M1, 900_000): [13, 6, 30, 20]}
