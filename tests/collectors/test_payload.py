"""MQTT payloads: captured ones decode to what they say, and nothing else ever becomes a value."""

import contextlib
import json
import math
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.mqtt_profile import (
    CHANNEL,
    BadMqttProfileError,
    MqttSettings,
    address_of,
    topic_of,
)
from collectors.payload import NOT_MEANT, Decoded, PayloadError, decode, encode_payload, plans
from collectors.payload_encode import _own_path, _put
from collectors.payload_plan import TopicPlan, path_of
from collectors.sample import Reason, Value
from device_configs.kinds import PointSpec, PointType
from device_configs.profile import Profile
from tests.collectors.mqtt_devices import PROFILES, device, library_profile, written_profile

AT = 1_764_000_000_123


@cache
def plan_of(profile: str, suffix: str = "") -> TopicPlan:
    return plans(library_profile(profile))[suffix]


def said(profile: str, payload: bytes | str, suffix: str = "") -> Decoded:
    data = payload.encode() if isinstance(payload, str) else payload
    return decode(plan_of(profile, suffix), data)


# Every shape of payload that devices send.


def test_what_is_not_mentioned_was_not_read() -> None:
    assert said("zigbee2mqtt_smoke", '{"smoke":false}').values == {"smoke": False}


def test_null_is_unknown_and_not_zero() -> None:
    found = said("zigbee2mqtt_leak", '{"battery":null,"water_leak":null}')
    assert found.values == {"battery": None, "water_leak": None}
    assert set(found.reasons.values()) == {Reason.NOT_IMPLEMENTED}


@pytest.mark.parametrize("raw", ['{"x":1}', "[true]", '"yes"', "2", "0.5", '"\\ud800"'])
def test_another_type_is_unknown(raw: str) -> None:
    found = said("zigbee2mqtt_smoke", f'{{"smoke":{raw}}}')
    assert found.values == {"smoke": None}
    assert found.reasons == {"smoke": Reason.WRONG_TYPE}


@pytest.mark.parametrize(
    ("raw", "value", "reason"),
    [
        ('"100.00"', 100.0, None),
        ("99", 99, None),
        ("NaN", None, Reason.NOT_IMPLEMENTED),
        ("1e999", None, Reason.NOT_IMPLEMENTED),
        ('"full"', None, Reason.WRONG_TYPE),
        ("true", None, Reason.WRONG_TYPE),
        ("123456789012345678901234567890", 123456789012345678901234567890.0, None),
        ("1" + "0" * 400, None, Reason.WRONG_TYPE),
    ],
)
def test_numbers_as_devices_write_them(raw: str, value: Value, reason: Reason | None) -> None:
    found = said("zigbee2mqtt_smoke", f'{{"battery":{raw}}}')
    assert found.values == {"battery": value}
    assert found.reasons.get("battery") == reason


def test_one_bad_field_does_not_hide_the_alarm_beside_it() -> None:
    found = said("zigbee2mqtt_smoke", '{"smoke":true,"battery":NaN,"linkquality":{}}')
    assert found.values == {"smoke": True, "battery": None, "signal": None}


def test_chinese_text_in_gb18030_does_not_hide_the_alarm() -> None:
    payload = '{"smoke":true,"place":"三号楼走廊"}'.encode("gb18030")
    assert said("zigbee2mqtt_smoke", payload).values == {"smoke": True}


def test_a_byte_order_mark_does_not_hide_the_alarm() -> None:
    assert said("zigbee2mqtt_smoke", b'\xef\xbb\xbf{"smoke":true}').values == {"smoke": True}


@pytest.mark.parametrize(
    "payload", [b"", b"x", b"{", b"[]", b"5", b"null", b'{"other":1}', b"\xff\xfe", b"[" * 100_000]
)
def test_what_says_nothing_is_an_error_with_a_reason(payload: bytes) -> None:
    with pytest.raises(PayloadError, match=r"."):
        said("zigbee2mqtt_smoke", payload)


@pytest.mark.parametrize(
    ("payload", "value"),
    [(b"online", True), (b"offline", False), (b' "online"\n', True), (b"null", None)],
)
def test_a_scalar_topic_has_one_value(payload: bytes, value: Value) -> None:
    assert said("generic_gateway_mqtt", payload, "status").values == {"connected": value}


def test_a_scalar_that_is_not_listed_is_unknown() -> None:
    found = said("generic_gateway_mqtt", "perhaps", "status")
    assert found.values == {"connected": None}
    assert found.reasons == {"connected": Reason.UNKNOWN_VALUE}


