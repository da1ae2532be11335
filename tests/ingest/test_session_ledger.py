"""Charging sessions in SQL: each once, whatever the batches, kills, late readings and imports."""

import contextlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from collectors.sample import Sample
from collectors.simulator.charging import PileState
from collectors.simulator.plant import plant_of
from collectors.simulator.span import STEP_MS, day_of, start_of
from ingest.bus import Cursor
from ingest.session_ledger import SessionLedger, SessionsError
from ingest.session_tables import sessions_in
from ingest.sessions import Ending, Mark, Session
from records.audit import Actor
from records.engine import make_engine, migrate, reading, sqlite_url, transaction
from records.meter_changes import NewChange, enter
from tests.ingest.booking import crash_at, numbered
from tests.ingest.test_recount import Held
from tests.reports import estates

PILE = estates.device(
    "pile", "ev_charger", "c1", points=("state", "active_energy_total"), rating_w=7000
)
TOWN = estates.estate({"c1": None}, [PILE])
PLANT = plant_of(TOWN, 3)
FIRST_DAY = day_of(1_795_363_200_000)
DAYS = range(FIRST_DAY, FIRST_DAY + 4)
STEP = 300_000


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(made)
    yield made
    made.dispose()


def shown() -> list[Sample]:
    """What the simulated pile shows, every five minutes."""
    pile, flow = PLANT.piles["pile"], PLANT.flows["pile"]
    flow.warm(start_of(DAYS[0]))
    every = []
    for at in range(start_of(DAYS[0]), start_of(DAYS[-1] + 1), STEP):
        state, _ = pile.at(at)
        values = {"state": state.value, "active_energy_total": flow.total(at)}
        every.append(Sample("pile", at, values))
    return [numbered(one, place + 1) for place, one in enumerate(every)]


SHOWN = shown()


class Store(Held):
    """A store that is as far as the journal."""

    def cursor(self) -> Cursor:
        return Cursor(2**62, 2**62)


def kept(engine: sa.Engine) -> list[Session]:
    with reading(engine) as connection:
        return sessions_in(connection, ["pile"], 0, 2**62)["pile"]


def booked(engine: sa.Engine, batches: Sequence[Sequence[Sample]]) -> list[Session]:
    for batch in batches:
        ledger = SessionLedger(engine, TOWN)
        ledger.book(batch, ledger.cursor())
    return kept(engine)


def test_sessions_are_what_the_simulator_says_it_delivered(engine: sa.Engine) -> None:
    found = booked(engine, [SHOWN])
    flow = PLANT.flows["pile"]
    truth = [
        (start_of(day) + one.plugged * STEP_MS, start_of(day) + one.unplugged * STEP_MS,
         (one.end - one.begin) * STEP_MS, (one.unplugged - one.end) * STEP_MS)
        for day in DAYS for one in PLANT.piles["pile"].sessions(day)
    ]  # fmt: skip
    assert len(truth) >= 3
    assert [(s.start_ms, s.end_ms, s.charging_ms, s.idle_ms) for s in found] == truth
    for session, (start, end, *_) in zip(found, truth, strict=True):
        delivered = round(flow.total(end) * 1000) - round(flow.total(start) * 1000)
        assert session.energy == delivered > 0
        assert session.ending is Ending.FINISHED
    assert {one.values["state"] for one in SHOWN} == set(PileState) - {PileState.FAULT}


def test_each_session_once_whatever_the_batches_and_restarts(
    engine: sa.Engine, tmp_path: Path
) -> None:
    whole = booked(engine, [SHOWN])
    chance = random.Random(5)
    cuts = sorted(chance.sample(range(1, len(SHOWN)), 12))
    batches = [SHOWN[a:b] for a, b in zip([0, *cuts], [*cuts, len(SHOWN)], strict=True)]
    other = make_engine(sqlite_url(tmp_path / "other.sqlite"))
    migrate(other)
    assert booked(other, batches) == whole
    other.dispose()


