"""The consumer `quality`: exactly once over kills, and the time without sitewatch."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.sample import Sample
from ingest.bus import Bus, Cursor
from ingest.journal import Journal
from ingest.quality import QualityError, QualityWriter
from ingest.quality_book import DAY_MS, KEPT_DAYS, DayRow
from ingest.quality_tables import (
    CONSUMER,
    cursors,
    days_of,
    put_days,
    put_run,
    read_cursor,
    read_days,
    read_runs,
    read_states,
    runs,
    states,
)
from records.engine import make_engine, migrate, reading, sqlite_url, transaction
from tests.ingest.booking import MemoryBus, crash_at
from tests.ingest.test_intervals import Watched
from tests.ingest.test_quality_book import DAY, ESTATE, HOUR, METER, MIDNIGHT, PILE, read, smoke
from tests.reports import estates


class Clock:
    """A wall clock that a test sets."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(made)
    yield made
    made.dispose()


def a_writer(engine: sa.Engine, bus: Bus, clock: Clock, batch: int = 2_000) -> QualityWriter:
    return QualityWriter(engine, bus, ESTATE, now_ms=clock, pace_s=0.0, batch=batch)


async def digest(writer: QualityWriter, bus: MemoryBus, last: int) -> None:
    """Run the consumer until it has committed everything, and once more after that."""

    async def until_done() -> None:
        for _ in range(2):
            while True:
                await bus.heard.wait()
                bus.heard.clear()
                if bus.committed[-1][1].routine >= last:
                    break

    running = asyncio.ensure_future(writer.run())
    waiting = asyncio.ensure_future(until_done())
    try:
        async with asyncio.timeout(30):
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
    finally:
        for task in (running, waiting):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, QualityError):
                await task


def rows(engine: sa.Engine, device: str = "m1") -> dict[int, DayRow]:
    with reading(engine) as connection:
        found = days_of(connection, [device], 0, 10**6)
        return {row.day - DAY: row for row in found}


@pytest.mark.parametrize("statement", range(24))
async def test_a_kill_anywhere_loses_nothing_and_doubles_nothing(
    engine: sa.Engine, statement: int
) -> None:
    bus, clock = MemoryBus(), Clock(MIDNIGHT + HOUR)
    await bus.append([read(ms) for ms in range(0, HOUR, 10_000)])
    undo = crash_at(engine, statement)
    with contextlib.suppress(QualityError):
        await digest(a_writer(engine, bus, clock, batch=20), bus, 360)
    assert undo()
    # The same process goes on, as its supervisor makes it: no time without sitewatch.
    clock.now = MIDNIGHT + HOUR
    bus.committed.clear()
    await bus.append([read(HOUR)])
    clock.now += 10_000
    await digest(a_writer(engine, bus, clock, batch=20), bus, 361)
    row = rows(engine)[0]
    assert (row.samples, row.good, row.due) == (361, 722, 722)
    assert row.online == row.counted - row.down


async def test_it_reads_the_real_journal_and_goes_on_after_a_restart(
    engine: sa.Engine, tmp_path: Path
) -> None:
    path = tmp_path / "journal.sqlite"
    for part in (range(6), range(6, 11)):
        async with Journal.open(path, (CONSUMER,)) as journal:
            last = 0
            for n in part:
                last = await journal.append([read(10_000 * n)])
            watched = Watched(journal, last)
            clock = Clock(MIDNIGHT + 10_000 * part.stop)
            running = asyncio.ensure_future(a_writer(engine, watched, clock).run())
            async with asyncio.timeout(20):
                await watched.done.wait()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            with reading(engine) as connection:
                assert read_cursor(connection)[0].routine == last
    assert rows(engine)[0].samples == 11


async def test_what_is_read_and_not_written_is_written_at_the_end(engine: sa.Engine) -> None:
    class Asked(MemoryBus):
        def __init__(self) -> None:
            super().__init__()
            self.again = asyncio.Event()

        async def read(self, after: Cursor, limit: int, timeout: float) -> Sequence[Sample]:
            if after.routine:
                self.again.set()
            return await super().read(after, limit, timeout)

    bus, clock = Asked(), Clock(MIDNIGHT)
    await bus.append([read(0)])
    writer = QualityWriter(engine, bus, ESTATE, now_ms=clock, pace_s=300.0)
    running = asyncio.ensure_future(writer.run())
    async with asyncio.timeout(20):
        await bus.again.wait()
    assert rows(engine) == {}
    clock.now = MIDNIGHT + HOUR
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert rows(engine)[0].samples == 1
    with reading(engine) as connection:
        assert read_runs(connection) == [(MIDNIGHT, MIDNIGHT + HOUR)]
        assert read_cursor(connection)[0].routine == 1