@pytest.mark.parametrize("payload", [b"", b" ", b"\xff", b"x" * 2000])
def test_a_scalar_without_text_is_an_error(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        said("generic_gateway_mqtt", payload, "status")


# Events.


def event(code: object, phase: object = "raise") -> Decoded:
    payload = json.dumps({"ts": AT, "event_id": "e-1", "code": code, "phase": phase})
    return said("generic_elevator_mqtt", payload, "event")


@pytest.mark.parametrize("code", [9, 9.0, "9", "09", "0009", " 9 "])
def test_an_event_is_the_point_of_its_code_however_it_is_written(code: object) -> None:
    assert event(code).values == {"entrapment": True}
    assert event(code, "clear").values == {"entrapment": False}


def test_an_event_says_nothing_of_other_conditions() -> None:
    assert event(2).values == {"fault_door_closing": True}


def test_no_fault_ends_every_condition() -> None:
    found = event(0).values
    assert set(found.values()) == {False}
    assert {"entrapment", "fault_door_closing", "fault_other"} <= set(found)


def test_a_code_of_no_point_is_a_fault_and_kept() -> None:
    found = event(317)
    assert found.values == {"fault_other": True}
    assert found.remark is not None
    assert "317" in found.remark


@pytest.mark.parametrize(
    ("code", "phase"),
    [
        (None, "raise"),
        (True, "raise"),
        ({}, "raise"),
        (9, None),
        (9, "perhaps"),
        (9, 1),
        (0, "clear"),
    ],
)
def test_an_event_that_is_not_clear_becomes_no_value(code: object, phase: object) -> None:
    with pytest.raises(PayloadError):
        event(code, phase)


# Time and identity.


def state(**fields: object) -> Decoded:
    return said("generic_elevator_mqtt", json.dumps({"floor": 3, **fields}), "state")


def test_a_trusted_clock_is_the_time_of_the_sample() -> None:
    assert state(ts=AT).source_at == AT
    assert state(ts=str(AT)).source_at == AT


@pytest.mark.parametrize("ts", [-1, None, True, "soon", [AT], 1e308, 10**30, AT * 1000])
def test_what_is_no_moment_gives_no_time(ts: object) -> None:
    assert state(ts=ts).source_at is None


@pytest.mark.parametrize("ts", [0, 5, 2**32 * 1000])
def test_a_clock_that_was_never_set_is_a_moment_of_which_the_intake_judges(ts: int) -> None:
    assert state(ts=ts).source_at == ts


def test_identity_needs_all_its_parts() -> None:
    assert state(ts=AT, seq=1).identity == f'["state",{AT},1]'
    assert state(ts=AT).identity is None
    assert state(ts=AT, seq=None).identity is None
    assert state(ts=AT, seq="").identity is None
    assert state(ts=AT, seq={}).identity is None
    assert state(ts=AT, seq=math.nan).identity is None


def test_identities_of_different_payloads_differ() -> None:
    payloads = [{"ts": a, "seq": b} for a in (AT, AT + 1, f"{AT}") for b in (1, 11, "1", '1","1')]
    assert len({state(**payload).identity for payload in payloads}) == len(payloads)


CLOCKS = """\
profile: clocks
kind: environment_sensor
vendor: Test
model: M1
source: "made for this test"
verified: document
mqtt:
  topic: "clocks/{{id}}"
  time: {{path: at, format: {format}, trusted: {trusted}}}
points:
  temperature: {{unit: degC}}
"""


@pytest.mark.parametrize(
    ("form", "at", "wanted"),
    [
        ("epoch_s", AT / 1000, AT),
        ("epoch_s", AT // 1000, AT // 1000 * 1000),
        ("epoch_ms", AT, AT),
        ("iso8601", "2025-11-24T16:00:00.123Z", AT),
        ("iso8601", "2025-11-25T00:00:00.123+08:00", AT),
        ("iso8601", "2025-11-24T16:00:00", None),
        ("iso8601", "yesterday", None),
        ("iso8601", 5, None),
    ],
)
def test_clocks_of_every_format(tmp_path: Path, form: str, at: object, wanted: int | None) -> None:
    profile = written_profile(tmp_path, CLOCKS.format(format=form, trusted="true"))
    payload = json.dumps({"at": at, "temperature": 20}).encode()
    assert decode(plans(profile)[""], payload).source_at == wanted


def test_a_clock_that_is_not_trusted_is_not_used(tmp_path: Path) -> None:
    profile = written_profile(tmp_path, CLOCKS.format(format="epoch_ms", trusted="false"))
    payload = json.dumps({"at": AT, "temperature": 20}).encode()
    assert decode(plans(profile)[""], payload).source_at is None


# What a profile can say of its documents.

MADE = """\
profile: made
kind: electricity_meter
vendor: Test
model: M1
source: "made for this test"
verified: document
mqtt:
  topic: "made/{id}"
  topics:
    notices: {only: "kind == 'status' || kind == 'full'", root: body.meter}
    list: {}
points:
  active_power: {topic: notices, path: p, unit: W, also: [{topic: power, path: "@"}]}
  current_l1: {topic: list, path: "[0]", unit: A}
  current_l2: {topic: list, path: "[1]", unit: mA}
  active_energy_import: {topic: energy, path: "@", unit: kWh}
"""


def test_documents_told_apart_and_looked_into(tmp_path: Path) -> None:
    found = plans(written_profile(tmp_path, MADE))
    status = b'{"kind":"status","body":{"meter":{"p":5}}}'
    assert decode(found["notices"], status).values == {"active_power": 5}
    assert decode(found["notices"], status.replace(b"status", b"alien")) is NOT_MEANT
    assert decode(found["notices"], b"[1]") is NOT_MEANT
    with pytest.raises(PayloadError):
        decode(found["notices"], b'{"kind":"full","body":{}}')
    with pytest.raises(PayloadError):
        decode(found["notices"], b'{"kind":"full"')


def test_a_whole_payload_may_be_a_number_or_a_list(tmp_path: Path) -> None:
    found = plans(written_profile(tmp_path, MADE))
    assert decode(found["power"], b"12.5").values == {"active_power": 12.5}
    assert decode(found["power"], b'"12.5"').values == {"active_power": 12.5}
    assert decode(found["power"], b"null").values == {"active_power": None}
    assert decode(found["list"], b"[1.5, 2500]").values == {"current_l1": 1.5, "current_l2": 2.5}
    assert decode(found["list"], b"[1.5]").values == {"current_l1": 1.5}
    assert decode(found["list"], b"[null]").values == {"current_l1": None}
    assert decode(found["energy"], b"0.002").values == {"active_energy_import": 2}


def test_what_is_made_is_written_the_way_it_is_read(tmp_path: Path) -> None:
    made = device("m1", written_profile(tmp_path, MADE))
    values: dict[str, Value] = {"active_power": 5, "current_l2": 1, "active_energy_import": 1000}
    messages = {
        message.topic: json.loads(message.payload)
        for message in encode_payload(made, values, at_ms=AT, seq=1)
    }
    assert messages == {
        "made/m1/notices": {"kind": "status", "body": {"meter": {"p": 5}}},
        "made/m1/list": [None, 1000],
        "made/m1/energy": 1,
    }


def test_points_in_each_others_way_are_refused(tmp_path: Path) -> None:
    text = MADE.replace('path: "[1]", unit: mA', "path: a.b, unit: A")
    made = device("m1", written_profile(tmp_path, text))
    with pytest.raises(BadMqttProfileError, match="another point"):
        encode_payload(made, {"current_l1": 1, "current_l2": 1}, at_ms=AT, seq=1)


# Whatever comes.

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def keys_of(profile: Profile) -> list[str]:
    found = {point.name for point in profile.points.values()} | {"code", "phase", "ts", "seq"}
    return sorted(
        found | {getattr(p.address, "path", None) or p.name for p in profile.points.values()}
    )


def fits(value: Value, spec: PointSpec) -> bool:
    if value is None:
        return True
    if spec.type is PointType.NUMBER:
        if isinstance(value, float):
            return math.isfinite(value)
        return type(value) is int and -(2**63) <= value < 2**63
    if spec.type is PointType.BOOL:
        return isinstance(value, bool)
    if spec.type is PointType.ENUM:
        return value in spec.values
    return isinstance(value, str)


def check(profile: Profile, plan: TopicPlan, payload: bytes) -> None:
    try:
        found = decode(plan, payload)
    except PayloadError:
        return
    assert found.values or found is NOT_MEANT
    for name, value in found.values.items():
        spec = profile.kind.point(name)
        assert spec is not None
        assert fits(value, spec), (name, value)
        assert (value is None) == (name in found.reasons)
    assert found.source_at is None or isinstance(found.source_at, int)


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=30)
@given(data=st.data(), payload=st.binary(max_size=200))
def test_any_bytes_give_values_that_fit_or_a_reason(
    name: str, data: st.DataObject, payload: bytes
) -> None:
    profile = library_profile(name)
    suffix = data.draw(st.sampled_from(list(plans(profile))))
    check(profile, plan_of(name, suffix), payload)


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=60)
@given(data=st.data())
def test_any_json_gives_values_that_fit_or_a_reason(name: str, data: st.DataObject) -> None:
    profile = library_profile(name)
    suffix = data.draw(st.sampled_from(list(plans(profile))))
    keys = st.sampled_from(keys_of(profile))
    document: object = data.draw(st.dictionaries(keys, json_values, max_size=6) | json_values)
    # At the very places where the points stand, so that what is odd there is met.
    for path in data.draw(st.lists(st.sampled_from(paths_of(profile, suffix)), max_size=4)):
        with contextlib.suppress(BadMqttProfileError):
            document = _put(document, path, data.draw(json_values))
    topic = mqtt_settings(profile).at(suffix)
    if topic.root is not None and data.draw(st.booleans()):
        document = _put(None, topic.root, document)
    if topic.only is not None and isinstance(document, dict):
        document |= {"method": "NotifyStatus"}
    check(profile, plan_of(name, suffix), json.dumps(document).encode())


