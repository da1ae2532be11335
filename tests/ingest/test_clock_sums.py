"""Sums by the time of day: from hours the same as from quarters, also where clocks change."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from device_configs.estate import Estate
from device_configs.formula import read_formula
from device_configs.virtual_meters import VirtualMeter
from ingest.clock_sums import InGroup, clock_sums, midnight_ms
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, add_amounts
from ingest.rollup import Amounts
from ingest.rollup_tables import ensure_rollups
from records.engine import transaction
from tests.reports.estates import device, estate, label
from tests.reports.ledgers import ledger

G1, S1 = Series("g1", "active_energy_import"), Series("s1", "active_energy_import")
DEVICES = [
    device("g1", "electricity_meter", "c1", role="grid"),
    device("s1", "electricity_meter", "c1", role="submeter"),
]
QUARTERS = tuple(range(96))
HOURS = tuple(slot - slot % 4 for slot in range(96))
ZONES = ["Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]


def town(zone: str) -> Estate:
    return estate({"c1": None}, DEVICES, zone)


def booked(counts: dict[tuple[Series, int], int], zone: str) -> sa.Engine:
    engine = ledger()
    with transaction(engine) as connection:
        add_amounts(
            connection,
            {(*one, start): [count, 0, INTERVAL_MS, 0] for (one, start), count in counts.items()},
        )
        ensure_rollups(connection, ZoneInfo(zone))
    return engine


def sums(
    engine: sa.Engine, zone: str, first: dt.date, after: dt.date, groups: Sequence[int]
) -> dict[InGroup, Amounts]:
    with engine.connect() as connection:
        found = clock_sums(connection, town(zone), [G1, S1], first, after, groups)
    return dict(found)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(
        [dt.date(2026, 3, 7), dt.date(2026, 3, 28), dt.date(2026, 10, 24), dt.date(2026, 10, 31)]
    ),
    st.integers(1, 3),
    st.dictionaries(
        st.tuples(st.sampled_from([G1, S1]), st.integers(-8, 4 * 100)), st.integers(0, 10**7),
        max_size=60,
    ),
)  # fmt: skip
def test_hours_and_quarters_give_the_same(
    zone: str, first: dt.date, days: int, counts: dict[tuple[Series, int], int]
) -> None:
    begin = midnight_ms(first, ZoneInfo(zone))
    at = {(one, begin + n * INTERVAL_MS): count for (one, n), count in counts.items()}
    engine = booked(at, zone)
    after = first + dt.timedelta(days=days)
    expected: dict[InGroup, int] = defaultdict(int)
    for (one, start), count in at.items():
        moment = dt.datetime.fromtimestamp(start / 1000, ZoneInfo(zone))
        if first <= moment.date() < after:
            expected[InGroup(one, moment.hour * 4 + moment.minute // 15)] += count
    quarters = sums(engine, zone, first, after, QUARTERS)
    assert {key: each.amount for key, each in quarters.items()} == expected
    hours = sums(engine, zone, first, after, HOURS)
    by_hour: dict[InGroup, int] = defaultdict(int)
    for (one, slot), count in expected.items():
        by_hour[InGroup(one, slot - slot % 4)] += count
    assert {key: each.amount for key, each in hours.items()} == by_hour
    with transaction(engine) as connection:
        connection.execute(sa.text("DELETE FROM counter_rollup_zone"))
    assert sums(engine, zone, first, after, HOURS) == hours
    engine.dispose()


@pytest.mark.parametrize("groups", [QUARTERS, HOURS])
def test_a_virtual_meter_is_summed_from_its_intervals(groups: Sequence[int]) -> None:
    start = midnight_ms(dt.date(2026, 11, 1), ZoneInfo("Asia/Shanghai"))
    at = {(one, start + n * INTERVAL_MS): count for one, count in ((G1, 900), (S1, 300))
          for n in (0, 1, 96)}  # fmt: skip
    engine = booked(at, "Asia/Shanghai")
    base = town("Asia/Shanghai")
    meter = VirtualMeter(
        "rest", "electricity_meter", "c1", label("Rest"), (dt.date.min,),
        (read_formula("g1 - s1"),), None,
    )  # fmt: skip
    made = Estate(base.id, base.name, base.timezone, base.sites, base.devices, {}, {"rest": meter})
    with engine.connect() as connection:
        found = clock_sums(
            connection, made, [Series("rest", meter.point)], dt.date(2026, 11, 1),
            dt.date(2026, 11, 3), groups,
        )  # fmt: skip
    slots = {slot: each.amount for (_, slot), each in found.items()}
    assert slots == ({0: 1800} if groups is HOURS else {0: 1200, 1: 600})
    engine.dispose()
