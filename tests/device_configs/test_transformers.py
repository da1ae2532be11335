"""Which ratio a point has, and when."""

import datetime as dt
from fractions import Fraction

from device_configs.transformers import days_of, largest_ratio, ratio_on, ratios_of
from tests.reports import estates

DEVICE = estates.device(
    "m", "electricity_meter", "c1", points=("voltage_l1", "active_power", "active_energy_import"),
    ct_ratio=[{"from": "2026-01-01", "value": 20}, {"from": "2026-11-23", "value": 0.1}],
    pt_ratio=10,
)  # fmt: skip
POINTS = DEVICE.profile.points


def test_a_product_is_exact_and_one_that_is_not_given_yet_is_1() -> None:
    ratios = ratios_of(DEVICE.entry, POINTS["active_power"].spec, None)
    assert days_of(ratios) == [dt.date(2026, 1, 1), dt.date(2026, 11, 23)]
    assert ratio_on(ratios, dt.date(2025, 12, 31)) == 10
    assert ratio_on(ratios, dt.date(2026, 11, 22)) == 200
    assert ratio_on(ratios, dt.date(2026, 11, 23)) == Fraction(1)


def test_limits_follow_the_largest_and_counters_none() -> None:
    assert largest_ratio(DEVICE.entry, POINTS["active_power"]) == 200
    assert largest_ratio(DEVICE.entry, POINTS["voltage_l1"]) == 10
    assert largest_ratio(DEVICE.entry, POINTS["active_energy_import"]) == 1