def mqtt_settings(profile: Profile) -> MqttSettings:
    assert isinstance(profile.settings, MqttSettings)
    return profile.settings


def paths_of(profile: Profile, suffix: str) -> list[str]:
    """The paths of the points of one topic, of the first channel."""
    placed = [(p, place) for p in profile.points.values() for place in address_of(p).places]
    return [
        path_of(p, place, "0") for p, place in placed if place.topic.replace(CHANNEL, "0") == suffix
    ]


# Encoding is the inverse.


def known_values(profile: Profile) -> st.SearchStrategy[dict[str, Value]]:
    """Values that a device of the profile can show."""
    found: dict[str, st.SearchStrategy[Value]] = {}
    for name, point in profile.points.items():
        if point.mapping.values:
            found[name] = st.sampled_from(sorted(set(point.mapping.values.values()), key=str))
        elif point.spec.type is PointType.BOOL:
            found[name] = st.booleans()
        else:
            found[name] = st.integers(-(10**6), 10**6).map(lambda n: n / 100)
    return st.fixed_dictionaries({}, optional=found)


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_encoded_decodes_to_the_same(name: str, data: st.DataObject) -> None:
    profile = library_profile(name)
    some = device("d-1", profile)
    values = data.draw(known_values(profile))
    derived = {n for n, p in profile.points.items() if _own_path(some, p) is None} - events(profile)
    shown = {name: value for name, value in values.items() if name not in derived}
    found: dict[str, Value] = {}
    for message in encode_payload(some, values, at_ms=AT, seq=7):
        suffix = message.topic.removeprefix(topic_of(some)).removeprefix("/")
        decoded = decode(plans(profile)[suffix], message.payload)
        found |= decoded.values
        # A list has places for the values beside those that were given.
        assert not set(decoded.reasons) & set(shown)
    assert {name: found[name] for name in shown} == pytest.approx(shown)
    rest = {name for name, value in found.items() if name not in shown and value is not None}
    assert rest <= derived


