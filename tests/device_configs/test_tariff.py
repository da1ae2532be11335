"""A tariff's file: what it must say, and what a kilowatt-hour costs by it."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import pytest
from pydantic import ValidationError

from device_configs.tariff import Component, Tariff, price_of
from device_configs.tariff_hours import TariffPeriod
from device_configs.tariffs import load_tariffs

HOURS = [{"periods": {"peak": ["14:00-22:00"], "valley": ["00:00-06:00"]}}]
VERSION = {"from": "2026-01-01", "source": "contract", "confidence": "bill", "hours": HOURS,
           "multipliers": {"peak": 1.5, "valley": 0.5}}  # fmt: skip
PRICES = {"from": "2026-01-01", "source": "bill", "confidence": "bill", "purchase": 0.4,
          "other": 0.2}  # fmt: skip


def tariff(version: Mapping[str, object] = VERSION, *prices: Mapping[str, object]) -> Tariff:
    return Tariff.model_validate(
        {"tariff": "own", "name": {"zh": "自", "en": "Own"}, "versions": [version],
         "prices": list(prices)}
    )  # fmt: skip


def test_multipliers_are_of_the_purchase_alone() -> None:
    made = tariff(VERSION, {**PRICES, "funds": 0.03})
    found = price_of(made.prices[0], made.versions[0], TariffPeriod.PEAK)
    assert found == {
        Component.PURCHASE: Decimal("0.60"), Component.OTHER: Decimal("0.2"),
        Component.FUNDS: Decimal("0.03"),
    }  # fmt: skip
    flat = price_of(made.prices[0], made.versions[0], TariffPeriod.FLAT)
    assert flat is not None
    assert flat[Component.PURCHASE] == Decimal("0.4")


def test_the_shipped_prices_are_the_published_ones() -> None:
    shipped = load_tariffs().tariffs["js_commercial_tou"]
    day = dt.date(2026, 7, 1)
    version, prices = shipped.version_on(day), shipped.prices_on(day)
    assert version is not None
    assert prices is not None
    sums = {}
    for period in version.periods:
        found = price_of(prices, version, period)
        assert found is not None
        sums[period] = sum(found.values())
    assert sums == {
        TariffPeriod.PEAK: Decimal("1.0358"), TariffPeriod.FLAT: Decimal("0.7390"),
        TariffPeriod.VALLEY: Decimal("0.4634"),
    }  # fmt: skip
    assert shipped.prices_on(dt.date(2025, 5, 31)) is None
    assert shipped.version_on(dt.date(2020, 12, 31)) is None


def test_a_price_ends_where_its_file_says_so() -> None:
    made = tariff(VERSION, {**PRICES, "until": "2026-01-31"})
    assert made.prices_on(dt.date(2026, 1, 31)) is not None
    assert made.prices_on(dt.date(2026, 2, 1)) is None


def test_a_whole_price_stands_for_all_components() -> None:
    whole = {"from": "2026-01-01", "source": "s", "confidence": "1",
             "whole": {"peak": 1.0, "flat": 0.7, "valley": 0.4}}  # fmt: skip
    made = tariff(VERSION, whole)
    assert price_of(made.prices[0], made.versions[0], TariffPeriod.VALLEY) == {
        Component.WHOLE: Decimal("0.4")
    }


@pytest.mark.parametrize(
    ("version", "prices", "says"),
    [
        ({**VERSION, "multipliers": {"peak": 1.5}}, [PRICES], "give none for valley"),
        (VERSION, [{**PRICES, "whole": {"flat": 1}}], "exclude each other"),
        (VERSION, [{"from": "2026-01-01", "source": "s", "confidence": "1"}], "has 'whole' or"),
        (VERSION, [{**PRICES, "until": "2025-01-01"}], "'until' is before"),
        (VERSION, [PRICES, PRICES], "the dates after 'from' of the prices must rise"),
        ({**VERSION, "hours": [{**HOURS[0], "months": [7]}]}, [], "no entry of 'hours' holds"),
        ({**VERSION, "tiers": [{"price": 3}]}, [], "has prices and no tiers"),
        ({**VERSION, "tiers": [{"up_to": 9, "price": 3}]}, [], "only the last tier"),
        ({**VERSION, "source": ""}, [], "at least 1 character"),
    ],
)
def test_what_cannot_be_is_told(
    version: Mapping[str, object], prices: list[Mapping[str, object]], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        tariff(version, *prices)


def test_water_has_tiers_and_a_unit() -> None:
    version = {"from": "2026-01-01", "source": "s", "confidence": "1",
               "tiers": [{"up_to": 180, "price": 3.04}, {"price": 3.75}]}  # fmt: skip
    base = {"tariff": "tap", "carrier": "water", "name": {"zh": "水", "en": "Water"}}
    made = Tariff.model_validate({**base, "unit": "m3", "versions": [version]})
    assert made.versions[0].tiers[0].up_to == 180
    with pytest.raises(ValidationError, match="the unit of water is m3, not 'L'"):
        Tariff.model_validate({**base, "unit": "L", "versions": [version]})
