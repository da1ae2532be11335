"""The consumer `intervals`: exactly once from the journal, and history beside the live data."""

import asyncio
import contextlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Lane, Reason, Sample
from device_configs.estate import Estate
from ingest.bus import Bus, Cursor
from ingest.counters import INTERVAL_MS
from ingest.interval_ledger import IntervalLedger, IntervalsError
from ingest.interval_tables import (
    CONSUMER,
    Series,
    intervals,
    read_cursor,
    read_states,
    steps,
)
from ingest.intervals import IntervalWriter
from ingest.journal import Journal
from ingest.rollup import Amounts, Span, amounts_in
from records.engine import make_engine, migrate, reading, sqlite_url
from tests.ingest.booking import MemoryBus, crash_at, digest
from tests.reports import estates

START = 1_795_363_200_000
"""A quarter of an hour begins here. [ms, UTC]"""
IMPORT = Series("m1", "active_energy_import")
ESTATE = estates.estate(
    {"centre": None},
    [
        estates.device("m1", "electricity_meter", "centre", role="grid"),
        estates.device(
            "ct", "electricity_meter", "centre", role="submeter", ct_ratio=40, pt_ratio=100
        ),
        estates.device(
            "later",
            "electricity_meter",
            "centre",
            role="submeter",
            ct_ratio=[{"from": "2020-01-01", "value": 20}, {"from": "2026-11-23", "value": 30}],
        ),
        estates.device("small", "electricity_meter", "centre", role="submeter", rating_w=10_000),
        estates.device("w1", "water_meter", "centre"),
        estates.device("pile", "ev_charger", "centre", parts=("c1", "c2")),
        estates.device("broken", "electricity_meter", "centre", role="submeter", ct_ratio=0),
    ],
)


class Watched:
    """The journal, and word of when the consumer has committed a number."""

    def __init__(self, journal: Journal, last: int) -> None:
        self.append, self.read = journal.append, journal.read
        self.journal, self.last = journal, last
        self.done = asyncio.Event()

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        await self.journal.commit(consumer, cursor)
        if cursor.routine >= self.last:
            self.done.set()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(made)
    yield made
    made.dispose()


def a_writer(engine: sa.Engine, bus: Bus | None = None, estate: Estate = ESTATE) -> IntervalWriter:
    return IntervalWriter(
        IntervalLedger(engine, estate, now_ms=lambda: START), bus or MemoryBus(), pace_s=0.0
    )


def kwh(seconds: float, energy: float, device: str = "m1") -> Sample:
    return Sample(device, START + round(seconds * 1000), {"active_energy_import": energy * 1000})


def live(engine: sa.Engine, samples: Sequence[Sample], estate: Estate = ESTATE) -> IntervalWriter:
    """Book samples as they come live, from the journal's beginning."""

    async def book() -> IntervalWriter:
        bus = MemoryBus()
        await bus.append(samples)
        writer = a_writer(engine, bus, estate)
        await digest(writer, bus, len(samples))
        return writer

    return asyncio.run(book())


def total(engine: sa.Engine, series: Series = IMPORT) -> Amounts:
    span = Span(0, START + 10**6 * INTERVAL_MS)
    with reading(engine) as connection:
        return amounts_in(connection, [series], [span])[0].get(series, Amounts())


def rows(engine: sa.Engine) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        return [tuple(row)[:7] for row in connection.execute(sa.select(intervals))]


def test_readings_become_intervals(engine: sa.Engine) -> None:
    writer = live(engine, [kwh(10 * n, 100 + n / 100) for n in range(181)])
    assert rows(engine) == [
        ("m1", "active_energy_import", START, 900_000, 0, INTERVAL_MS, 0),
        ("m1", "active_energy_import", START + INTERVAL_MS, 900_000, 0, INTERVAL_MS, 0),
    ]
    assert writer.ledger.statistics.readings == 181
    assert writer.ledger.statistics.ignored == 0


def test_what_is_no_good_reading_is_skipped(engine: sa.Engine) -> None:
    point = "active_energy_import"
    samples = [
        kwh(0, 100),
        Sample("m1", START + 1_000, {point: None}, {point: Reason.NO_ANSWER}),
        Sample("m1", START + 2_000, {point: 0.0}, {point: Reason.OUT_OF_RANGE}),
        Sample("m1", START + 3_000, {point: "100"}),
        Sample("m1", START + 4_000, {point: True}),
        Sample("m1", START + 5_000, {point: float("nan")}),
        Sample("m1", START + 6_000, {point: 1e300}),
        Sample("m1", START + 7_000, {point: 100_000.0}, source_at=0),
        Sample("m1", START + 8_000, {point: 100_000.0}, source_at=START + 10**9),
        Sample("nobody", START + 9_000, {point: 5.0}),
        Sample("m1", START + 9_000, {"active_power": 5.0}, lane=Lane.SAFETY),
        kwh(10, 100.01),
    ]
    writer = live(engine, samples)
    assert total(engine) == Amounts(10_000, 0, 10_000, 0)
    assert writer.ledger.statistics.unset_clock == 2
    assert writer.ledger.statistics.readings == 2


