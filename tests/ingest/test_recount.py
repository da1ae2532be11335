"""An import counts as if it had come live: any part of a history, whatever is kept of it."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Sample
from ingest.counters import MeterChange, Reading
from ingest.interval_ledger import IntervalLedger
from ingest.interval_tables import intervals, steps
from ingest.rollup_tables import rollups
from records.audit import Actor
from records.engine import make_engine, migrate, reading, sqlite_url, transaction
from records.meter_changes import NewChange, enter
from tests.ingest.energy_histories import START, History, histories
from tests.ingest.test_late_readings import ESTATE, POINT, emptied
from tests.reports import estates

DAY_MS = 86_400_000
STEP_MS = 600_000
POWERED = estates.estate(
    {"centre": None},
    [estates.device("m1", "electricity_meter", "centre", role="grid", points=("active_power",))],
)


class Held:
    """What a store holds, given back in portions of a day."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples_held = sorted(samples, key=lambda one: one.at)
        self.reads: list[tuple[int, int]] = []

    def points(self, device: str) -> Sequence[str]:
        return sorted({p for one in self.samples_held if one.device == device for p in one.values})

    def samples(self, device: str, start: int, end: int) -> Iterator[Sequence[Sample]]:
        self.reads.append((start, end))
        days: dict[int, list[Sample]] = {}
        for one in self.samples_held:
            if one.device == device and start <= one.at < end:
                days.setdefault(one.at // DAY_MS, []).append(one)
        yield from (days[day] for day in sorted(days))


@pytest.fixture(scope="module")
def database() -> Iterator[sa.Engine]:
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(sqlite_url(Path(folder) / "sitewatch.sqlite"))
        migrate(engine)
        yield engine
        engine.dispose()


def sample(one: Reading, point: str = POINT) -> Sample:
    return Sample("m1", one.at_ms, {point: one.count / 1000})


def enter_changes(engine: sa.Engine, changes: Sequence[MeterChange]) -> None:
    with transaction(engine) as connection:
        for one in changes:
            change = NewChange("m1", POINT, one.at_ms, one.last / 1000, one.first / 1000)
            enter(connection, Actor("test"), change, START)


def come_live(ledger: IntervalLedger, samples: Sequence[Sample]) -> None:
    """Let the consumer read these samples, one after the other."""
    cursor = ledger.cursor()
    for begin in range(0, len(samples), 7):
        ledger.book(samples[begin : begin + 7], cursor)


def dump(engine: sa.Engine) -> list[list[tuple[object, ...]]]:
    """All intervals that are known, all sums of them, all steps."""
    with reading(engine) as connection:
        rows = [tuple(row)[2:9] for row in connection.execute(sa.select(intervals))]
        sums = sa.select(rollups).order_by(rollups.c.grain, rollups.c.start_ms)
        found = sa.select(steps.c.kind, steps.c.at_ms, steps.c.before_count, steps.c.after_count)
        return [
            [row for row in rows if any(row[1:])],
            [each for each in map(tuple, connection.execute(sums)) if any(each[4:])],
            [tuple(row) for row in connection.execute(found.order_by(steps.c.start_ms))],
        ]


def lengthened(history: History) -> list[Reading]:
    """A history with a quiet half day before it and after it."""
    first, last = history.readings[0], history.readings[-1]
    return [
        *(Reading(first.at_ms - n * STEP_MS, first.count - n) for n in range(70, 0, -1)),
        *history.readings,
        *(Reading(last.at_ms + n * STEP_MS, last.count + n) for n in range(1, 71)),
    ]


@st.composite
def imports(draw: st.DrawFn) -> tuple[History, list[Reading], list[bool], int]:
    """A history, which of its readings are imported, and how long ago all that was. [ms]"""
    history = draw(histories())
    readings = lengthened(history)
    if draw(st.booleans()):
        begin, end = sorted(draw(st.integers(0, len(readings))) for _ in range(2))
        chosen = [begin <= n < end for n in range(len(readings))]
    else:
        chosen = draw(st.lists(st.booleans(), min_size=len(readings), max_size=len(readings)))
    return history, readings, chosen, draw(st.sampled_from([0, 14, 15, 40])) * DAY_MS


@settings(max_examples=80, deadline=None)
@given(imports(), st.integers(0, 20))
def test_an_import_counts_as_if_it_had_come_live(
    database: sa.Engine, given: tuple[History, list[Reading], list[bool], int], still: int
) -> None:
    history, readings, chosen, ago = given
    engine = emptied(database)
    now_ms = readings[-1].at_ms + ago
    samples = [sample(one) for one in readings]
    cut = len(samples) - still
    enter_changes(engine, history.changes)
    come_live(IntervalLedger(engine, ESTATE, now_ms=lambda: now_ms), samples)
    straight = dump(engine)

    emptied(engine)
    enter_changes(engine, history.changes)
    ledger = IntervalLedger(engine, ESTATE, now_ms=lambda: now_ms)
    before = [one for one, new in zip(samples[:cut], chosen[:cut], strict=True) if not new]
    come_live(ledger, before)
    new = [one.at for one, new in zip(samples[:cut], chosen[:cut], strict=True) if new]
    if new:
        store = Held(samples[:cut])
        ledger.recount(store, {"m1": (min(new), max(new))})
        once = dump(engine)
        ledger.recount(store, {"m1": (min(new), max(new))})
        assert dump(engine) == once
    come_live(ledger, samples[cut:])
    assert dump(engine) == straight


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_power_without_a_counter_too(database: sa.Engine, data: st.DataObject) -> None:
    engine = emptied(database)
    moments = sorted(data.draw(st.sets(st.integers(0, 40_000_000), min_size=2, max_size=60)))
    powers = data.draw(st.lists(st.integers(-9_000, 9_000), min_size=60, max_size=60))
    samples = [
        Sample("m1", START + at, {"active_power": float(power)})
        for at, power in zip(moments, powers[: len(moments)], strict=True)
    ]
    chosen = [data.draw(st.booleans()) for _ in samples]
    now_ms = START + data.draw(st.sampled_from([1, 40])) * DAY_MS
    come_live(IntervalLedger(engine, POWERED, now_ms=lambda: now_ms), samples)
    straight = dump(engine)
    emptied(engine)
    ledger = IntervalLedger(engine, POWERED, now_ms=lambda: now_ms)
    come_live(ledger, [one for one, new in zip(samples, chosen, strict=True) if not new])
    if any(chosen):
        new_at = [one.at for one, new in zip(samples, chosen, strict=True) if new]
        ledger.recount(Held(samples), {"m1": (min(new_at), max(new_at))})
    assert dump(engine) == straight


def a_year(days: int) -> list[Sample]:
    count = days * DAY_MS // STEP_MS
    return [sample(Reading(START + n * STEP_MS, n * 1000)) for n in range(count)]


def test_only_what_is_around_the_import_is_read(database: sa.Engine) -> None:
    engine = emptied(database)
    every = a_year(60)
    now_ms = every[-1].at
    hole = slice(10 * 144, 11 * 144)
    ledger = IntervalLedger(engine, ESTATE, now_ms=lambda: now_ms)
    come_live(ledger, every[: hole.start] + every[hole.stop :])
    store = Held(every)
    ledger.recount(store, {"m1": (every[hole.start].at, every[hole.stop - 1].at)})
    with reading(engine) as connection:
        rows = connection.execute(sa.select(intervals)).all()
        altered = [row for row in rows if row.version > 1]
    # A day and the quarters at its edges: what was bridged is measured.
    assert len(altered) == 97
    assert all(row.recovered_ms == 0 for row in rows)
    assert min(begin for begin, _ in store.reads) == every[hole.start].at - 2 * 3_600_000


def test_what_the_store_has_forgotten_stays_counted(database: sa.Engine) -> None:
    engine = emptied(database)
    every = a_year(40)
    ledger = IntervalLedger(engine, ESTATE, now_ms=lambda: every[-1].at)
    come_live(ledger, every)
    before = dump(engine)
    # The store kept the newest ten days; somebody imports the first day again.
    store = Held(every[:144] + every[30 * 144 :])
    ledger.recount(store, {"m1": (every[0].at, every[143].at)})
    assert dump(engine)[0] == before[0]
    assert dump(engine)[1] == before[1]


def test_devices_that_count_nothing_are_left_alone(database: sa.Engine) -> None:
    engine = emptied(database)
    ledger = IntervalLedger(engine, ESTATE, now_ms=lambda: START)
    store = Held([Sample("m1", START, {"voltage_l1": 230.0}), Sample("gone", START, {"x": 1.0})])
    ledger.recount(store, {"m1": (START, START), "gone": (START, START)})
    assert ledger.statistics.recounted == 0
    assert dump(engine) == [[], [], []]
