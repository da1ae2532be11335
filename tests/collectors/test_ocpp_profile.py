"""What a profile and a link of OCPP may say."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from collectors.ocpp_profile import (
    SCHEMA,
    BadOcppProfileError,
    OcppAddress,
    OcppLink,
    address_of,
    conflicts,
    identity_of,
)
from device_configs.faults import InvalidConfigError
from device_configs.profile import read_profile
from tests.collectors.mqtt_devices import device as mqtt_device
from tests.collectors.ocpp_piles import pile, pile_profile

HEAD = """\
profile: p
kind: ev_charger
vendor: V
model: M
source: made for this test
verified: document
ocpp: {}
"""
PART = "parts: {kind: ev_charger, count: 1, id: 'c{n}', points: {state: {status: true}}}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("points: {online: {connection: true}}\n", "connectors are its parts"),
        ("points: {}\n" + PART.replace("c{n}", "one"), "called by their connector"),
        ("points: {}\n" + PART.replace("status: true", "connection: true"), "does not boot or"),
        ("points: {session_energy: {session_energy: true, unit: Wh}}\n" + PART, "has transactions"),
        ("points: {state: {status: true, error: X}}\n" + PART, "a point has one of"),
        ("points: {state: {status: true, phase: L1}}\n" + PART, "only a measurand has a phase"),
        ("points: {faults: {event: A.B, bits: {0: fault_x}}}\n" + PART, "no words of bits"),
    ],
)
def test_what_a_profile_cannot_say(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(InvalidConfigError, match=says):
        read_profile(file, {"ocpp": SCHEMA})


@pytest.mark.parametrize("identity", ["", "a b", "a/b", "ä", "x" * 49])
def test_an_identity_is_what_an_address_can_hold(identity: str) -> None:
    with pytest.raises(ValidationError, match="an identity has 1 to 48"):
        OcppLink(identity=identity)
    assert OcppLink(identity="CP-01.a:b").identity == "CP-01.a:b"


def test_two_piles_of_one_identity_are_a_conflict() -> None:
    piles = [pile("p1", identity="X"), pile("p2", identity="X"), pile("p3")]
    assert [device for device, _ in conflicts(piles)] == ["p1", "p2"]


def test_other_protocols_have_no_identity_and_no_place() -> None:
    meter = mqtt_device("smoke-1", "zigbee2mqtt_smoke")
    with pytest.raises(BadOcppProfileError):
        identity_of(meter)
    with pytest.raises(BadOcppProfileError):
        address_of(next(iter(meter.profile.points.values())))


def test_the_library_reads_every_measurand_once() -> None:
    parts = pile_profile().parts
    assert parts is not None
    places = [
        (a.measurand, a.phase, a.location)
        for a in map(address_of, parts.points.values())
        if a.measurand
    ]
    assert len(places) == len(set(places))
    assert OcppAddress(measurand="Voltage").location == "Outlet"
