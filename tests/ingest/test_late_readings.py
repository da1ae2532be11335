"""Energy is the same whatever order its readings come in, and is what was truly drawn."""

import asyncio
import contextlib
import itertools
from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Sample
from device_configs.estate import Estate
from ingest.counters import INTERVAL_MS, MeterChange, Reading
from ingest.interval_ledger import IntervalLedger, IntervalsError
from ingest.interval_tables import Series, intervals, steps
from ingest.intervals import IntervalWriter
from ingest.page_tables import pages
from ingest.rollup import Amounts, Span, amounts_in
from ingest.rollup_tables import Grain, rolled_up, rollups
from records.audit import Actor
from records.engine import metadata, migrate, reading, transaction
from records.meter_changes import NewChange, enter, in_force, withdraw
from tests.ingest.booking import MemoryBus, crash_at, digest
from tests.ingest.energy_histories import SPAN, START, History, histories
from tests.reports import estates

POINT = "active_energy_import"
METER = Series("m1", POINT)
WRAPPING = {POINT: {"rolls_over_at": SPAN / 1000}}


def an_estate() -> Estate:
    meter = estates.device(
        "m1", "electricity_meter", "c1", mapping=WRAPPING,
        rating_w=3_600,
    )  # fmt: skip
    return estates.estate({"c1": None}, [meter])


ESTATE = an_estate()
WHOLE = Span(0, START + 10**6 * INTERVAL_MS)


@pytest.fixture(scope="module")
def database() -> Iterator[sa.Engine]:
    made = sa.create_engine(
        "sqlite://", poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False}
    )
    migrate(made)
    yield made
    made.dispose()


def emptied(engine: sa.Engine) -> sa.Engine:
    with transaction(engine) as connection:
        for table in metadata.sorted_tables:
            if table.name.startswith(("counter_", "interval_", "meter_")):
                connection.execute(sa.delete(table))
    return engine


def sample(one: Reading) -> Sample:
    return Sample("m1", one.at_ms, {POINT: one.count / 1000})


def booked(engine: sa.Engine, heard: Sequence[Reading], batch: int = 1000) -> IntervalWriter:
    """Let the consumer read these readings in this order, some at a time."""

    async def book() -> IntervalWriter:
        bus = MemoryBus()
        await bus.append([sample(one) for one in heard])
        writer = a_writer(engine, bus, batch)
        await digest(writer, bus, len(heard))
        return writer

    return asyncio.run(book())


def a_writer(engine: sa.Engine, bus: MemoryBus, batch: int = 1000) -> IntervalWriter:
    return IntervalWriter(
        IntervalLedger(engine, ESTATE, now_ms=lambda: START), bus, pace_s=0.0, batch=batch
    )


def told(engine: sa.Engine) -> None:
    """Let the consumer notice what was entered, without any new reading."""
    IntervalWriter(
        IntervalLedger(engine, ESTATE, now_ms=lambda: START), MemoryBus()
    ).ledger.join_history()


def enter_changes(engine: sa.Engine, changes: Sequence[MeterChange]) -> None:
    with transaction(engine) as connection:
        for one in changes:
            change = NewChange("m1", POINT, one.at_ms, one.last / 1000, one.first / 1000)
            enter(connection, Actor("test"), change, START)


def tables(engine: sa.Engine) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """All intervals that are known, and all steps."""
    with reading(engine) as connection:
        rows = [tuple(row)[2:9] for row in connection.execute(sa.select(intervals))]
        found = sa.select(steps.c.kind, steps.c.at_ms, steps.c.before_count, steps.c.after_count)
        return [row for row in rows if any(row[1:])], [
            tuple(row) for row in connection.execute(found.order_by(steps.c.start_ms))
        ]


def total(engine: sa.Engine) -> Amounts:
    with reading(engine) as connection:
        return amounts_in(connection, [METER], [WHOLE])[0].get(METER, Amounts())


@settings(max_examples=150, deadline=None)
@given(histories())
def test_the_intervals_are_the_energy_wherever_it_can_be_known(
    database: sa.Engine, history: History
) -> None:
    engine = emptied(database)
    enter_changes(engine, history.changes)
    booked(engine, history.readings)
    found = total(engine)
    assert found.amount == history.knowable
    assert found.known_ms == history.known_ms


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[History, list[Reading], int]:
    """A history, its readings in any order with some of them twice, and how many come at once."""
    history = draw(histories())
    doubled = draw(st.lists(st.sampled_from(history.readings), max_size=4))
    return history, draw(st.permutations([*history.readings, *doubled])), draw(st.integers(1, 9))


@settings(max_examples=150, deadline=None)
@given(arrivals())
def test_the_order_of_arrival_changes_nothing(
    database: sa.Engine, arrival: tuple[History, list[Reading], int]
) -> None:
    history, heard, batch = arrival
    engine = emptied(database)
    enter_changes(engine, history.changes)
    booked(engine, history.readings)
    straight = tables(engine)
    emptied(engine)
    enter_changes(engine, history.changes)
    booked(engine, heard, batch)
    assert tables(engine) == straight
    assert total(engine).amount == history.knowable


@settings(max_examples=100, deadline=None)
@given(histories(), st.integers(1, 9))
def test_it_does_not_matter_when_a_meter_change_is_entered(
    database: sa.Engine, history: History, batch: int
) -> None:
    engine = emptied(database)
    enter_changes(engine, history.changes)
    booked(engine, history.readings)
    straight = tables(engine)
    emptied(engine)
    booked(engine, history.readings, batch)
    without = tables(engine)
    enter_changes(engine, history.changes)
    told(engine)
    assert tables(engine) == straight
    with transaction(engine) as connection:
        for one in in_force(connection):
            withdraw(connection, Actor("test"), one.id, START)
    told(engine)
    assert tables(engine) == without