def test_a_kill_at_any_statement_neither_loses_nor_doubles(engine: sa.Engine) -> None:
    ledger = SessionLedger(engine, TOWN)
    half = len(SHOWN) // 2
    cursor = ledger.book(SHOWN[:half], ledger.cursor())
    number = 0
    while True:
        undo = crash_at(engine, number)
        with contextlib.suppress(SessionsError):
            again = SessionLedger(engine, TOWN)
            again.book([one for one in SHOWN if one.seq > cursor.routine], cursor)
        if not undo():
            break
        number += 1
    assert number >= 3
    found = kept(engine)
    assert sum(one.energy or 0 for one in found) == sum(
        one.energy or 0 for one in _afresh(engine)
    ) > 0  # fmt: skip
    assert [one.start_ms for one in found] == [one.start_ms for one in _afresh(engine)]


def _afresh(engine: sa.Engine) -> list[Session]:
    """The same from one replay of the store."""
    other = SessionLedger(engine, TOWN, Store(SHOWN))
    other.recount({"pile": (SHOWN[0].at, SHOWN[-1].at)})
    return kept(engine)


def test_late_readings_are_marked_and_counted_again_from_the_store(engine: sa.Engine) -> None:
    whole = booked(engine, [SHOWN])
    _forget(engine)
    session = whole[0]
    end = session.end_ms or 0
    lost = [one for one in SHOWN if session.start_ms - 1 < one.at < end + STEP]
    rest = [one for one in SHOWN if one not in lost]
    ledger = SessionLedger(engine, TOWN, Store(SHOWN))
    cursor = ledger.book(rest, ledger.cursor())
    assert [one.start_ms for one in kept(engine)] == [one.start_ms for one in whole[1:]]
    cursor = ledger.book(lost[3:], cursor)
    assert ledger.late == len(lost) - 3
    ledger.book([], cursor)
    assert kept(engine) == whole


def test_without_a_store_the_session_says_that_late_readings_are_not_in_it(
    engine: sa.Engine,
) -> None:
    whole = booked(engine, [SHOWN])
    late = Sample("pile", whole[1].start_ms + STEP, {"state": "fault"})
    ledger = SessionLedger(engine, TOWN)
    ledger.book([late], ledger.cursor())
    marked = [one.start_ms for one in kept(engine) if Mark.LATE in one.marks]
    assert marked == [whole[1].start_ms]


def test_an_import_before_the_live_data_gives_the_sessions_of_both(engine: sa.Engine) -> None:
    whole = booked(engine, [SHOWN])
    with engine.begin() as connection:
        for table in ("charging_sessions", "charging_states", "interval_cursors"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    cut = next(n for n, one in enumerate(SHOWN) if one.at > whole[-1].start_ms + 2 * STEP)
    ledger = SessionLedger(engine, TOWN, Store(SHOWN))
    ledger.book(SHOWN[cut:], ledger.cursor())
    assert Mark.BEGAN_BEFORE in kept(engine)[0].marks
    ledger.recount({"pile": (SHOWN[0].at, SHOWN[cut - 1].at)})
    assert kept(engine) == whole


def test_what_the_store_has_forgotten_stays_as_it_was_booked(engine: sa.Engine) -> None:
    whole = booked(engine, [SHOWN])
    ledger = SessionLedger(engine, TOWN, Store([]))
    ledger.recount({"pile": (SHOWN[0].at, SHOWN[9].at)})
    assert kept(engine) == whole


def test_a_meter_change_that_is_entered_late_has_its_session_counted_again(
    engine: sa.Engine,
) -> None:
    whole = booked(engine, [SHOWN])
    _forget(engine)
    within = [one for one in SHOWN if whole[0].start_ms + STEP < one.at < (whole[0].end_ms or 0)]
    at = within[len(within) // 2]
    last = at.values["active_energy_total"]
    assert isinstance(last, int | float)
    swapped = [
        msgspec.structs.replace(one, values={**one.values, "active_energy_total": value - last})
        if one.at >= at.at and isinstance(value := one.values["active_energy_total"], int | float)
        else one
        for one in SHOWN
    ]
    ledger = SessionLedger(engine, TOWN, Store(swapped))
    cursor = ledger.book(swapped, ledger.cursor())
    assert Mark.PART in kept(engine)[0].marks
    with transaction(engine) as connection:
        change = NewChange("pile", "active_energy_total", at.at, last, 0.0, "")
        enter(connection, Actor("li"), change, at.at)
    ledger.book([], cursor)
    assert kept(engine) == whole


def _forget(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for table in ("charging_sessions", "charging_states", "interval_cursors"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
