"""Factors: versions, choice and faults."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_configs.carriers import STORED_IN, STORED_UNIT, Carrier
from device_configs.factors import Factors, Gives, load_factors
from device_configs.faults import InvalidConfigError

NOW = dt.date(2026, 11, 25)


def electricity(
    day: dt.date, known_on: dt.date = NOW, factors: Factors | None = None
) -> int | None:
    found = (factors or load_factors()).taken(Gives.CARBON, Carrier.ELECTRICITY, day, known_on)
    assert found is not None
    return found.version.year


@given(st.dates(dt.date(2019, 1, 1), dt.date(2040, 1, 1)), st.dates(dt.date(2024, 5, 1), NOW))
def test_no_factor_of_a_later_year_or_published_later_is_taken(
    day: dt.date, known_on: dt.date
) -> None:
    found = load_factors().taken(Gives.CARBON, Carrier.ELECTRICITY, day, known_on)
    assert found is not None
    version = found.version
    oldest = found.factor.versions[0]
    assert version.published is not None
    assert version == oldest or (
        version.published <= known_on and version.year is not None and version.year <= day.year
    )


def test_the_newest_that_was_known_is_taken() -> None:
    assert electricity(dt.date(2022, 6, 1)) == 2022
    assert electricity(dt.date(2026, 6, 1)) == 2023
    assert electricity(dt.date(2026, 6, 1), dt.date(2025, 12, 30)) == 2022
    assert electricity(dt.date(2019, 6, 1)) == 2021


def test_an_estate_chooses_its_grid_and_its_year_and_adds_factors(tmp_path: Path) -> None:
    (tmp_path / "factors.yaml").write_text(
        """
use: {carbon: {electricity: grid_cn, gas: own_gas}}
data_years: {2026: 2021}
factors:
  own_gas:
    label: {zh: 自有, en: Own}
    carrier: gas
    gives: carbon
    per: m3
    versions:
      - {from: 2025-01-01, value: 2.0, source: supplier, confidence: "1"}
      - {from: 2026-01-01, value: 2.1, source: supplier, confidence: "1"}
"""
    )
    factors = load_factors(tmp_path)
    assert electricity(dt.date(2026, 6, 1), factors=factors) == 2021
    gas = [
        factors.taken(Gives.CARBON, Carrier.GAS, dt.date(year, 6, 1), NOW) for year in (2025, 2026)
    ]
    assert [one.version.value for one in gas if one] == [Decimal("2.0"), Decimal("2.1")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("use: {carbon: {electricity: grid_jiangsv}}", "did you mean"),
        ("use: {carbon: {electricity: natural_gas}}", "gives carbon of gas"),
        ("use: {calorific: {gas: natural_gas}}", "gives carbon of gas"),
        ("factors: {x: {label: {zh: x, en: x}, carrier: gas, gives: carbon, per: kWh, "
         "versions: [{value: 1, source: abc, confidence: V}]}}", "no unit of gas"),
        ("factors: {x: {label: {zh: x, en: x}, carrier: gas, gives: carbon, per: m3, "
         "versions: [{value: 1, year: 2022, source: abc, confidence: V}, "
         "{value: 1, year: 2021, source: abc, confidence: V}]}}", "must rise"),
        ("factors: {x: {label: {zh: x, en: x}, carrier: gas, gives: carbon, per: m3, "
         "versions: [{value: 0, source: abc, confidence: V}]}}", "greater than 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_file(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "factors.yaml").write_text(text)
    with pytest.raises(InvalidConfigError, match=message) as caught:
        load_factors(tmp_path)
    assert "factors.yaml:1" in str(caught.value)


def test_a_year_assigned_that_no_version_has(tmp_path: Path) -> None:
    (tmp_path / "factors.yaml").write_text("data_years: {2026: 2020}")
    with pytest.raises(InvalidConfigError, match="no version of 2020"):
        electricity(dt.date(2026, 6, 1), factors=load_factors(tmp_path))


def test_a_gigajoule_of_heat() -> None:
    found = load_factors().taken(Gives.CARBON, Carrier.HEAT, NOW, NOW)
    assert found is not None
    assert found.factor.amount(Fraction(10**9, 3600), found.version) == 110


def test_every_carrier_has_a_stored_unit_that_is_a_unit() -> None:
    assert set(STORED_UNIT) == set(Carrier)
    assert all(STORED_IN[unit] == (unit, Fraction(1)) for unit in STORED_UNIT.values())


def test_one_set_of_coal_equivalents_has_no_factor_of_the_other() -> None:
    factors = load_factors()
    for gives, chosen in factors.use.items():
        assert {factors.factors[name].gives for name in chosen.values()} == {gives}
