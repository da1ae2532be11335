"""Charging sessions and standings come back from the database as they were put."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.counters import CounterState, Reading
from ingest.session_tables import (
    Kept,
    mark_late,
    put_sessions,
    put_states,
    read_states,
    session_around,
    sessions_in,
)
from ingest.sessions import Ending, Mark, Session, Standing, Status, Weighed
from records.engine import make_engine, migrate, reading, sqlite_url, transaction

OVER = Session(1000, 5000, 12_345, None, 4000, 3000, 1000, 0, 1, 7, Ending.FAULT).marked(
    Mark.PART, Mark.DIVIDED
)
OPEN = Session(6000, told=77)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(made)
    with transaction(made) as connection:
        put_sessions(connection, [("p1", OVER), ("p1", OPEN), ("p2", OVER)])
    yield made
    made.dispose()


def test_sessions_with_a_part_in_a_span(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        assert sessions_in(connection, ["p1", "p3"], 0, 9000) == {"p1": [OVER, OPEN], "p3": []}
        assert sessions_in(connection, ["p1"], 5001, 6000) == {"p1": []}
        assert sessions_in(connection, ["p1"], 5000, 6001) == {"p1": [OVER, OPEN]}


def test_late_readings_mark_the_session_they_are_in(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        mark_late(connection, "p1", 7000)
        found = sessions_in(connection, ["p1", "p2"], 0, 9000)
        assert session_around(connection, "p1", 5500) is None
        assert session_around(connection, "p1", 5000) == OVER
    assert found == {"p1": [OVER, OPEN.marked(Mark.LATE)], "p2": [OVER]}


def test_a_standing_keeps_all_that_the_next_sample_needs(engine: sa.Engine) -> None:
    counter = CounterState(Reading(1, 2), Reading(3, 4), 5, Reading(6, 7), 8)
    standing = Standing(9, 8, Status.FULL, False, True, None, counter, Weighed(OPEN, 3, 4),
                        (Weighed(OVER),), 5, 6)  # fmt: skip
    with transaction(engine) as connection:
        put_states(connection, {"p1": Kept(standing, 4), "p2": Kept(Standing(), None)})
        put_states(connection, {"p1": Kept(standing, 3)})
        assert read_states(connection) == {"p1": Kept(standing, 3), "p2": Kept(Standing(), None)}
