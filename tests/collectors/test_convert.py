"""Raw values get their meaning, or a reason why they have none."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.convert import Raw, to_raw, to_values
from collectors.modbus_schema import Address
from collectors.sample import Reason, Value
from device_configs.kinds import kinds
from device_configs.point_mapping import PointMapping, Verified
from device_configs.profile import ProfilePoint
from device_configs.quantities import conversion


def point(kind: str, name: str, unit: str | None = None, **mapping: Any) -> ProfilePoint:
    spec = kinds()[kind].point(name) or kinds()["fire_panel"].points["fire"]
    given = PointMapping(unit=unit, **mapping)
    to_stored = conversion(unit, spec.unit) if unit else conversion(spec.unit, spec.unit)
    return ProfilePoint(name, spec, given, to_stored, Address(address=0), Verified.DOCUMENT)


POWER = point("electricity_meter", "active_power", "kW", scale=0.1)
STATE = point("ev_charger", "state", values={0: "available", 2: "charging", "B1": "connected"})
SMOKE = point("smoke_detector", "smoke")
LEVEL = point("water_tank", "level", "cm", missing=[0xFFFF, -1, "n/a"])
TEMPERATURE = point("environment_sensor", "temperature", "degF")
BITS = point("fire_panel", "panel", bits={0: "fire", 1: "fault", 7: "bus_fault"}, missing=[0xFFFF])


def one(raw: Raw, where: ProfilePoint) -> tuple[Value, Reason | None]:
    (found,) = to_values(raw, where).values()
    return found


@pytest.mark.parametrize(
    ("raw", "where", "expected"),
    [
        (2301, POWER, (230_100.0, None)),
        (1, point("electricity_meter", "voltage_l1", "V", scale=0.1), (0.1, None)),
        (3, point("electricity_meter", "voltage_l1", "V", scale=0.1), (0.3, None)),
        (212, TEMPERATURE, (100.0, None)),
        ("2301", POWER, (230_100.0, None)),
        ("1_000", POWER, (None, Reason.WRONG_TYPE)),
        ("nan", POWER, (None, Reason.NOT_IMPLEMENTED)),
        ("warm", POWER, (None, Reason.WRONG_TYPE)),
        (True, POWER, (None, Reason.WRONG_TYPE)),
        (None, POWER, (None, Reason.NOT_IMPLEMENTED)),
        (math.inf, POWER, (None, Reason.NOT_IMPLEMENTED)),
        (1e308, point("electricity_meter", "active_power", "MW"), (None, Reason.WRONG_TYPE)),
        (0xFFFF, LEVEL, (None, Reason.NOT_IMPLEMENTED)),
        ("n/a", LEVEL, (None, Reason.NOT_IMPLEMENTED)),
        (150, LEVEL, (1.5, None)),
        (2, STATE, ("charging", None)),
        (2.0, STATE, ("charging", None)),
        ("2", STATE, ("charging", None)),
        (" B1 ", STATE, ("connected", None)),
        (9, STATE, (None, Reason.UNKNOWN_VALUE)),
        ("C9", STATE, (None, Reason.UNKNOWN_VALUE)),
        (2.5, STATE, (None, Reason.UNKNOWN_VALUE)),
        (None, STATE, (None, Reason.NOT_IMPLEMENTED)),
        (1, SMOKE, (True, None)),
        (0, SMOKE, (False, None)),
        (2, SMOKE, (None, Reason.WRONG_TYPE)),
        ("true", SMOKE, (True, None)),
        ("yes", SMOKE, (None, Reason.WRONG_TYPE)),
        (0, point("smoke_detector", "smoke", invert=True), (True, None)),
        (0b100, point("smoke_detector", "smoke", bit=2), (True, None)),
        (0b011, point("smoke_detector", "smoke", bit=2), (False, None)),
        (0b100, point("smoke_detector", "smoke", bit=2, invert=True), (False, None)),
        (0.5, point("smoke_detector", "smoke", bit=2), (None, Reason.WRONG_TYPE)),
        (3, point("smoke_detector", "smoke", values={0: False, 3: True}), (True, None)),
    ],
)
def test_what_a_raw_value_means(
    raw: Raw, where: ProfilePoint, expected: tuple[Value, Reason | None]
) -> None:
    value, reason = one(raw, where)
    assert (value, reason) == expected
    assert type(value) is type(expected[0])


def test_one_integer_fans_out_into_bits() -> None:
    assert to_values(0x81, BITS) == {
        "fire": (True, None), "fault": (False, None), "bus_fault": (True, None),
    }  # fmt: skip
    for raw, reason in ((0xFFFF, Reason.NOT_IMPLEMENTED), ("x", Reason.WRONG_TYPE)):
        assert set(to_values(raw, BITS).values()) == {(None, reason)}


def test_integers_that_need_no_conversion_stay_exact() -> None:
    total = point("water_meter", "volume_total", "m3")
    assert one(2**60 + 1, total) == (2**60 + 1, None)


RAWS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["1e999", "-inf", "٣", "0x10", "1e400", " 5 ", "+5"]),
)  # fmt: skip


@given(RAWS, st.sampled_from([POWER, STATE, SMOKE, LEVEL, TEMPERATURE, BITS]))
def test_anything_becomes_a_value_or_a_reason(raw: Raw, where: ProfilePoint) -> None:
    for value, reason in to_values(raw, where).values():
        assert (value is None) == (reason is not None)
        assert not isinstance(value, float) or math.isfinite(value)


@given(
    st.integers(-(2**40), 2**40),
    st.sampled_from([0.001, 0.01, 0.1, 1.0, 10.0, 0.5]),
    st.sampled_from(["W", "kW", "MW", "mW"]),
    st.integers(-500, 500),
)
def test_the_way_back_is_the_inverse(raw: int, scale: float, unit: str, offset: int) -> None:
    where = point("electricity_meter", "active_power", unit, scale=scale, offset=float(offset))
    value, reason = one(raw, where)
    assert reason is None
    back = to_raw(value, where)
    assert isinstance(back, (int, float))
    assert round(back) == pytest.approx(raw, abs=1 + abs(raw) * 1e-12)


@pytest.mark.parametrize("where", [STATE, SMOKE, point("smoke_detector", "smoke", invert=True)])
def test_states_and_booleans_go_back_too(where: ProfilePoint) -> None:
    values: list[Value] = [True, False]
    if where is STATE:
        values = ["available", "charging", "connected"]
    for value in values:
        assert one(to_raw(value, where), where) == (value, None)


def test_there_is_no_way_back_from_nonsense() -> None:
    with pytest.raises(ValueError, match="means 'broken'"):
        to_raw("broken", STATE)
    with pytest.raises(ValueError, match="is a number"):
        to_raw("12", POWER)
    assert to_raw(None, LEVEL) == 0xFFFF


CELL = point("ev_charger", "state", cut=(8, 7), values={0: "available", 4: "charging"})
LOOPS = point(
    "electrical_fire_detector", "alarm", any_cell={"width": 2, "first": 4, "count": 4, "of": [3]}
)
OUTWARDS = point("electricity_meter", "active_power", "kW", scale=0.1, positive="export")


@pytest.mark.parametrize(
    ("raw", "where", "expected"),
    [
        (0x8400, CELL, ("charging", None)),
        (0x00FF, CELL, ("available", None)),
        (0x0900, CELL, (None, Reason.UNKNOWN_VALUE)),
        (1.5, CELL, (None, Reason.WRONG_TYPE)),
        (True, CELL, (None, Reason.WRONG_TYPE)),
        (None, CELL, (None, Reason.NOT_IMPLEMENTED)),
        (0b0011_0000, LOOPS, (True, None)),
        (0b0001_0110_0011, LOOPS, (False, None)),
        (0b1100_0000_1111, LOOPS, (True, None)),
        ("3", LOOPS, (None, Reason.WRONG_TYPE)),
        (25, OUTWARDS, (-2500.0, None)),
        (-25, OUTWARDS, (2500.0, None)),
    ],
)
def test_cells_and_signs(raw: Raw, where: ProfilePoint, expected: tuple[Value, Reason]) -> None:
    assert one(raw, where) == expected


@pytest.mark.parametrize(
    ("value", "where"), [("charging", CELL), (True, LOOPS), (False, LOOPS), (-2500.0, OUTWARDS)]
)
def test_cells_and_signs_go_both_ways(value: Value, where: ProfilePoint) -> None:
    assert one(to_raw(value, where), where) == (value, None)
