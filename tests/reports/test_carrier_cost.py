"""Water, gas and heat, flat and in tiers."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from device_configs.carriers import Carrier
from device_configs.tariff import Tier
from device_configs.tariffs import load_tariffs
from ingest.interval_tables import Series
from reports.carrier_cost import CarrierMonth, carrier_months, meters_of_carrier, tiered
from tests.device_configs.estates import write
from tests.reports.estates import device, estate
from tests.reports.ledgers import book, ledger

W1, H1 = Series("w1", "volume_total"), Series("h1", "heat_energy_total")
TOWN = estate(
    {"c1": None, "c2": None},
    [
        device("w1", "water_meter", "c1", role="grid"),
        device("w2", "water_meter", "c1", role="submeter", of="w1"),
        device("w3", "water_meter", "c2"),
        device("h1", "heat_meter", "c1", role="grid"),
    ],
)
FILES = {
    "tariffs.yaml": "pays:\n"
    "  - {site: town, from: 2026-01-01, tariff: tap}\n"
    "  - {site: c1, from: 2026-01-01, tariff: warm}\n",
    "tariffs/tap.yaml": "tariff: tap\ncarrier: water\nunit: m3\nname: {zh: 水, en: Water}\n"
    "versions:\n  - {from: 2026-01-01, source: s, confidence: P, "
    "tiers: [{up_to: 0.1, price: 3}, {price: 4.5}]}\n",
    "tariffs/warm.yaml": "tariff: warm\ncarrier: heat\nunit: GJ\nname: {zh: 热, en: Heat}\n"
    "versions:\n  - {from: 2026-01-01, source: s, confidence: P, tiers: [{price: 60}]}\n",
}
TIERS = [Tier(up_to=Decimal(180), price=Decimal(3)), Tier(up_to=Decimal(300), price=Decimal(4)),
         Tier(price=Decimal(6))]  # fmt: skip


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def months(
    engine: sa.Engine, folder: Path, carrier: Carrier, first: str = "2026-01-01"
) -> list[CarrierMonth]:
    tariffs = load_tariffs(write(folder, FILES), TOWN)
    heads = meters_of_carrier(TOWN, "town", carrier, None)
    with engine.connect() as connection:
        return list(
            carrier_months(connection, TOWN, tariffs, heads, carrier, dt.date.fromisoformat(first),
                           dt.date(2026, 4, 1))
        )  # fmt: skip


def test_tiers_by_hand() -> None:
    # 180 x 3 + 120 x 4 + 20 x 6.
    assert tiered(TIERS, Fraction(0), Fraction(320)) == 540 + 480 + 120
    assert tiered(TIERS, Fraction(170), Fraction(190)) == 30 + 40


@given(st.lists(st.fractions(0, 200, max_denominator=1000), max_size=20))
def test_months_add_up_to_the_year(amounts: list[Fraction]) -> None:
    at, total = Fraction(0), Fraction(0)
    for amount in amounts:
        total += tiered(TIERS, at, at + amount)
        at += amount
    assert total == tiered(TIERS, Fraction(0), at)


def test_heads_are_grid_meters_or_the_only_one() -> None:
    found = meters_of_carrier(TOWN, "town", Carrier.WATER, None)
    assert found == {"c1": (W1,), "c2": (Series("w3", "volume_total"),)}
    assert set(meters_of_carrier(TOWN, "town", Carrier.WATER, frozenset({"c2"}))) == {"c2"}
    assert set(meters_of_carrier(TOWN, "c1", Carrier.WATER, None)) == {"c1"}


def test_a_years_tiers_go_on_from_month_to_month(engine: sa.Engine, tmp_path: Path) -> None:
    # `book` counts thousands of mL: 80 L.
    book(engine, W1, "2026-01-10 08:00", 80)
    book(engine, W1, "2026-02-10 08:00", 80)
    found = {one.month.month: one for one in months(engine, tmp_path, Carrier.WATER)
             if one.site == "c1"}  # fmt: skip
    # 80 L x 3; then 20 L x 3 and 60 L x 4.5.
    assert (found[1].fen, found[2].fen) == (24, 6 + 27)
    assert (found[3].fen, found[3].amounts.known_ms) == (None, 0)
    later = [one for one in months(engine, tmp_path, Carrier.WATER, "2026-02-01")
             if one.site == "c1"]  # fmt: skip
    assert (later[0].month.month, later[0].fen) == (2, 33)


def test_heat_is_paid_by_the_gigajoule_and_none_is_unknown(
    engine: sa.Engine, tmp_path: Path
) -> None:
    book(engine, H1, "2026-01-10 08:00", 2_500_000)
    [january, *rest] = months(engine, tmp_path, Carrier.HEAT)
    # 2,500 kWh are 9 GJ.
    assert january.fen == 9 * 60 * 100
    assert [one.fen for one in rest] == [None, None]