def test_readings_that_changed_places_in_a_batch_are_put_in_order(engine: sa.Engine) -> None:
    writer = live(engine, [kwh(0, 100), kwh(20, 100.02), kwh(10, 100.01), kwh(30, 100.03)])
    assert total(engine).amount == 30_000
    assert (writer.ledger.statistics.readings, writer.ledger.statistics.late) == (4, 0)


def test_transformers_multiply(engine: sa.Engine) -> None:
    live(engine, [kwh(0, 1, "ct"), kwh(10, 1.001, "ct")])
    assert total(engine, Series("ct", "active_energy_import")).amount == 1_000 * 4_000


def test_a_ratio_is_the_one_of_its_day_in_the_sites_time_zone(engine: sa.Engine) -> None:
    midnight = 1_795_363_200_000  # 2026-11-23 00:00 in Shanghai
    samples = [
        Sample("later", midnight + ms, {"active_energy_import": 1000.0 + ms / 1000})
        for ms in range(-60_000, 60_001, 10_000)
    ]
    live(engine, samples)
    assert [row[2:4] for row in rows(engine)] == [
        (midnight - INTERVAL_MS, 60_000 * 20),
        (midnight, 60_000 * 30),
    ]


def test_a_ratio_that_is_no_positive_number_makes_no_energy(engine: sa.Engine) -> None:
    live(engine, [kwh(0, 1, "broken"), kwh(10, 1.001, "broken")])
    assert rows(engine) == []


def test_a_rating_bounds_what_is_believed(engine: sa.Engine) -> None:
    jump = [(0, 1.0), (3600, 2.0), (3610, 50.0), (3620, 50.001)]
    writer = live(engine, [kwh(s, e, name) for s, e in jump for name in ("small", "m1")])
    small, big = (total(engine, Series(name, IMPORT.point)) for name in ("small", "m1"))
    assert (small.amount, big.amount) == (1_001_000, 49_001_000)
    assert writer.ledger.statistics.steps == 1
    with reading(engine) as connection:
        row = connection.execute(sa.select(steps)).one()
    assert (row.device, row.kind, row.before_count, row.after_count, row.times) == (
        "small", "jump", 2_000_000, 50_000_000, 1,
    )  # fmt: skip


def test_volumes_and_parts_are_counted_too(engine: sa.Engine) -> None:
    live(
        engine,
        [
            Sample("w1", START, {"volume_total": 7.5}),
            Sample("pile/c1", START, {"active_energy_total": 5_000}),
            Sample("pile/c2", START, {"session_energy": 5_000}),
            Sample("w1", START + 1000, {"volume_total": 7.501}),
            Sample("pile/c1", START + 1000, {"active_energy_total": 5_002}),
            Sample("pile/c2", START + 1000, {"session_energy": 5_001}),
        ],
    )
    assert [row[:4] for row in rows(engine)] == [
        ("pile/c1", "active_energy_total", START, 2_000),
        ("w1", "volume_total", START, 1_000),
    ]


@pytest.mark.parametrize("statement", range(20))
async def test_a_kill_anywhere_loses_nothing_and_doubles_nothing(
    engine: sa.Engine, statement: int
) -> None:
    bus = MemoryBus()
    for n in range(5):
        await bus.append([kwh(600 * n + 30 * m, 100 + (20 * n + m) / 10) for m in range(20)])
    undo = crash_at(engine, statement)
    writer = IntervalWriter(
        IntervalLedger(engine, ESTATE, now_ms=lambda: START), bus, pace_s=0.0, batch=20
    )
    with contextlib.suppress(IntervalsError):
        await digest(writer, bus, 100)
    assert undo()
    again = IntervalWriter(
        IntervalLedger(engine, ESTATE, now_ms=lambda: START), bus, pace_s=0.0, batch=20
    )
    bus.committed.clear()
    await bus.append([kwh(3000, 110)])
    await digest(again, bus, 101)
    assert total(engine) == Amounts(10_000_000, 0, 3_000_000, 0)
    # What is booked is not read again: the cursor moved with it.
    assert again.ledger.statistics.ignored == 0


async def test_a_kill_after_the_commit_and_before_the_bus_hears_of_it(engine: sa.Engine) -> None:
    class Deaf(MemoryBus):
        async def commit(self, consumer: str, cursor: Cursor) -> None:
            raise IntervalsError("killed")

    deaf = Deaf()
    await deaf.append([kwh(0, 1), kwh(10, 1.01)])
    with pytest.raises(IntervalsError, match="killed"):
        await a_writer(engine, deaf).run()
    bus = MemoryBus()
    await bus.append([kwh(0, 1), kwh(10, 1.01), kwh(20, 1.02)])
    await digest(a_writer(engine, bus), bus, 3)
    assert total(engine).amount == 20_000
    assert bus.committed[0][0] == CONSUMER


async def test_a_broken_database_is_one_clear_error(tmp_path: Path) -> None:
    empty = make_engine(sqlite_url(tmp_path / "empty.sqlite"))
    with pytest.raises(IntervalsError, match="cannot be written"):
        await a_writer(empty).run()
    empty.dispose()


