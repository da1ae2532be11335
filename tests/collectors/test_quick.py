"""The quick converters agree with `convert.to_values` on everything they answer for."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.convert import to_values
from collectors.quick import quick_converter
from device_configs.profile import Profile
from tests.collectors.mqtt_devices import PROFILES, library_profile, written_profile

raws = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(-2, 10)
    | st.floats()
    | st.sampled_from(["0", "1", "online", "offline", "true", "ON", "", "3.0", "nan"])
    | st.text(max_size=8)
)


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=80)
@given(data=st.data(), raw=raws)
def test_a_quick_value_is_the_value(name: str, data: st.DataObject, raw: float | str) -> None:
    points = library_profile(name).points
    point = points[data.draw(st.sampled_from(sorted(points)))]
    value = quick_converter(point)(raw)
    if value is not None:
        assert to_values(raw, point) == {point.name: (value, None)}
        assert type(value) is type(to_values(raw, point)[point.name][0])


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return written_profile(
        tmp_path_factory.mktemp("odd"),
        """\
profile: odd
kind: electricity_meter
vendor: Test
model: M1
source: "made for this test"
verified: document
mqtt: {topic: "odd/{id}"}
points:
  active_power: {unit: kW}
  voltage_l1: {unit: V, scale: 0.1}
  voltage_l2: {unit: V, missing: [65535]}
  voltage_l3: {unit: V, offset: 1}
  frequency: {unit: Hz}
""",
    )


@pytest.mark.parametrize("name", ["active_power", "voltage_l1", "voltage_l2", "voltage_l3"])
def test_a_point_with_scale_unit_or_missing_values_takes_the_whole_way(
    odd: Profile, name: str
) -> None:
    assert quick_converter(odd.points[name])(230) is None


def test_a_plain_number_is_quick_and_what_is_no_number_is_not(odd: Profile) -> None:
    quick = quick_converter(odd.points["frequency"])
    assert quick(50) == 50
    assert quick(49.9) == 49.9
    assert [quick(raw) for raw in (True, "50", math.nan, math.inf, 2**60, None)] == [None] * 6


def test_true_and_one_are_two_raw_values(tmp_path: Path) -> None:
    point = library_profile("generic_elevator_mqtt").points["car_state"]
    assert quick_converter(point)(1) == "running"
    assert quick_converter(point)(True) is None
