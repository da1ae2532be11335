"""Which points a device refuses, and what is told of them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import refusals
from collectors.sample import Reason, Sample, Value
from device_configs.estate import Device
from device_configs.kinds import kinds
from device_configs.point_mapping import PointMapping, Verified
from device_configs.profile import ProfilePoint
from device_configs.quantities import Conversion
from tests.alerts.desk import Desk
from tests.alerts.estates import Nothing, device, make_estate

POINTS = ("voltage_l1", "frequency", "current_l1")
said = st.one_of(
    st.just((230.0, None)),
    st.just((230.0, Reason.OUT_OF_RANGE)),
    st.sampled_from([(None, reason) for reason in Reason if reason is not Reason.NOT_CURRENT]),
)
samples = st.lists(st.dictionaries(st.sampled_from(POINTS), said, min_size=1), max_size=12)


def sample(values: Mapping[str, tuple[Value, str | None]]) -> Sample:
    reasons = {point: reason for point, (_, reason) in values.items() if reason is not None}
    return Sample("m", 1, {point: value for point, (value, _) in values.items()}, reasons)


@given(samples)
def test_a_point_is_refused_until_the_device_answers_for_it(
    heard: list[dict[str, tuple[Value, str | None]]],
) -> None:
    refused: dict[str, bool] = {}
    expected: set[str] = set()
    for values in heard:
        before = set(expected)
        for point, (value, reason) in values.items():
            if value is None and reason == Reason.REFUSED:
                expected.add(point)
            elif value is not None or reason in {
                Reason.NOT_IMPLEMENTED, Reason.UNKNOWN_VALUE, Reason.WRONG_TYPE,
            }:  # fmt: skip
                expected.discard(point)
        touched = refusals.note(refused, sample(values), "", lambda _: False)
        assert set(refused) == expected
        assert touched or before == expected


@pytest.mark.parametrize(
    ("kind", "point", "found"),
    [
        ("fire_panel", "fire", True),
        ("smoke_detector", "smoke", True),
        ("smoke_detector", "battery", False),
        ("electrical_fire_detector", "residual_current_3", True),
        ("elevator", "occupied", True),
        ("elevator", "trip_count", False),
        ("environment_sensor", "water_leak", False),
        ("electricity_meter", "voltage_l1", False),
        ("fire_panel", "no_such_point", False),
    ],
)
def test_what_protects(kind: str, point: str, found: bool) -> None:
    assert refusals.protects(kind, point) is found


def test_an_alarm_names_a_bounded_number_and_counts_the_rest() -> None:
    names = [f"p{n:03d}/smoke" for n in range(refusals.NAMED + 3)]
    text = refusals.in_words(names)
    assert text.startswith("p000/smoke, p001/smoke")
    assert text.endswith("p039/smoke (+3)")
    assert refusals.in_words(["frequency"]) == "frequency"


def test_a_fact_keeps_the_points_and_whether_they_protect() -> None:
    refused = {"part_count": False, "fire": True, "p001/smoke": True, "p001/battery": False}
    panel, smoke = kinds()["fire_panel"], kinds()["smoke_detector"]
    assert refusals.from_fact(refusals.to_fact(refused), panel, smoke) == refused
    assert refusals.from_fact("", panel, smoke) == {}
    assert refusals.from_fact(None, panel, None) == {}


def point(name: str, kind: str) -> ProfilePoint:
    spec = kinds()[kind].point(name)
    assert spec is not None
    mapping = PointMapping()
    return ProfilePoint(name, spec, mapping, Conversion(1.0), Nothing(), Verified.DOCUMENT)


def with_points(one: Device, *names: str) -> Device:
    points = {name: point(name, one.profile.kind.kind) for name in names}
    return replace(one, profile=replace(one.profile, points=points))


@pytest.mark.parametrize(
    ("names", "is_open"), [(("voltage_l1",), False), (("voltage_l1", "frequency"), True)]
)
def test_a_changed_profile_ends_it_or_leaves_what_it_still_has(
    names: tuple[str, ...], is_open: bool
) -> None:
    meter = device("meter-1", "electricity_meter")
    whole = ("voltage_l1", "frequency", "power_factor")
    desk = Desk(make_estate([with_points(meter, *whole)]))
    refused = {"frequency": "refused", "power_factor": "refused"}
    values: dict[str, Value] = {"voltage_l1": 230.0, "frequency": None, "power_factor": None}
    desk.say("meter-1", 1, values, reasons=refused)
    desk.say("meter-1", 122, {"voltage_l1": 230.0})
    desk.tick(123)
    alarm = desk.alarm("points_refused", "meter-1")
    assert alarm is not None
    assert alarm.value == "frequency, power_factor"
    desk.ack("points_refused", "meter-1", 124)
    desk.estate = make_estate([with_points(meter, *names)])
    desk.start()
    desk.commit()
    assert desk.open() == ([("points_refused", "meter-1")] if is_open else [])
    if is_open:
        assert (alarm := desk.alarm("points_refused", "meter-1")) is not None
        assert alarm.value == "frequency"
    # What was forgotten is not remembered at the next start either.
    desk.start()
    desk.commit()
    assert desk.open() == ([("points_refused", "meter-1")] if is_open else [])
    desk.close()


WATCHED = ("panel-1 supervisory", "panel-1 bus_fault", "panel-1/p001 smoke", "panel-1/p002 fault")
step = st.one_of(
    st.just("restart"),
    st.tuples(st.sampled_from(WATCHED), st.sampled_from(["refused", "garbled", "no_answer", None])),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(step, max_size=10))
def test_the_alarm_follows_what_is_refused_over_restarts(
    steps: list[str | tuple[str, str | None]],
) -> None:
    desk = Desk(make_estate([device("panel-1", "fire_panel", parts="smoke_detector")]))
    refused: set[str] = set()
    at = 0
    for one in steps:
        at += 10
        if isinstance(one, str):
            desk.start()
        else:
            (name, point), reason = one[0].split(), one[1]
            value = False if reason is None else None
            desk.say(name, at, {point: value}, reasons={point: reason} if reason else None)
            told = "/".join([*name.split("/")[1:], point])
            if reason == "refused":
                refused.add(told)
            elif reason is None:
                refused.discard(told)
        desk.say("panel-1", at, {"fire": False})
    for _ in range(20):
        at += 10
        desk.say("panel-1", at, {"fire": False})
        desk.tick(at + 1)
    alarm = desk.alarm("protection_refused", "panel-1")
    assert (alarm is not None and alarm.active) == bool(refused)
    if alarm is not None and refused:
        assert alarm.value == ", ".join(sorted(refused))
    desk.close()


def test_a_discovered_profile_may_have_any_point() -> None:
    known = {"frequency": False, "voltage_l1": False}
    meter = device("meter-1", "electricity_meter")
    assert refusals.without_strangers(known, meter.profile) == known
    named = with_points(meter, "frequency")
    assert refusals.without_strangers(known, named.profile) == {"frequency": False}
