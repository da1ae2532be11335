import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Quality, Reason, Sample, Value
from device_configs.kinds import kinds
from ingest.checks import (
    EARLIEST_MS,
    FUTURE_MS,
    LONGEST_TEXT,
    DeviceChecks,
    check,
    device_checks,
    kind_checks,
    part_checks,
)
from tests.ingest.devices import devices
from tests.ingest.samples import NOW
from tests.reports import estates

METER = kind_checks(kinds()["electricity_meter"])
LIFT = kind_checks(kinds()["elevator"])


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DeviceChecks]:
    found = devices(tmp_path_factory.mktemp("profiles"))
    made = {name: device_checks(device) for name, device in found.items()}
    return made | {f"{name}/": part_checks(device) for name, device in found.items()}


def checked(point: str, value: Value, checks: DeviceChecks) -> tuple[Value, str | None]:
    found = check(Sample("m1", NOW, {point: value}), checks, NOW)
    return found.values[point], found.reasons.get(point)


def test_nothing_wrong_gives_the_very_same_sample(checks: dict[str, DeviceChecks]) -> None:
    sample = Sample("m1", NOW, {"active_power": 999.0, "voltage_l1": 230}, source_at=NOW)
    assert check(sample, checks["m1"], NOW) is sample


@pytest.mark.parametrize(
    ("device", "point", "value", "expected"),
    [
        ("m1", "active_power", 1000.0, (1000.0, None)),
        ("m1", "active_power", 1000.5, (1000.5, Reason.OUT_OF_RANGE)),
        ("m1", "active_power", -1001, (-1001, Reason.OUT_OF_RANGE)),
        ("m1", "voltage_l1", 501.0, (501.0, Reason.OUT_OF_RANGE)),
        ("m1", "voltage_l2", 501.0, (501.0, Reason.OUT_OF_RANGE)),
        ("m1", "active_power", math.nan, (None, Reason.NOT_IMPLEMENTED)),
        ("m1", "active_power", -math.inf, (None, Reason.NOT_IMPLEMENTED)),
        ("m1", "active_power", "12", (None, Reason.WRONG_TYPE)),
        ("m1", "active_power", True, (None, Reason.WRONG_TYPE)),
        ("m1", "active_energy_import", 2**70, (float(2**70), None)),
        ("m1", "active_energy_import", 10**400, (None, Reason.NOT_IMPLEMENTED)),
        ("m1", "no_such_point", 3, (3, None)),
        ("m1", "no_such_point", False, (False, None)),
        ("m1", "no_such_point", "text", ("text", None)),
        ("m1", "no_such_point", math.nan, (None, Reason.NOT_IMPLEMENTED)),
        ("lift-1", "door_closed", False, (False, None)),
        ("lift-1", "door_closed", 1, (None, Reason.WRONG_TYPE)),
        ("lift-1", "door_closed", "true", (None, Reason.WRONG_TYPE)),
        ("lift-1", "service_mode", "normal", ("normal", None)),
        ("lift-1", "service_mode", "party", (None, Reason.UNKNOWN_VALUE)),
        ("lift-1", "service_mode", 0, (None, Reason.WRONG_TYPE)),
        ("m1", "serial", "E21", ("E21", None)),
        ("m1", "serial", 21, (None, Reason.WRONG_TYPE)),
        ("m1", "serial", "x" * (LONGEST_TEXT + 1), (None, Reason.GARBLED)),
        ("m1", "serial", "\ud800", (None, Reason.GARBLED)),
        ("panel-1", "fire", True, (True, None)),
        ("panel-1/", "smoke", True, (True, None)),
        ("panel-1/", "smoke", 3.5, (None, Reason.WRONG_TYPE)),
    ],
)
def test_each_value_is_checked_by_its_point(
    checks: dict[str, DeviceChecks],
    device: str,
    point: str,
    value: Value,
    expected: tuple[Value, str | None],
) -> None:
    assert checked(point, value, checks[device]) == expected


def test_the_profiles_range_goes_before_the_kinds(checks: dict[str, DeviceChecks]) -> None:
    assert checked("active_power", 5000.0, METER) == (5000.0, None)
    assert checked("active_power", 5000.0, checks["m1"])[1] == Reason.OUT_OF_RANGE


