"""The highest quarter of an hour."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series
from ingest.peaks import Peak, peak_in
from ingest.rollup import Span
from tests.reports.estates import device, estate
from tests.reports.ledgers import book, ledger, ms

G1, G2 = Series("g1", "active_energy_import"), Series("g2", "active_energy_import")
TOWN = estate({"c1": None}, [device(one, "electricity_meter", "c1") for one in ("g1", "g2")])
DAY = Span(ms("2026-11-23 00:00"), ms("2026-11-24 00:00"))


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def peak(engine: sa.Engine, *series: Series) -> Peak | None:
    with engine.connect() as connection:
        return peak_in(connection, TOWN, series, DAY)


def test_meters_peak_together_and_the_first_of_equals_counts(engine: sa.Engine) -> None:
    for at, one, other in (("08:00", 900, 100), ("08:15", 500, 700), ("08:30", 700, 500)):
        book(engine, G1, f"2026-11-23 {at}", one)
        book(engine, G2, f"2026-11-23 {at}", other)
    book(engine, G1, "2026-11-23 09:00", 5_000)
    book(engine, G1, "2026-11-24 00:00", 9_000)
    assert peak(engine, G1, G2) == Peak(1_200_000, ms("2026-11-23 08:15"), 3 * INTERVAL_MS)
    assert peak(engine, G1) == Peak(5_000_000, ms("2026-11-23 09:00"), 4 * INTERVAL_MS)


def test_a_bridged_quarter_says_nothing_of_the_peak(engine: sa.Engine) -> None:
    book(engine, G1, "2026-11-23 08:00", 9_000, recovered=True)
    assert peak(engine, G1) is None
    book(engine, G1, "2026-11-23 09:00", 10)
    assert peak(engine, G1) == Peak(10_000, ms("2026-11-23 09:00"), INTERVAL_MS)
