"""Energy from power: the trapezoid, rounded once an interval, and nothing over a gap."""

import asyncio
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.primary_values import primary, ratios_in
from collectors.sample import Sample
from ingest.counters import INTERVAL_MS, CounterState, Portion, Reading, Steps, Terms
from ingest.interval_ledger import IntervalLedger
from ingest.interval_tables import Series, intervals
from ingest.intervals import IntervalWriter
from ingest.power_integral import FINE_PER_COUNT, INTEGRATED_GAP_MS, integrate
from records.engine import metadata, reading, transaction
from tests.ingest.booking import MemoryBus, digest
from tests.reports import estates
from tests.reports.ledgers import ledger

START = 1_795_363_200_000
"""A quarter of an hour begins here. [ms, UTC]"""
TERMS = Terms(Steps.always(Fraction(1)), Steps.always(Fraction(10**6)))
ESTATE = estates.estate(
    {"c1": None},
    [
        estates.device("s1", "electricity_meter", "c1", points=["active_power"]),
        estates.device("m1", "electricity_meter", "c1"),
        estates.device("h1", "heat_meter", "c1", points=["heat_power"]),
        estates.device("pile", "ev_charger", "c1", points=["active_power"], parts=["c1"]),
        estates.device(
            "ct", "electricity_meter", "c1", points=["active_power"], ct_ratio=40, rating_w=10_000
        ),
    ],
)
IMPORT, EXPORT = (Series("s1", f"active_energy_{way}") for way in ("import", "export"))


def portions(readings: Sequence[Reading], terms: Terms = TERMS) -> list[Portion]:
    state: CounterState | None = None
    found: list[Portion] = []
    for one in readings:
        result = integrate(state, one, terms)
        state = result.state
        found += result.portions
    return found


def area(readings: Sequence[Reading]) -> Fraction:
    """The area above zero under the lines between readings that are near enough. [counts]"""
    found = Fraction(0)
    for a, b in pairwise(readings):
        gap, p, q = b.at_ms - a.at_ms, Fraction(a.count), Fraction(b.count)
        if gap > INTEGRATED_GAP_MS:
            continue
        if p >= 0 and q >= 0:
            found += (p + q) / 2 * gap
        elif p > 0 or q > 0:
            peak = max(p, q)
            found += peak / 2 * gap * peak / (abs(p) + abs(q))
    return found / 3_600_000


@st.composite
def powers(draw: st.DrawFn) -> list[Reading]:
    moment, found = START + draw(st.integers(0, INTERVAL_MS)), []
    for gap in draw(st.lists(st.integers(1, 2 * INTEGRATED_GAP_MS), min_size=1, max_size=20)):
        found.append(Reading(moment, draw(st.integers(-(10**8), 10**8))))
        moment += gap
    return found


@given(powers())
def test_it_is_the_area_above_zero(readings: list[Reading]) -> None:
    found = portions(readings)
    total = Fraction(sum(one.amount for one in found), FINE_PER_COUNT)
    # Each cut at a boundary or at zero may lose less than one fine unit.
    assert abs(total - area(readings)) <= Fraction(2 * len(found), FINE_PER_COUNT)
    assert all(one.amount >= 0 for one in found)


def test_a_small_load_read_often_is_not_rounded_away() -> None:
    watt = [Reading(START + n * 1000, 1_000) for n in range(901)]
    assert sum(one.amount for one in portions(watt)) // FINE_PER_COUNT == 250


def test_a_power_beyond_the_rating_is_not_believed() -> None:
    terms = Terms(Steps.always(Fraction(1)), Steps.always(Fraction(10_000 * 1000, 3_600_000)))
    calm = [Reading(START + n * 60_000, 6_000_000) for n in range(3)]
    wild = [calm[0], Reading(calm[1].at_ms, 6_000_000_000), calm[2]]
    assert sum(one.amount for one in portions(wild, terms)) == sum(
        one.amount for one in portions(calm, terms)
    )
    assert portions([wild[1], calm[2]], terms) == []


