"""MQTT payloads: captured ones decode to what they say, and nothing else ever becomes a value."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.mqtt_profile import topic_of
from collectors.payload import Decoded, PayloadError, decode, encode_payload, plans
from collectors.payload_plan import TopicPlan
from collectors.sample import Reason, Value
from device_configs.kinds import PointSpec, PointType
from device_configs.point_mapping import Verified
from device_configs.profile import Profile
from tests.collectors.mqtt_devices import PROFILES, device, library_profile, written_profile

AT = 1_764_000_000_123
PLANS = [
    pytest.param(library_profile(name), plan, id=f"{name}/{suffix}")
    for name in PROFILES
    for suffix, plan in plans(library_profile(name)).items()
]


def plan_of(profile: str, suffix: str = "") -> TopicPlan:
    return plans(library_profile(profile))[suffix]


def said(profile: str, payload: bytes | str, suffix: str = "") -> Decoded:
    data = payload.encode() if isinstance(payload, str) else payload
    return decode(plan_of(profile, suffix), data)


# Captures.

CAPTURED: dict[str, tuple[str, dict[str, Value]]] = {
    "zigbee2mqtt_smoke": ("Zigbee smoke detector", {"smoke": True, "signal": 134}),
    "zigbee2mqtt_leak": (
        "Zigbee water-leak sensor",
        {"water_leak": False, "battery": 100.0, "battery_voltage": 3.045, "signal": 99},
    ),
}


def captured(folder: Path, name: str) -> bytes:
    items = json.loads((folder / "mqtt_json_payloads.json").read_text("utf-8"))["items"]
    (found,) = [item for item in items if item["device"].startswith(name)]
    return str(found["payload"]).encode()


@pytest.mark.needs_captures
@pytest.mark.parametrize("profile", CAPTURED)
def test_a_captured_payload_decodes_to_what_it_says(captures: Path, profile: str) -> None:
    name, wanted = CAPTURED[profile]
    found = decode(plan_of(profile), captured(captures, name))
    assert found.values == wanted
    assert found.reasons == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_capture_stands_only_on_points_that_a_captured_payload_decodes(profile: str) -> None:
    points = library_profile(profile).points.values()
    marked = {point.name for point in points if point.verified is Verified.CAPTURE}
    assert marked == set(CAPTURED[profile][1] if profile in CAPTURED else ())


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


@pytest.mark.parametrize("ts", [0, 5, -1, None, True, "soon", [AT], 1e308, 10**30, AT * 1000])
def test_a_clock_that_was_never_set_gives_no_time(ts: object) -> None:
    assert state(ts=ts).source_at is None


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
    assert found.values
    for name, value in found.values.items():
        spec = profile.kind.point(name)
        assert spec is not None
        assert fits(value, spec), (name, value)
        assert (value is None) == (name in found.reasons)
    assert found.source_at is None or isinstance(found.source_at, int)


@pytest.mark.parametrize(("profile", "plan"), PLANS)
@settings(max_examples=30)
@given(payload=st.binary(max_size=200))
def test_any_bytes_give_values_that_fit_or_a_reason(
    profile: Profile, plan: TopicPlan, payload: bytes
) -> None:
    check(profile, plan, payload)


@pytest.mark.parametrize(("profile", "plan"), PLANS)
@settings(max_examples=30)
@given(data=st.data())
def test_any_json_gives_values_that_fit_or_a_reason(
    profile: Profile, plan: TopicPlan, data: st.DataObject
) -> None:
    payload = data.draw(st.dictionaries(st.sampled_from(keys_of(profile)), json_values, max_size=6))
    check(profile, plan, json.dumps(payload).encode())


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
    found: dict[str, Value] = {}
    for message in encode_payload(some, values, at_ms=AT, seq=7):
        suffix = message.topic.removeprefix(topic_of(some)).removeprefix("/")
        decoded = decode(plans(profile)[suffix], message.payload)
        assert decoded.reasons == {}
        found |= decoded.values
    assert found == pytest.approx(values)


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