def events(profile: Profile) -> set[str]:
    return {name for name, point in profile.points.items() if address_of(point).codes()}


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_can_be_simulated(name: str) -> None:
    """At least one point of it; what follows from others needs those to be in it."""
    some = device("d-1", name)
    writable = [p for p in some.profile.points.values() if _own_path(some, p) is not None]
    assert writable
    assert len(writable) + len(events(some.profile)) >= len(some.profile.points) - 2


def test_encoded_messages_carry_time_identity_and_retain() -> None:
    lift = device("lift-1", "generic_elevator_mqtt")
    values: dict[str, Value] = {"floor": 3, "entrapment": True, "fault_other": False}
    messages = encode_payload(lift, values, at_ms=AT, seq=7)
    assert [m.topic.rpartition("/")[2] for m in messages] == ["state", "event", "event"]
    assert [m.retain for m in messages] == [True, False, False]
    assert json.loads(messages[0].payload) == {"floor": 3, "ts": AT, "seq": 7}
    assert json.loads(messages[1].payload)["phase"] == "raise"
    assert json.loads(messages[2].payload)["phase"] == "clear"
    assert len({json.loads(m.payload)["event_id"] for m in messages[1:]}) == 2


def test_unknown_is_encoded_as_null() -> None:
    lift = device("lift-1", "generic_elevator_mqtt")
    (message,) = encode_payload(lift, {"speed": None, "entrapment": None}, at_ms=AT, seq=1)
    assert json.loads(message.payload)["speed_mps"] is None