async def test_it_reads_the_real_journal_and_goes_on_after_a_restart(
    engine: sa.Engine, tmp_path: Path
) -> None:
    path = tmp_path / "journal.sqlite"
    for part in (range(6), range(6, 11)):
        async with Journal.open(path, (CONSUMER,)) as journal:
            last = 0
            for n in part:
                last = await journal.append([kwh(10 * n, 100 + n / 100)])
            watched = Watched(journal, last)
            running = asyncio.ensure_future(a_writer(engine, watched).run())
            async with asyncio.timeout(20):
                await watched.done.wait()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            with reading(engine) as connection:
                assert read_cursor(connection).routine == last
    assert total(engine) == Amounts(100_000, 0, 100_000, 0)


PAST = [kwh(60 * n, 100 + n / 10) for n in range(-600, 0)]
NOW = [kwh(60 * n, 100 + n / 10) for n in range(60)]
WHOLE = Amounts(65_900_000, 0, 659 * 60_000, 0)


@pytest.mark.parametrize("order", ["history first", "live first", "live between", "overlap"])
def test_history_and_live_data_meet_without_loss_or_doubling(engine: sa.Engine, order: str) -> None:
    if order == "history first":
        a_writer(engine).ledger.backfill(PAST)
        live(engine, NOW)
    elif order == "live first":
        live(engine, NOW).ledger.backfill(PAST)
    elif order == "live between":
        a_writer(engine).ledger.backfill(PAST[:300])
        live(engine, NOW).ledger.backfill(PAST[300:])
    else:
        a_writer(engine).ledger.backfill([*PAST, *NOW[:30]])
        live(engine, NOW).ledger.backfill([*PAST, *NOW[:40]])
    assert total(engine) == WHOLE


def test_the_same_history_again_adds_nothing(engine: sa.Engine) -> None:
    live(engine, NOW)
    for part in (PAST[:400], PAST[:500], PAST):
        a_writer(engine).ledger.backfill(part)
    assert total(engine) == WHOLE


def test_a_seam_of_days_is_bridged_when_history_ends(engine: sa.Engine) -> None:
    writer = live(engine, NOW)
    writer.ledger.backfill([kwh(-3 * 86_400, 10), kwh(-3 * 86_400 + 60, 10.5)])
    assert total(engine).amount == 5_900_000 + 500_000
    for _ in range(2):
        writer.ledger.join_history()
    bridged = (100 - 10.5) * 1_000_000
    assert total(engine).amount == 5_900_000 + 500_000 + bridged
    assert total(engine).recovered_amount == bridged


def test_history_alone_becomes_the_live_segment(engine: sa.Engine) -> None:
    writer = a_writer(engine)
    writer.ledger.backfill([kwh(-7200, 90), kwh(-7190, 90.01)])
    writer.ledger.join_history()
    live(engine, NOW)
    assert total(engine).amount == 90_000_000 - 80_000_000 + 5_900_000
    with reading(engine) as connection:
        assert not read_states(connection, "history")


def test_a_counter_that_began_anew_between_history_and_now_is_a_reset(engine: sa.Engine) -> None:
    writer = live(engine, NOW)
    writer.ledger.backfill([kwh(-7200, 500), kwh(-7190, 500.01)])
    writer.ledger.join_history()
    assert total(engine).amount == 5_900_000 + 10_000
    with reading(engine) as connection:
        assert [row.kind for row in connection.execute(sa.select(steps))] == ["reset"]


def test_a_backfill_that_fails_may_be_given_again(engine: sa.Engine) -> None:
    writer = live(engine, NOW)
    undo = crash_at(engine, 3)
    with pytest.raises(IntervalsError):
        writer.ledger.backfill(PAST)
    assert undo()
    writer.ledger.backfill(PAST)
    assert total(engine) == WHOLE


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_split_of_the_same_readings_gives_the_same_intervals(data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.integers(1, 4_000), min_size=2, max_size=20))
    samples, moment = [], 0
    for number, gap in enumerate(gaps):
        samples.append(kwh(moment, 100 + number / 1000))
        moment += gap
    seam = data.draw(st.integers(0, len(samples)))
    cuts = sorted(data.draw(st.lists(st.integers(0, seam), max_size=3)))
    whole, parts = fresh(), fresh()
    live(whole, samples)
    writer = live(parts, samples[seam:]) if seam < len(samples) else a_writer(parts)
    for begin, end in itertools.pairwise([0, *cuts, seam]):
        writer.ledger.backfill(samples[begin:end])
    writer.ledger.join_history()
    one, other = total(parts), total(whole)
    assert one.amount == other.amount == (len(samples) - 1) * 1_000
    assert one.known_ms == other.known_ms
    if not cuts:
        # An import in several calls is joined as soon as it comes within 15 min of the live data.
        assert rows(parts) == rows(whole)
    whole.dispose()
    parts.dispose()


def fresh() -> sa.Engine:
    made = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool,
                            connect_args={"check_same_thread": False})  # fmt: skip
    migrate(made)
    return made
