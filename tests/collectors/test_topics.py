"""Topics: one look-up finds the devices, few subscriptions cover them, safety goes first."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.json_path import compile_path
from collectors.mqtt_profile import (
    BadMqttProfileError,
    MqttLink,
    address_of,
    conflicts,
    filter_of,
    topic_of,
)
from collectors.payload import Decoded, PayloadError
from collectors.registry import SCHEMAS
from collectors.sample import Lane, Quality, Reason
from collectors.topics import DevicePoints, Word, build_routes
from device_configs.estate import load_estate
from device_configs.faults import InvalidConfigError
from device_configs.profile import Profile, read_profile
from tests.collectors.mqtt_devices import PROFILES, device, library_profile, written_profile
from tests.device_configs.protocols import PROFILE, SCHEMA

NOW = 1_764_000_000_000


def test_one_subscription_covers_all_devices_of_a_profile() -> None:
    devices = [device(f"smoke-{n}", "zigbee2mqtt_smoke") for n in range(300)]
    routes = build_routes(devices)
    assert list(routes.filters) == [
        "zigbee2mqtt/+",
        "zigbee2mqtt/+/availability",
        "zigbee2mqtt/bridge/state",
    ]
    assert [route.points.device for route in routes.by_topic["zigbee2mqtt/smoke-7"]] == ["smoke-7"]
    assert len(routes.by_topic["zigbee2mqtt/bridge/state"]) == 300


def test_a_topic_of_its_own_is_subscribed_by_name() -> None:
    routes = build_routes([device("smoke-1", "zigbee2mqtt_smoke", "site/a/smoke")])
    assert list(routes.filters) == [
        "site/a/bridge/state",
        "site/a/smoke",
        "site/a/smoke/availability",
    ]


def test_no_filter_is_covered_by_another() -> None:
    routes = build_routes(
        [
            device("a", "zigbee2mqtt_smoke"),
            device("b", "zigbee2mqtt_leak", "zigbee2mqtt/kitchen"),
            device("lift-1", "generic_elevator_mqtt"),
        ]
    )
    assert list(routes.filters) == [
        "v1/+/elevator/+/event",
        "v1/+/elevator/+/stat",
        "v1/+/elevator/+/state",
        "v1/+/elevator/+/status",
        "zigbee2mqtt/+",
        "zigbee2mqtt/+/availability",
        "zigbee2mqtt/bridge/state",
    ]


def test_the_place_and_the_id_stand_in_the_topic() -> None:
    lift = device("lift-1", "generic_elevator_mqtt")
    assert topic_of(lift) == "v1/centre/elevator/lift-1"
    assert filter_of(lift) == "v1/+/elevator/+"


def test_messages_of_devices_with_safety_points_overtake_and_the_others_do_not(
    tmp_path: Path,
) -> None:
    meter = written_profile(
        tmp_path,
        """\
profile: meter
kind: electricity_meter
vendor: Test
model: M1
source: "made for this test"
verified: document
mqtt: {topic: "meters/{id}"}
points:
  frequency: {unit: Hz}
""",
    )
    devices = [device("smoke-1", "zigbee2mqtt_smoke"), device("m1", meter)]
    routes = build_routes(devices)
    assert "zigbee2mqtt/smoke-1" in routes.safety_topics
    assert "meters/m1" not in routes.safety_topics
    # A device that shares a topic with a safety device keeps its order with it.
    shared = build_routes([device("smoke-1", "zigbee2mqtt_smoke", "meters/m1"), *devices[1:]])
    assert "meters/m1" in shared.safety_topics
    assert len(shared.by_topic["meters/m1"]) == 2


def points(interval_ms: int = 10_000) -> DevicePoints:
    return DevicePoints(
        "smoke-1", frozenset({"smoke", "tamper"}), frozenset({"battery"}), interval_ms
    )


def test_one_payload_is_at_most_one_sample_a_lane_with_one_moment() -> None:
    said = Decoded(
        {"smoke": True, "battery": None}, {"battery": Reason.WRONG_TYPE}, NOW - 5, "id-1", None
    )
    urgent, usual = points().samples(said, NOW, retained=False)
    assert (urgent.lane, urgent.values, urgent.reasons) == (Lane.SAFETY, {"smoke": True}, {})
    assert (usual.lane, usual.values) == (Lane.ROUTINE, {"battery": None})
    assert usual.reasons == {"battery": Reason.WRONG_TYPE}
    assert {urgent.received_at, usual.received_at} == {NOW}
    assert {urgent.source_at, usual.source_at} == {NOW - 5}
    assert urgent.identity != usual.identity


@pytest.mark.parametrize(
    ("source_at", "quality"),
    [(None, Quality.SUSPECT), (NOW - 60_000, Quality.SUSPECT), (NOW - 9_000, Quality.GOOD)],
)
def test_a_retained_value_of_unknown_or_great_age_is_suspect_but_stays_a_value(
    source_at: int | None, quality: Quality
) -> None:
    said = Decoded({"smoke": True}, {}, source_at, None, None)
    (sample,) = points().samples(said, NOW, retained=True)
    assert sample.values == {"smoke": True}
    assert sample.quality("smoke") is quality


def test_offline_is_unknown_for_every_point_but_the_known() -> None:
    urgent, usual = points().offline(NOW, ("tamper",))
    assert urgent.values == {"smoke": None}
    assert usual.values == {"battery": None}
    assert urgent.reasons == {"smoke": Reason.OFFLINE}


@pytest.mark.parametrize(
    ("payload", "online"),
    [
        (b"online", True),
        (b"offline\n", False),
        (b'"online"', True),
        (b'{"state":"offline"}', False),
        (b'{"state":"online","x":1}', True),
    ],
)
def test_availability_as_text_and_as_json(payload: bytes, online: bool) -> None:
    word = Word(lambda data: data["state"], "online", "offline")  # type: ignore[index]
    assert word.is_online(payload) is online


@given(payload=st.binary(max_size=50))
def test_what_is_neither_online_nor_offline_is_an_error(payload: bytes) -> None:
    word = Word(None, "online", "offline")
    text = payload.decode("utf-8", errors="replace").strip().strip('"')
    if text in ("online", "offline"):
        assert word.is_online(payload) is (text == "online")
    else:
        with pytest.raises(PayloadError):
            word.is_online(payload)


@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "$SYS/x", "a/", "a\x00b", "a\x7fb", "x" * 600])
def test_a_link_is_a_topic_and_not_a_filter(topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        MqttLink(topic=topic)


def test_a_device_of_another_protocol_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "meter.yaml"
    file.write_text(PROFILE, encoding="utf-8")
    meter = device("m1", read_profile(file, {"wire": SCHEMA}))
    with pytest.raises(BadMqttProfileError, match="does not speak MQTT"):
        build_routes([meter])


# What products' topics force.


def profile_with(folder: Path, mqtt: str, points: str) -> Profile:
    return written_profile(
        folder,
        f"""\
