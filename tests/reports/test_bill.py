"""A bill's charges by the month: the peak of all grid meters, and reactive energy of both ways."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.interval_tables import Series
from tests.device_configs.estates import write
from tests.reports.cost_towns import G1, G2, LATER, columns, made, notes
from tests.reports.estates import device, estate
from tests.reports.ledgers import book, fill, ledger, ms

Q1, Q2 = Series("g1", "reactive_energy_import"), Series("g1", "reactive_energy_export")
QT = Series("g2", "reactive_energy_total")
FILES = {
    "tariffs.yaml": "pays:\n"
    "  - {site: town, from: 2026-01-01, tariff: two, demand: {maximum: true}}\n",
    "tariffs/two.yaml": "tariff: two\nname: {zh: 两部, en: Two}\nversions:\n"
    "  - {from: 2026-01-01, source: s, confidence: bill, power_factor: {standard: 0.90}}\n"
    "prices:\n"
    "  - {from: 2026-01-01, source: s, confidence: bill, purchase: 0.5, funds: 0.1, "
    "demand_per_kw: 40}\n",
}


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    found = ledger()
    yield found
    found.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, FILES)


def town(*reactive: str) -> Estate:
    first = ("active_energy_import", "reactive_energy_import", "reactive_energy_export")
    return estate(
        {"c1": None},
        [
            device("g1", "electricity_meter", "c1", role="grid", points=first),
            device("g2", "electricity_meter", "c1", role="grid",
                   points=("active_energy_import", *reactive)),
        ],
    )  # fmt: skip


def test_the_meters_of_a_site_peak_together(engine: sa.Engine, folder: Path) -> None:
    of = town("reactive_energy_total")
    for at, one, other in (("10:00", 4_000, 1_000), ("10:15", 1_000, 2_000)):
        book(engine, G1, f"2026-11-23 {at}", one)
        book(engine, G2, f"2026-11-23 {at}", other)
    # Reactive 2,000 + 1,000 of both ways at one meter, 3,000 in sum at the other: 6 to 8 active.
    book(engine, Q1, "2026-11-23 10:00", 2_000)
    book(engine, Q2, "2026-11-23 10:00", 1_000)
    book(engine, QT, "2026-11-23 10:00", 3_000)
    found = made(engine, folder, of=of)
    demand = columns(found, "demand")[0]
    # 5 kWh in a quarter are 20 kW.
    assert (demand["peak"], demand["peak_at"], demand["demand"]) == (20, "2026-11-23 10:00", 800)
    factor = columns(found, "power_factor")[0]
    assert (factor["reactive"], factor["factor"]) == (6, Decimal("0.80"))
    # Without the funds: 8 x 0.50 + 800 = 804; + 5 % = 40.20.
    assert (factor["base"], factor["power_factor"]) == (804, Decimal("40.2"))
    site = columns(found, "sites")[0]
    assert site["total"] == Decimal("4.8") + 800 + Decimal("40.2")
    assert notes(found)["peak_of_the_known"] == {"sites": "c1"}


def test_a_meter_without_reactive_energy_leaves_the_bill_unknown(
    engine: sa.Engine, folder: Path
) -> None:
    book(engine, G1, "2026-11-23 10:00", 4_000)
    book(engine, G2, "2026-11-23 10:00", 1_000)
    book(engine, Q1, "2026-11-23 10:00", 1_000)
    book(engine, Q2, "2026-11-23 10:00", 0)
    found = made(engine, folder, of=town())
    factor = columns(found, "power_factor")[0]
    assert (factor["reactive"], factor["power_factor"]) == (None, None)
    assert columns(found, "sites")[0]["total"] is None
    assert notes(found)["reactive_unknown"] == {"sites": "c1"}


def test_a_month_that_was_measured_throughout_needs_no_note(
    engine: sa.Engine, folder: Path
) -> None:
    for day in range(1, 4):
        for one in (G1, G2):
            fill(engine, one, f"2026-11-{day:02d}", 250)
    found = made(engine, folder, of=town(), now_ms=ms("2026-11-04 00:00"))
    assert "peak_of_the_known" not in notes(found)
    assert columns(found, "demand")[0]["peak"] == 2
    assert "peak_of_the_known" in notes(made(engine, folder, of=town(), now_ms=LATER))