async def test_between_two_runs_nothing_is_covered_and_the_reason_is_told(
    engine: sa.Engine,
) -> None:
    bus, clock = MemoryBus(), Clock(MIDNIGHT)
    writer = a_writer(engine, bus, clock)
    await bus.append([smoke(0), *(read(ms) for ms in range(0, HOUR, 10_000))])
    clock.now = MIDNIGHT + HOUR
    await digest(writer, bus, 361)
    clock.now = MIDNIGHT + 3 * HOUR
    again = a_writer(engine, bus, clock)
    bus.committed.clear()
    await bus.append([read(ms) for ms in range(3 * HOUR, 4 * HOUR, 10_000)])
    clock.now = MIDNIGHT + 4 * HOUR
    await digest(again, bus, 721)
    row, silent = rows(engine)[0], rows(engine, "smoke-1")[0]
    assert (row.counted, row.down, row.online) == (240, 120, 120)
    assert (row.good, row.due) == (2 * 720, 2 * 4 * 360)
    # Its last word was good for an hour, which ended when sitewatch did.
    assert (silent.counted, silent.down, silent.covered) == (240, 120, 60)


async def test_the_runs_of_another_process_say_when_nobody_collected(engine: sa.Engine) -> None:
    bus, clock = MemoryBus(), Clock(MIDNIGHT)
    writer = QualityWriter(engine, bus, ESTATE, now_ms=clock, pace_s=0.0, own_run=False)
    await bus.append([read(ms) for ms in range(0, HOUR, 10_000)])
    clock.now = MIDNIGHT + 2 * HOUR
    await digest(writer, bus, 360)
    assert (rows(engine)[0].counted, rows(engine)[0].down) == (120, 0)
    with transaction(engine) as connection:
        assert read_runs(connection) == [], "it is not its run"
        put_run(connection, MIDNIGHT, MIDNIGHT + HOUR)
        put_run(connection, MIDNIGHT + 2 * HOUR, MIDNIGHT + 2 * HOUR)
    bus.committed.clear()
    await bus.append([read(ms) for ms in range(2 * HOUR, 3 * HOUR, 10_000)])
    clock.now = MIDNIGHT + 3 * HOUR
    await digest(writer, bus, 720)
    assert (rows(engine)[0].counted, rows(engine)[0].down, rows(engine)[0].online) == (180, 60, 120)


async def test_closed_days_lose_their_marks_and_old_ones_go(engine: sa.Engine) -> None:
    old = [DayRow("m1", DAY - KEPT_DAYS - 10), DayRow("m1", DAY - 3, marks=5, online=2)]
    with transaction(engine) as connection:
        put_days(connection, old)
    bus, clock = MemoryBus(), Clock(MIDNIGHT)
    await bus.append([read(0)])
    await digest(a_writer(engine, bus, clock), bus, 1)
    with reading(engine) as connection:
        found = {row.day - DAY: row for row in read_days(connection, 0)}
    assert -KEPT_DAYS - 10 not in found
    assert (found[-3].marks, found[-3].online) == (0, 2)
    assert found[0].marks > 0


async def test_a_changed_estate_is_taken_up_with_the_next_writing(engine: sa.Engine) -> None:
    bus, clock = MemoryBus(), Clock(MIDNIGHT)
    writer = a_writer(engine, bus, clock)
    writer.take_estate(estates.estate({"centre": None}, [METER, PILE]))
    await bus.append([read(0)])
    await digest(writer, bus, 1)
    bus.committed.clear()
    await bus.append([smoke(10), read(10)])
    await digest(writer, bus, 3)
    assert rows(engine, "smoke-1") == {}
    assert rows(engine)[0].samples == 2


async def test_a_broken_database_is_one_clear_error(tmp_path: Path) -> None:
    empty = make_engine(sqlite_url(tmp_path / "empty.sqlite"))
    with pytest.raises(QualityError, match="cannot be read"):
        await a_writer(empty, MemoryBus(), Clock(MIDNIGHT)).run()
    empty.dispose()


def test_the_tables_are_as_they_are_migrated(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        for table in (cursors, runs, states):
            connection.execute(sa.select(table))
        row = DayRow("d", DAY, due=None, marks=2**1439 | 1, covered_marks=6, heard_ms=DAY_MS)
        row.missing["busy"] = 3
        put_days(connection, [row])
        assert read_days(connection, DAY) == [row]
        assert read_states(connection) == []
