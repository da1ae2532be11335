"""What the estate says about a counter."""

from fractions import Fraction

import pytest

from ingest.counter_terms import DEFAULT_LIMIT_W, HOUR_MS, counter_of
from tests.reports import estates

METER = "active_energy_import"


def test_without_transformers_or_rating() -> None:
    estate = estates.estate({"c1": None}, [estates.device("m", "electricity_meter", "c1")])
    counter = counter_of(estate, "m", METER)
    assert counter is not None
    assert counter.quantity == "active_energy"
    assert counter.terms.ratio.at(0) == 1
    assert counter.terms.limit.at(0) == Fraction(DEFAULT_LIMIT_W * 1000, HOUR_MS)


@pytest.mark.parametrize(
    ("device", "point"),
    [
        ("m", "active_power"),
        ("m", "no_such_point"),
        ("nobody", METER),
        ("pv", "active_energy_today"),
        ("pile", "session_energy"),
        ("gate", "people_in_total"),
    ],
)
def test_what_is_no_counter_of_energy_or_volume(device: str, point: str) -> None:
    estate = estates.estate(
        {"c1": None},
        [
            estates.device("m", "electricity_meter", "c1"),
            estates.device("pv", "pv_inverter", "c1"),
            estates.device("pile", "ev_charger", "c1"),
            estates.device("gate", "access_gate", "c1", points=("people_in_total",)),
        ],
    )
    assert counter_of(estate, device, point) is None


def test_ratios_and_ratings_change_on_their_day_in_the_estates_time_zone() -> None:
    estate = estates.estate(
        {"c1": None},
        [
            estates.device(
                "m",
                "electricity_meter",
                "c1",
                ct_ratio=[{"from": "2026-11-23", "value": 0.1}],
                pt_ratio=[{"from": "2020-01-01", "value": 7}],
                rating_w=[{"from": "2026-11-23", "value": 36_000}],
            )
        ],
    )
    counter = counter_of(estate, "m", METER)
    assert counter is not None
    ratio, limit = counter.terms.ratio, counter.terms.limit
    midnight = 1_795_363_200_000
    assert ratio.at(0) == 1
    assert ratio.at(midnight - 1) == 7
    assert ratio.at(midnight) == Fraction(7, 10)
    assert limit.at(midnight - 1) == Fraction(DEFAULT_LIMIT_W * 1000, HOUR_MS)
    assert limit.at(midnight) == 10


def test_a_volume_is_bounded_by_its_kinds_flow_and_knows_no_transformer() -> None:
    estate = estates.estate(
        {"c1": None}, [estates.device("w", "water_meter", "c1", ct_ratio=40, rating_w=1)]
    )
    counter = counter_of(estate, "w", "volume_total")
    assert counter is not None
    assert counter.terms.ratio.at(0) == 1
    assert counter.terms.limit.at(0) == Fraction(2_000 * 1_000_000, HOUR_MS)
