"""Dead gateways and lines: told once, loss of protection never hidden, the rest told afterwards."""

import dataclasses
from collections.abc import Iterator

import pytest

from alerts.coverage import Protection, coverage
from alerts.routes import Route, Routes
from collectors.modbus_links import ModbusTcpLink
from device_configs.estate import Device
from tests.alerts.desk import Desk
from tests.alerts.estates import device, make_estate

EVERYBODY = Routes(
    (Route.model_validate({"notify": [{"webhook": {"url": "http://127.0.0.1:9/x"}}]}),)
)
LINE = "modbus_tcp[10.0.0.1:502]"


def on_line(name: str, kind: str, unit: int, place: str = "hall") -> Device:
    link = ModbusTcpLink(host="10.0.0.1", unit=unit)
    return dataclasses.replace(device(name, kind, place), link=link)


def via(name: str, kind: str, gateway: str, interval_s: float = 60) -> Device:
    made = device(name, kind, protocol="mqtt", interval_s=interval_s)
    return dataclasses.replace(made, entry=made.entry.model_copy(update={"via": gateway}))


METERS = tuple(f"m-{n}" for n in range(1, 6))
PLAIN = [on_line(name, "electricity_meter", n) for n, name in enumerate(METERS, 1)]
SAFE = [*PLAIN, on_line("rcm-1", "electrical_fire_detector", 9, "room-2")]
GATEWAY = [
    device("gw-1", "gateway", protocol="mqtt", interval_s=600),
    via("smoke-1", "smoke_detector", "gw-1"),
    via("water-1", "water_meter", "gw-1"),
]


def desk_of(devices: list[Device]) -> Desk:
    return Desk(make_estate(devices), routes=EVERYBODY)


@pytest.fixture
def plain() -> Iterator[Desk]:
    desk = desk_of(PLAIN)
    yield desk
    desk.close()


@pytest.fixture
def safe() -> Iterator[Desk]:
    desk = desk_of(SAFE)
    yield desk
    desk.close()


@pytest.fixture
def gateway() -> Iterator[Desk]:
    desk = desk_of(GATEWAY)
    yield desk
    desk.close()


def polled(desk: Desk, start_s: float, end_s: float, names: tuple[str, ...]) -> None:
    """Everyone once in 10 s, a little apart, as a line does; time passes in between."""
    at = start_s
    while at < end_s:
        for n, name in enumerate(names):
            kind = desk.estate.devices[name].profile.kind.kind
            point = "active_power" if kind == "electricity_meter" else "residual_current_1"
            desk.say(name, at + n, {point: 1.0})
        at += 10
        desk.tick(at - 0.5)


def passes(desk: Desk, until_s: float) -> None:
    while desk.now_s < until_s:
        desk.tick(desk.now_s + 1)


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(rule, step) for rule, _, step in desk.outbox()]


def test_a_dead_line_is_told_once_before_its_devices(plain: Desk) -> None:
    polled(plain, 0, 60, METERS)
    passes(plain, 200)
    assert told(plain) == [("line_silent", "raised")]
    line = plain.alarm("line_silent", "sitewatch")
    assert line is not None
    assert line.point == LINE
    assert line.value == "5: m-1, m-2, m-3, m-4, m-5 @ hall"
    assert line.place == "hall"
    for name in METERS:
        alarm = plain.alarm("device_offline", name)
        assert alarm is not None
        assert (alarm.active, alarm.held) == (True, ("inhibited",))
        assert plain.events("device_offline", name) == ["raised", "inhibited"]


def test_who_stays_silent_after_the_line_is_back_is_told(plain: Desk) -> None:
    polled(plain, 0, 60, METERS)
    passes(plain, 200)
    # Of a group of devices the second one and all others wait a minute for each other.
    polled(plain, 210, 400, METERS[:-1])
    assert told(plain)[1:] == [
        ("line_silent", "returned"), ("device_offline", "released"),
    ]  # fmt: skip
    assert plain.events("device_offline", "m-5") == [
        "raised", "inhibited", "uninhibited", "released",
    ]  # fmt: skip
    assert plain.events("device_offline", "m-1")[:3] == ["raised", "inhibited", "returned"]
    assert "released" not in plain.events("device_offline", "m-1")


