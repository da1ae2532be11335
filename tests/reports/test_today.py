"""The day that runs: energies until now, and carbon only of what was bought and is known."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from device_configs.factors import Factors, load_factors
from ingest.interval_tables import Series
from reports.today import Today, today
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, book, ledger, ms

GRID, EXPORT = Series("g1", "active_energy_import"), Series("g1", "active_energy_export")
PV = Series("pv", "active_energy_total")
TOWN = estate(
    {"c1": None},
    [device("g1", "electricity_meter", "c1", role="grid"), device("pv", "pv_inverter", "c1")],
)
NOW = ms("2026-11-23 12:40")


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def of(engine: sa.Engine, factors: Factors | None = None, now: int = NOW) -> Today:
    chosen = load_factors() if factors is None else factors
    return today(engine, TOWN, "c1", chosen, now_ms=now, revision=REVISION)


def test_carbon_is_of_what_was_bought_only(engine: sa.Engine) -> None:
    book(engine, GRID, "2026-11-22 23:45", 99_000)
    book(engine, GRID, "2026-11-23 12:00", 2000)
    book(engine, EXPORT, "2026-11-23 12:00", 500)
    book(engine, PV, "2026-11-23 12:00", 700)
    found = of(engine)
    total = found.energy.total
    assert (total.grid_import_wh, total.pv_wh, total.consumption_wh) == (2000, 700, 2200)
    assert found.taken is not None
    assert found.carbon_kg == pytest.approx(2 * float(found.taken.version.value))


def test_without_data_the_carbon_is_unknown(engine: sa.Engine) -> None:
    found = of(engine)
    assert found.carbon_kg is None
    assert found.taken is not None


def test_without_a_factor_the_energy_still_stands(engine: sa.Engine) -> None:
    book(engine, GRID, "2026-11-23 12:00", 2000)
    found = of(engine, Factors({}, {}))
    assert (found.carbon_kg, found.taken) == (None, None)
    assert found.energy.total.grid_import_wh == 2000


def test_the_day_begins_at_midnight_of_the_estate(engine: sa.Engine) -> None:
    book(engine, GRID, "2026-11-23 00:00", 100)
    assert of(engine, now=ms("2026-11-23 00:20")).energy.total.grid_import_wh == 100
    assert of(engine, now=ms("2026-11-22 23:59")).energy.total.grid_import_wh is None