@settings(max_examples=100, deadline=None)
@given(arrivals())
def test_roll_ups_are_their_intervals_to_the_last_count(
    database: sa.Engine, arrival: tuple[History, list[Reading], int]
) -> None:
    history, heard, batch = arrival
    engine = emptied(database)
    booked(engine, heard, batch)
    enter_changes(engine, history.changes)
    told(engine)
    with reading(engine) as connection:
        for grain in Grain:
            found = rolled_up(connection, [METER], grain, 0, WHOLE.end).get(METER, {})
            assert sum(found.values(), Amounts()) == total(engine)
            starts = sorted(found)
            for start, end in itertools.pairwise([*starts, WHOLE.end]):
                [inside] = amounts_in(connection, [METER], [Span(start, end)])
                assert inside.get(METER, Amounts()) == found[start]
        assert connection.execute(sa.select(sa.func.count()).select_from(rollups)).scalar()


@settings(max_examples=60, deadline=None)
@given(arrivals(), st.integers(0, 60))
def test_a_kill_at_any_statement_changes_nothing(
    database: sa.Engine, arrival: tuple[History, list[Reading], int], statement: int
) -> None:
    history, heard, batch = arrival

    async def killed_and_started_again() -> None:
        bus = MemoryBus()
        await bus.append([sample(one) for one in heard])
        undo = crash_at(database, statement)
        with contextlib.suppress(IntervalsError):
            await digest(a_writer(database, bus, batch), bus, len(heard))
        undo()
        if not bus.committed or bus.committed[-1][1].routine < len(heard):
            await digest(a_writer(database, bus, batch), bus, len(heard))

    engine = emptied(database)
    enter_changes(engine, history.changes)
    booked(engine, history.readings)
    straight = tables(engine)
    emptied(engine)
    enter_changes(engine, history.changes)
    asyncio.run(killed_and_started_again())
    assert tables(engine) == straight


@settings(max_examples=100, deadline=None)
@given(histories(events=False), st.data())
def test_an_import_beside_late_live_data_adds_up(
    database: sa.Engine, history: History, data: st.DataObject
) -> None:
    engine = emptied(database)
    seam = data.draw(st.integers(1, len(history.readings) - 1))
    now = data.draw(st.permutations(history.readings[seam:]))
    past = [sample(one) for one in history.readings[: seam + data.draw(st.integers(0, 2))]]
    cut = data.draw(st.integers(0, len(past)))
    if data.draw(st.booleans()):
        a_writer(engine, MemoryBus()).ledger.backfill(past[:cut])
    writer = booked(engine, now, 3)
    writer.ledger.backfill(past)
    writer.ledger.join_history()
    writer.ledger.backfill(past)
    assert total(engine).amount == history.drawn[-1]
    assert total(engine).known_ms == history.known_ms


def test_by_hand_a_late_reading_says_when_the_energy_of_a_gap_was_drawn(
    database: sa.Engine,
) -> None:
    engine, hour = emptied(database), 3_600_000
    early, late, last = (
        Reading(START, 0), Reading(START + hour // 2, 300_000), Reading(START + hour, 400_000),
    )  # fmt: skip
    booked(engine, [early, last])
    quarters = [START + n * INTERVAL_MS for n in range(4)]
    assert tables(engine)[0] == [
        (start, 100_000, 100_000, 0, INTERVAL_MS, 0, 0) for start in quarters
    ]
    emptied(engine)
    writer = booked(engine, [early, last, late], 2)
    assert tables(engine)[0] == [
        (start, amount, amount, 0, INTERVAL_MS, 0, 0)
        for start, amount in zip(quarters, [150_000, 150_000, 50_000, 50_000], strict=True)
    ]
    assert writer.ledger.statistics.late == 1
    with reading(engine) as connection:
        versions = connection.execute(sa.select(intervals.c.version, intervals.c.rewritten_ms))
        assert {tuple(row) for row in versions} == {(2, START)}


def test_a_late_reading_can_show_that_a_step_was_no_energy(database: sa.Engine) -> None:
    engine = emptied(database)
    minutes = [
        Reading(START + n * 60_000, count)
        for n, count in enumerate([50_000_000, 50_010_000, 0, 10_000, 20_000, 50_020_000])
    ]
    # Without what was read between them, the first two and the last are one counter.
    booked(engine, [*minutes[:2], minutes[5], *minutes[2:5]], 3)
    late = tables(engine)
    emptied(engine)
    booked(engine, minutes)
    assert tables(engine) == late
    assert [kind for kind, *_ in late[1]] == ["reset"]
    assert total(engine).amount == 10_000 + 20_000


def test_what_is_older_than_all_pages_is_counted_and_nothing_else(database: sa.Engine) -> None:
    engine = emptied(database)
    heard = [Reading(START + n * 60_000, 1_000 * n) for n in range(40)]
    booked(engine, heard)
    before = tables(engine)
    with transaction(engine) as connection:
        connection.execute(sa.delete(pages).where(pages.c.start_ms < START + INTERVAL_MS))
        connection.execute(sa.delete(metadata.tables["interval_cursors"]))
    writer = booked(engine, [Reading(START + 30_000, 700)])
    assert writer.ledger.statistics.too_late == 1
    assert tables(engine) == before