def test_one_silent_device_of_a_line_is_its_own_alarm(plain: Desk) -> None:
    polled(plain, 0, 120, METERS[:-1])
    assert told(plain) == [("device_offline", "raised")]
    assert plain.alarm("line_silent", "sitewatch") is None


def test_a_restart_in_an_outage_changes_nothing(plain: Desk) -> None:
    polled(plain, 0, 60, METERS)
    passes(plain, 120)
    plain.start()
    passes(plain, 200)
    plain.start()
    # Of a group of devices the second one and all others wait a minute for each other.
    polled(plain, 210, 400, METERS[:-1])
    assert told(plain) == [
        ("line_silent", "raised"), ("line_silent", "returned"), ("device_offline", "released"),
    ]  # fmt: skip


def test_a_line_with_protection_says_which_places_are_unprotected(safe: Desk) -> None:
    names = (*METERS, "rcm-1")
    polled(safe, 0, 60, names)
    passes(safe, 200)
    assert told(safe) == [("monitoring_lost_behind", "raised")]
    lost = safe.alarm("monitoring_lost_behind", "sitewatch")
    assert lost is not None
    assert (lost.value, lost.alarm_class) == ("1: rcm-1 @ room-2", "monitoring_lost")
    rcm = safe.alarm("monitoring_lost", "rcm-1")
    assert rcm is not None
    assert rcm.held == ("inhibited",)
    found = coverage(safe.estate, lambda _d, _p: None, safe.repository.open_alarms(), 0)
    assert [(one.place, one.state) for one in found] == [("room-2", Protection.UNPROTECTED)]
    assert "monitoring_lost" in found[0].reasons


def test_a_danger_behind_a_dead_line_stays_and_is_told(safe: Desk) -> None:
    names = (*METERS, "rcm-1")
    polled(safe, 0, 50, names)
    safe.say("rcm-1", 56, {"alarm": True})
    passes(safe, 200)
    assert ("electrical_fire_alarm", "raised") in told(safe)
    danger = safe.alarm("electrical_fire_alarm", "rcm-1")
    assert danger is not None
    assert (danger.active, danger.held, danger.quality.value) == (True, (), "unknown")


def test_a_dead_gateway_hides_silence_and_names_whom_it_protected(gateway: Desk) -> None:
    gateway.say("gw-1", 1, {"connected": True})
    gateway.say("smoke-1", 2, {"smoke": False})
    gateway.say("water-1", 3, {"flow": 1.0})
    gateway.say("gw-1", 10, {"connected": False})
    passes(gateway, 300)
    assert told(gateway) == [
        ("gateway_offline", "raised"), ("monitoring_lost_behind", "raised"),
    ]  # fmt: skip
    lost = gateway.alarm("monitoring_lost_behind", "gw-1")
    assert lost is not None
    assert lost.value == "1: smoke-1 @ hall"
    assert gateway.events("monitoring_lost", "smoke-1") == ["raised", "inhibited"]
    gateway.say("gw-1", 310, {"connected": True})
    gateway.say("water-1", 311, {"flow": 1.0})
    passes(gateway, 400)
    assert ("monitoring_lost", "released") in told(gateway)
    assert ("device_offline", "released") not in told(gateway)


def test_a_fire_behind_a_dead_gateway_is_told(gateway: Desk) -> None:
    gateway.say("gw-1", 1, {"connected": False})
    passes(gateway, 100)
    gateway.say("smoke-1", 101, {"smoke": True})
    assert told(gateway)[-1] == ("smoke_detector_fire", "raised")
    fire = gateway.alarm("smoke_detector_fire", "smoke-1")
    assert fire is not None
    assert fire.held == ()


def test_a_gateway_that_leaves_the_estate_leaves_nobody_hidden(gateway: Desk) -> None:
    gateway.say("gw-1", 1, {"connected": False})
    passes(gateway, 300)
    gateway.estate = make_estate(
        [device("smoke-1", "smoke_detector", protocol="mqtt", interval_s=60)]
    )
    gateway.start()
    passes(gateway, 400)
    assert gateway.events("monitoring_lost", "smoke-1")[-1] == "released"
    assert ("monitoring_lost", "released") in told(gateway)