def booked(engine: sa.Engine, samples: Sequence[Sample], batch: int) -> IntervalWriter:
    async def book() -> IntervalWriter:
        bus = MemoryBus()
        await bus.append(samples)
        writer = IntervalWriter(
            IntervalLedger(engine, ESTATE, now_ms=lambda: START), bus, pace_s=0.0, batch=batch
        )
        await digest(writer, bus, len(samples))
        return writer

    return asyncio.run(book())


def rows(engine: sa.Engine) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        return [
            (row.device, row.point, row.start_ms, row.amount, row.integrated_amount,
             row.covered_ms, row.recovered_ms, row.integrated_ms)
            for row in connection.execute(sa.select(intervals))
            if row.integrated_ms or row.covered_ms
        ]  # fmt: skip


@pytest.fixture(scope="module")
def database() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def emptied(engine: sa.Engine) -> sa.Engine:
    with transaction(engine) as connection:
        for table in metadata.sorted_tables:
            if table.name.startswith(("counter_", "interval_")):
                connection.execute(sa.delete(table))
    return engine


@settings(max_examples=60, deadline=None)
@given(powers(), st.data())
def test_order_does_not_matter_and_an_interval_is_rounded_once(
    database: sa.Engine, readings: list[Reading], data: st.DataObject
) -> None:
    samples = [Sample("s1", one.at_ms, {"active_power": one.count / 1000}) for one in readings]
    booked(emptied(database), samples, 1000)
    straight = rows(database)
    shuffled = data.draw(st.permutations([*samples, samples[0]]))
    booked(emptied(database), shuffled, data.draw(st.integers(1, 5)))
    assert rows(database) == straight
    imported = sum(int(str(row[3])) for row in straight if row[1] == IMPORT.point)
    count = len({row[2] for row in straight})
    assert 0 <= area(readings) - imported < count + 1
    assert all(row[3] == row[4] and row[5] == row[6] == 0 for row in straight)


def test_by_hand_a_ramp_across_a_boundary_and_through_zero(database: sa.Engine) -> None:
    # From 6 kW at 00:05 to -6 kW at 00:17: 0 at 00:11, so 6 min of import, 6 min of export;
    # of the export 2 min are after 00:15, from 4 to 6 kW: 5 kW for 2 min.
    minute = 60_000
    samples = [
        Sample("s1", START + 5 * minute, {"active_power": 6_000.0}),
        Sample("s1", START + 17 * minute, {"active_power": -6_000.0}),
    ]
    booked(emptied(database), samples, 10)
    exported, after = 3_000 * 6 * 1000 // 60, 5_000 * 2 * 1000 // 60
    assert rows(database) == [
        ("s1", EXPORT.point, START, exported - after - 1, exported - after - 1, 0, 0, 10 * minute),
        ("s1", EXPORT.point, START + INTERVAL_MS, after, after, 0, 0, 2 * minute),
        ("s1", IMPORT.point, START, 300_000, 300_000, 0, 0, 10 * minute),
        ("s1", IMPORT.point, START + INTERVAL_MS, 0, 0, 0, 0, 2 * minute),
    ]


def test_only_a_device_without_a_counter_is_integrated(database: sa.Engine) -> None:
    names = {"s1": "active_power", "m1": "active_power", "h1": "heat_power", "pile": "active_power"}
    samples = [
        Sample(device, START + n * 60_000, {point: 6_000.0})
        for device, point in names.items()
        for n in range(2)
    ]
    booked(emptied(database), samples, 3)
    assert {(row[0], row[1]): row[3] for row in rows(database)} == {
        ("s1", IMPORT.point): 100_000,
        ("s1", EXPORT.point): 0,
        ("h1", "heat_energy_total"): 100_000,
    }


def test_transformers_multiply_a_power_and_its_rating_bounds_it(database: sa.Engine) -> None:
    ratios, _ = ratios_in(ESTATE)["ct"]
    samples = [
        primary(Sample("ct", START + n * 60_000, {"active_power": power}), ratios)
        for n, power in enumerate([150.0, 500.0, 150.0])
    ]
    # Multiplied as they came in, and not again as they are counted.
    booked(emptied(database), samples, 3)
    assert {row[1]: row[3] for row in rows(database)} == {IMPORT.point: 200_000, EXPORT.point: 0}
