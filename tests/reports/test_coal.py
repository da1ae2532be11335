"""Standard coal."""

import datetime as dt
from fractions import Fraction

import pytest

from device_configs.carriers import Carrier
from device_configs.factors import Gives, load_factors
from reports.coal import standard_coal

DAY = dt.date(2026, 11, 25)


def test_calorific_values_of_gb_t_2589() -> None:
    amounts = {
        Carrier.ELECTRICITY: Fraction(1_000_000),
        Carrier.GAS: Fraction(100),
        Carrier.HEAT: Fraction(10**9, 3600),
        Carrier.WATER: Fraction(7),
        Carrier.COAL: None,
    }
    found = standard_coal(amounts, load_factors(), Gives.CALORIFIC, DAY, DAY)
    assert found.each == {
        Carrier.ELECTRICITY: Fraction("122.9"), Carrier.GAS: 133, Carrier.HEAT: Fraction("34.12"),
    }  # fmt: skip
    assert found.total == Fraction("290.02")


def test_a_set_that_lacks_a_coefficient_gives_no_sum() -> None:
    amounts = {Carrier.ELECTRICITY: Fraction(1000), Carrier.GAS: Fraction(1)}
    found = standard_coal(amounts, load_factors(), Gives.EQUIVALENT, DAY, DAY)
    assert found.total is None
    assert set(found.without) == {Carrier.ELECTRICITY, Carrier.GAS}


def test_an_emission_factor_is_no_coal_equivalent() -> None:
    with pytest.raises(ValueError, match="carbon"):
        standard_coal({}, load_factors(), Gives.CARBON, DAY, DAY)