def test_the_other_points_of_a_sample_keep_what_they_had() -> None:
    sample = Sample(
        "m1", NOW, {"voltage_l1": 900.0, "voltage_l2": None, "voltage_l3": 230.0},
        {"voltage_l2": Reason.NO_ANSWER}, identity="7",
    )  # fmt: skip
    found = check(sample, METER, NOW)
    assert found.values == sample.values
    assert found.reasons == {"voltage_l1": "out_of_range", "voltage_l2": "no_answer"}
    assert [found.quality(point) for point in found.values] == [
        Quality.SUSPECT, Quality.MISSING, Quality.GOOD,
    ]  # fmt: skip
    assert found.identity == "7"
    assert sample.reasons == {"voltage_l2": Reason.NO_ANSWER}


def test_a_clock_ahead_gives_the_time_of_arrival_and_leaves_the_values_good() -> None:
    values: dict[str, Value] = {"voltage_l1": 230.0, "voltage_l2": None}
    ahead = Sample("m1", NOW, values, {"voltage_l2": "no_answer"}, source_at=NOW + FUTURE_MS + 1)
    found = check(ahead, METER, NOW)
    assert (found.source_at, found.at) == (None, NOW)
    assert found.values == values
    assert found.reasons == {"voltage_l2": "no_answer"}
    allowed = msgspec.structs.replace(ahead, source_at=NOW + FUTURE_MS)
    assert check(allowed, METER, NOW) is allowed


def test_a_clock_that_was_never_set_gives_the_time_of_arrival() -> None:
    sample = Sample("m1", NOW, {"voltage_l1": 230.0}, source_at=EARLIEST_MS - 1)
    found = check(sample, METER, NOW)
    assert (found.source_at, dict(found.reasons)) == (None, {})
    history = Sample("m1", NOW, {"voltage_l1": 230.0}, source_at=EARLIEST_MS)
    assert check(history, METER, NOW) is history


POINTS = st.sampled_from(
    ["active_power", "voltage_l1", "active_energy_import", "service_mode", "door_closed", "floor",
     "serial", "nonsense"]
)  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text("aé中\ud800", max_size=8),
    st.sampled_from(["normal", "fault"]),
)  # fmt: skip


@settings(deadline=None)
@given(
    st.dictionaries(POINTS, VALUES),
    st.one_of(st.none(), st.integers(-(2**40), 2 * NOW)),
    st.sampled_from([METER, LIFT]),
)
def test_what_passes_is_finite_and_unaltered_or_has_a_reason(
    values: dict[str, Value], source_at: int | None, checks: DeviceChecks
) -> None:
    sample = Sample("m1", NOW, values, source_at=source_at)
    found = check(sample, checks, NOW)
    assert found.values.keys() == values.keys()
    assert set(found.reasons) <= set(values)
    for point, value in values.items():
        kept = found.values[point]
        if value is None:
            assert kept is None
        elif kept is None:
            assert point in found.reasons
        else:
            assert kept == (value if isinstance(value, str) else pytest.approx(value, rel=1e-15))
            assert isinstance(kept, str | bool) or math.isfinite(kept)
    if found.source_at is not None:
        assert found.source_at == source_at
        assert EARLIEST_MS <= found.source_at <= NOW + FUTURE_MS
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Sample) == found
    assert check(found, checks, NOW) == found


def test_every_kind_can_be_checked(tmp_path: Path) -> None:
    for kind in kinds().values():
        compiled = kind_checks(kind)
        for point, spec in kind.points.items():
            if "{" not in point:
                wrong: Value = 1.0 if spec.type.value != "number" else "text"
                assert checked(point, wrong, compiled) == (None, Reason.WRONG_TYPE)


def test_the_limits_of_a_meter_behind_transformers_are_those_of_its_primary_side() -> None:
    device = estates.device(
        "m", "electricity_meter", "c1", points=("voltage_l1",), pt_ratio=100, ct_ratio=40
    )
    check = device_checks(device).of("voltage_l1")
    assert check(10_000.0) == (10_000.0, None)
    assert check(50_001.0) == (50_001.0, Reason.OUT_OF_RANGE)