profile: made
kind: electricity_meter
vendor: Test
model: M1
source: "made for this test"
verified: document
mqtt: {mqtt}
points: {points}
""",
    )


@pytest.mark.parametrize(
    ("pattern", "topic", "filters"),
    [
        # Only a part of a level.
        ("site/pm-{id}", "site/pm-m1", ["site/+/power"]),
        # An empty first level.
        ("/go/{id}", "/go/m1", ["/go/+/power"]),
        # No fixed first level: never the topics of everybody on the broker.
        ("{id}", "m1", ["m1/power"]),
        ("{id}/x", "m1/x", ["m1/x/power"]),
        ("/{id}/x", "/m1/x", ["/m1/x/power"]),
    ],
)
def test_patterns_as_products_have_them(
    tmp_path: Path, pattern: str, topic: str, filters: list[str]
) -> None:
    points = "{active_power: {topic: power, unit: W}}"
    made = device("m1", profile_with(tmp_path, f'{{topic: "{pattern}"}}', points))
    assert topic_of(made) == topic
    routes = build_routes([made])
    assert list(routes.filters) == filters
    assert list(routes.by_topic) == [f"{topic}/power"]


def test_availability_two_levels_above() -> None:
    routes = build_routes([device("lp", "evcc_loadpoint", "home/evcc/loadpoints/1")])
    assert "home/evcc/status" in routes.by_topic
    assert not routes.by_topic["home/evcc/status"][0].points.safety


def test_a_topic_that_only_the_link_can_tell() -> None:
    pile = device("pile-1", "victron_evcharger", "N/c0619ab/evcharger/40")
    assert filter_of(pile) == "N/+/evcharger/+"
    unnamed = replace(pile, link=MqttLink())
    with pytest.raises(BadMqttProfileError, match="needs a topic"):
        topic_of(unnamed)
    assert list(conflicts([pile])) == []
    ((name, why),) = conflicts([unnamed, device("smoke-1", "zigbee2mqtt_smoke")])
    assert name == "pile-1"
    assert "N/+/evcharger/+" in why


def test_an_estate_says_which_device_lacks_its_topic(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(
        "estate: small\ncommunities:\n  - {id: c, role: centre, name: {zh: 心, en: C}}\n", "utf-8"
    )
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "piles.yaml").write_text(
        "- {id: pile-1, profile: openwb_1_chargepoint, place: c, link: {mqtt: {}}}\n", "utf-8"
    )
    with pytest.raises(InvalidConfigError, match=r"pile-1: give the device's topic"):
        load_estate(tmp_path, SCHEMAS)


def test_channels_have_topics_and_paths_of_their_own() -> None:
    devices = [device(f"e{n}", "shelly_gen2_em1", "em-a", channel=n) for n in (0, 1)]
    routes = build_routes(devices)
    assert [r.points.device for r in routes.by_topic["em-a/status/em1:1"]] == ["e1"]
    payload = (
        b'{"method":"NotifyStatus","params":{"em1:0":{"act_power":1},"em1:1":{"act_power":2}}}'
    )
    for route in routes.by_topic["em-a/events/rpc"]:
        n = int(route.points.device[-1])
        assert route.decode(payload).values == {"active_power": n + 1}


@pytest.mark.parametrize(
    ("payload", "online"),
    [(b'{"value":1}', True), (b'{"value": 1.0}', True), (b'{"value":0}', False), (b"1", True)],
)
def test_availability_as_a_number_in_json(payload: bytes, online: bool) -> None:
    assert Word(compile_path("value"), "1", "0").is_online(payload) is online


def test_a_retained_value_from_the_future_is_of_unknown_age() -> None:
    said = Decoded({"smoke": True}, {}, NOW + 60_000, None, None)
    (sample,) = points().samples(said, NOW, retained=True)
    assert sample.quality("smoke") is Quality.SUSPECT


PRIVATE = re.compile(
    r"rfid|plate|card|vehicle_?name|uby|trx|owner|driver|person|face|meter_id", re.I
)


@pytest.mark.parametrize("name", PROFILES)
def test_no_profile_reads_who_somebody_is(name: str) -> None:
    """Counts and states only: no tag, plate, card or name is ever stored."""
    profile = library_profile(name)
    for point in profile.points.values():
        for place in address_of(point).places:
            assert not PRIVATE.search(f"{place.topic} {place.path or ''} {point.name}")
