"""Days counted again from the store are the days that there would be if all had come live."""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Lane, Reason, Sample
from ingest import quality_tables
from ingest.bus import Cursor
from ingest.past import Past
from ingest.quality import QualityWriter
from ingest.quality_book import DAY_MS, KEPT_DAYS, DayRow, QualityBook
from ingest.quality_recount import QualityRecount, RecountError
from ingest.quality_tables import (
    cursors,
    days_of,
    put_cursor,
    put_days,
    put_recounts,
    put_run,
    put_states,
    read_recounts,
    recounts,
    runs,
    states,
)
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from records.engine import make_engine, migrate, reading, sqlite_url, transaction
from tests.ingest.booking import MemoryBus
from tests.ingest.test_quality import Clock, digest
from tests.ingest.test_quality_book import DAY, ESTATE, HOUR, MIDNIGHT, MINUTE, read, smoke

LENGTH = 4
"""Days that are compared."""
NOW = MIDNIGHT + (LENGTH + 5) * DAY_MS
DEVICES = ("m1", "pile", "smoke-1")


class MemoryStore:
    """A store that gives back what was put into it."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self.kept = list(samples)
        self.stored = Cursor(2**40, 2**40)

    def devices(self) -> Sequence[str]:
        return sorted({one.device for one in self.kept})

    def samples(self, device: str, start: int, end: int) -> Iterator[Sequence[Sample]]:
        found = [one for one in self.kept if one.device == device and start <= one.at < end]
        yield sorted(found, key=lambda one: one.at)

    def cursor(self) -> Cursor:
        return self.stored


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[sa.Engine, sa.Engine]]:
    """Two databases for the many examples of a property."""
    folder = tmp_path_factory.mktemp("split")
    straight, other = (make_engine(sqlite_url(folder / name)) for name in ("a", "b"))
    migrate(straight)
    migrate(other)
    yield straight, other
    straight.dispose()
    other.dispose()


def emptied(engine: sa.Engine) -> sa.Engine:
    with transaction(engine) as connection:
        for table in (quality_tables.days, states, recounts, runs, cursors):
            connection.execute(sa.delete(table))
    return engine


def a_recount(engine: sa.Engine) -> QualityRecount:
    return QualityRecount(engine, lambda: ESTATE, now_ms=lambda: NOW)


def come_live(engine: sa.Engine, samples: Sequence[Sample], until: int = NOW) -> None:
    """What the consumer of the journal writes of samples that come in this order."""
    book = QualityBook(ESTATE)
    settled = MIDNIGHT
    with transaction(engine) as connection:
        for sample in samples:
            while sample.received_at - settled > DAY_MS:
                settled += DAY_MS
                book.settle(settled)
                put_days(connection, book.changes()[1])
            book.take((sample,))
        while settled < until:
            settled = min(settled + DAY_MS, until)
            book.settle(settled)
            put_days(connection, book.changes()[1])
        put_states(connection, book.changes()[0])
        put_cursor(connection, Cursor(1, 1), until)


def rows(engine: sa.Engine, days: int = LENGTH) -> list[DayRow]:
    with reading(engine) as connection:
        found = list(days_of(connection, DEVICES, DAY - 2, DAY + days - 1))
    return sorted(found, key=lambda row: (row.device, row.day))


def figures(engine: sa.Engine, days: int = LENGTH) -> list[tuple[object, ...]]:
    return [astuple(replace(row, from_store=False)) for row in rows(engine, days)]


def every_midnight() -> list[Sample]:
    """So that every day of every device begins at its beginning, whoever heard it."""
    found = []
    for day in range(LENGTH + 1):
        at = day * DAY_MS
        found += [read(at), smoke(at), Sample("pile", MIDNIGHT + at, {"voltage_l1": 230.0})]
    return found


def of_kind(kind: str, at: int, lag: int) -> Sample:
    if kind == "read":
        return read(at)
    if kind == "silent":
        return Sample("m1", MIDNIGHT + at, {"frequency": None}, {"frequency": Reason.NO_ANSWER})
    if kind == "suspect":
        reasons = {"active_power": Reason.OUT_OF_RANGE.value}
        return Sample("m1", MIDNIGHT + at, {"active_power": 9e9}, reasons)
    if kind == "part":
        return Sample("pile/c1", MIDNIGHT + at, {"active_energy_total": 1.0})
    if kind == "late":
        return smoke(at + lag, source_at=MIDNIGHT + at)
    return smoke(at)


SAMPLES = st.lists(
    st.builds(
        of_kind,
        st.sampled_from(["read", "silent", "suspect", "part", "late", "smoke"]),
        st.integers(0, LENGTH * 1440 - 1).map(lambda minute: minute * MINUTE + 7_000),
        st.integers(-60, 40 * 60).map(lambda minute: minute * MINUTE),
    ),
    max_size=25,
)


@settings(max_examples=30, deadline=None)
@given(
    samples=SAMPLES,
    chance=st.randoms(use_true_random=False),
    share=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    cuts=st.integers(1, 4),
)
def test_an_import_in_any_split_makes_the_days_that_would_have_come_live(
    engines: tuple[sa.Engine, sa.Engine],
    samples: list[Sample],
    chance: random.Random,
    share: float,
    cuts: int,
) -> None:
    everything = sorted([*every_midnight(), *samples], key=lambda one: one.received_at)
    straight, other = map(emptied, engines)
    come_live(straight, everything)
    is_live = [chance.random() >= share for _ in everything]
    live = [one for one, came in zip(everything, is_live, strict=True) if came]
    rest = [one for one, came in zip(everything, is_live, strict=True) if not came]
    if live:
        come_live(other, live)
    chance.shuffle(rest)
    store = MemoryStore(live)
    for part in range(cuts):
        recount = a_recount(other)
        some = rest[part::cuts]
        recount.note(some)
        store.kept += some
        recount.work_off(store)
        assert recount.work_off(store) == 0
    assert figures(other) == figures(straight)
    counted = {(row.device, row.day) for row in rows(other) if row.from_store}
    calendar = {(one.device.partition("/")[0], DAY + (one.at - MIDNIGHT) // DAY_MS) for one in rest}
    assert {one for one in calendar if one[1] < DAY + LENGTH} <= counted


def test_open_days_wait_until_they_close(engine: sa.Engine) -> None:
    come_live(engine, [read(0)], until=MIDNIGHT + 3 * DAY_MS - 1)
    samples = [read(ms) for ms in range(0, 3 * DAY_MS, HOUR)]
    store, recount = MemoryStore(samples), a_recount(engine)
    recount.note(samples)
    assert recount.work_off(store) == 0
    with transaction(engine) as connection:
        put_cursor(connection, Cursor(1, 1), MIDNIGHT + 4 * DAY_MS)
    assert a_recount(engine).work_off(store) == 2
    assert [(row.day - DAY, row.good) for row in rows(engine) if row.from_store] == [
        (0, 48), (1, 48),
    ]  # fmt: skip


def test_nothing_is_counted_while_the_store_is_behind_the_journal(engine: sa.Engine) -> None:
    come_live(engine, [read(0)])
    store, recount = MemoryStore([read(0), read(HOUR)]), a_recount(engine)
    recount.note([read(HOUR)])
    store.stored = Cursor(1, 0)
    assert recount.work_off(store) == 0
    store.stored = Cursor(1, 1)
    assert recount.work_off(store) == 1


def test_what_the_store_no_longer_has_is_not_taken_away(engine: sa.Engine) -> None:
    come_live(engine, [read(ms) for ms in range(0, DAY_MS, HOUR)])
    before = figures(engine)
    recount = a_recount(engine)
    recount.note([read(HOUR + 5)])
    assert recount.work_off(MemoryStore([read(HOUR + 5)])) == 0
    assert figures(engine) == before


def test_of_the_time_before_and_after_an_import_nothing_is_known(engine: sa.Engine) -> None:
    samples = [read(DAY_MS + ms) for ms in range(6 * HOUR, 18 * HOUR, 10_000)]
    recount = a_recount(engine)
    recount.note(samples)
    assert recount.work_off(MemoryStore(samples)) == 1
    [row] = rows(engine)
    assert (row.day - DAY, row.counted, row.online) == (1, 720, 720)
    assert (row.good, row.due) == (2 * 4320, 2 * 4320 - 2)


def test_a_time_without_sitewatch_stays_one(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        put_run(connection, MIDNIGHT - DAY_MS, MIDNIGHT + HOUR)
        put_run(connection, MIDNIGHT + 2 * HOUR, NOW)
    samples = [read(ms) for ms in range(0, DAY_MS + 1, 10_000)]
    recount = a_recount(engine)
    recount.note(samples)
    recount.work_off(MemoryStore(samples))
    row = rows(engine)[0]
    assert (row.counted, row.down, row.online) == (1440, 60, 1380)
    assert row.good == 2 * 8640


def test_a_device_that_the_estate_does_not_have_and_days_of_long_ago_are_let_go(
    engine: sa.Engine,
) -> None:
    old = -(KEPT_DAYS + 20) * DAY_MS
    recount = a_recount(engine)
    recount.note([read(old), Sample("gone", MIDNIGHT, {"x": 1.0}), read(-MIDNIGHT - 5)])
    with transaction(engine) as connection:
        put_recounts(connection, [("gone", DAY)])
    assert recount.work_off(MemoryStore([read(old)])) == 0
    with reading(engine) as connection:
        assert read_recounts(connection, 10**6) == {}


def test_a_database_that_is_away_is_told(engine: sa.Engine) -> None:
    recount = a_recount(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE quality_recounts"))
    with pytest.raises(RecountError, match="cannot be noted"):
        recount.note([read(0)])
    with pytest.raises(RecountError, match="cannot be counted"):
        recount.work_off(MemoryStore())


def test_an_import_into_the_embedded_store_counts_its_days(
    engine: sa.Engine, tmp_path: Path
) -> None:
    samples = [read(ms) for ms in range(0, 2 * DAY_MS, 60_000)]
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "a.duckdb", threads=1))) as store:
        past = Past(store, None, a_recount(engine))
        assert past.take(samples) == 2 * len(samples)
        assert past.count_quality() == 2
    assert [(row.good, row.from_store) for row in rows(engine)] == [(2880, True), (2880, True)]


async def test_what_came_too_late_for_its_day_is_counted_from_the_store(
    engine: sa.Engine,
) -> None:
    bus, clock = MemoryBus(), Clock(MIDNIGHT + 6 * DAY_MS)
    late = smoke(6 * DAY_MS, source_at=MIDNIGHT + HOUR, lane=Lane.ROUTINE)
    first = smoke(0, lane=Lane.ROUTINE)
    writer = QualityWriter(engine, bus, ESTATE, now_ms=clock, pace_s=0.0, is_recounted=True)
    await bus.append([first])
    await digest(writer, bus, 1)
    assert [row.covered for row in rows(engine, 1)] == [61]
    await bus.append([late])
    again = QualityWriter(engine, bus, ESTATE, now_ms=clock, pace_s=0.0, is_recounted=True)
    await digest(again, bus, 2)
    store = MemoryStore([first, late])
    assert a_recount(engine).work_off(store) == 1
    assert [(row.covered, row.online) for row in rows(engine, 1)] == [(121, 61)]
