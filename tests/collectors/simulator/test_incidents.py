import struct
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from collectors.driver import CollectorsError
from collectors.modbus_schema import WordType
from collectors.payload import decode, plans
from collectors.payload_encode import Message
from collectors.registers import decode as decode_words
from collectors.sample import Value
from collectors.simulator.incidents import INCIDENTS, Incidents
from collectors.simulator.modbus_server import Units, endpoints
from collectors.simulator.model import Model, SimulatorError
from collectors.simulator.publisher import Publisher
from collectors.simulator.register_image import RegisterImage
from tests.collectors.simulator.conftest import NOON_MS

LATER_MS = NOON_MS + 3_600_000


@pytest.fixture
def incidents(model: Model) -> Incidents:
    return Incidents(model)


def server_of(model: Model, device: str, now_ms: Callable[[], int]) -> tuple[Units, int]:
    for units in endpoints(model.estate).values():
        for unit, found in units.items():
            if found.id == device:
                return Units(model, {unit: RegisterImage(model, found)}, now_ms), unit
    raise AssertionError(device)


def registers(
    model: Model, device: str, function: int, address: int, count: int, now_ms: int = NOON_MS
) -> tuple[int, ...] | None:
    """What the device answers on the wire; None where it is silent."""
    server, unit = server_of(model, device, lambda: now_ms)
    answer = server.answer(unit, struct.pack(">BHH", function, address, count))
    if answer is None:
        return None
    assert answer[0] == function
    return struct.unpack(f">{count}H", answer[2:])


class Listener:
    """Decodes what the publisher says, by device and point."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.messages: list[Message] = []
        self.publisher = Publisher(model, self.messages.append)

    def heard(self, device: str, now_ms: int) -> Mapping[str, Value]:
        """What is said of a device at the next tick."""
        self.messages.clear()
        self.publisher.tick(now_ms)
        found: dict[str, Value] = {}
        profile = self.model.estate.devices[device].profile
        for message in self.messages:
            for suffix, plan in plans(profile).items():
                if message.topic.endswith(f"{device}/{suffix}".rstrip("/")):
                    found |= decode(plan, message.payload).values
        return found

    def topics(self) -> dict[str, bytes]:
        return {message.topic: message.payload for message in self.messages}


def test_smoke_at_a_part(model: Model, incidents: Incidents) -> None:
    incidents.begin("smoke", "centre-panel", "p017", NOON_MS)
    states = registers(model, "centre-panel", 4, 100, 121)
    panel = registers(model, "centre-panel", 4, 0, 1)

    assert states is not None
    assert [place for place, word in enumerate(states) if word] == [16]
    assert states[16] == 1
    assert panel == (1,)

    incidents.begin("smoke", "centre-panel", "p018", NOON_MS)
    incidents.clear("smoke", "centre-panel", "p017", NOON_MS)
    assert registers(model, "centre-panel", 4, 116, 2) == (0, 1)
    assert registers(model, "centre-panel", 4, 0, 1) == (1,)

    incidents.clear("smoke", "centre-panel", "p018", NOON_MS)
    assert registers(model, "centre-panel", 4, 0, 1) == (0,)


def test_a_drill_sets_the_test_bits(model: Model, incidents: Incidents) -> None:
    incidents.begin("fire-drill", "k01-panel", None, NOON_MS)

    assert registers(model, "k01-panel", 4, 0, 1) == (1 << 4,)
    assert registers(model, "k01-panel", 4, 100, 4) == (0b10001, 0b10001, 0b10001, 0)

    incidents.clear("fire-drill", "k01-panel", None, NOON_MS)
    assert registers(model, "k01-panel", 4, 0, 1) == (0,)
    assert registers(model, "k01-panel", 4, 100, 4) == (0, 0, 0, 0)


def test_smoke_of_a_radio_detector(model: Model, incidents: Incidents) -> None:
    listener = Listener(model)
    assert listener.heard("centre-smoke-1", NOON_MS)["smoke"] is False
    assert listener.heard("centre-smoke-1", NOON_MS + 1000) == {}

    incidents.begin("smoke", "centre-smoke-1", None, NOON_MS)
    assert listener.heard("centre-smoke-1", NOON_MS + 2000)["smoke"] is True
    incidents.clear("smoke", "centre-smoke-1", None, NOON_MS)
    assert listener.heard("centre-smoke-1", NOON_MS + 3000)["smoke"] is False


def test_entrapment(model: Model, incidents: Incidents) -> None:
    listener = Listener(model)
    before = listener.heard("centre-lift-1", NOON_MS)
    assert before["entrapment"] is False

    incidents.begin("entrapment", "centre-lift-1", None, NOON_MS)
    heard = listener.heard("centre-lift-1", NOON_MS + 500)

    expected: dict[str, Value] = {
        "entrapment": True, "car_state": "stopped", "door_zone": False, "occupied": True,
        "alarm_button": True, "fault_code": 4, "speed": 0, "fault_stopped_outside_zone": True,
    }  # fmt: skip
    assert {name: heard[name] for name in expected} == expected
    assert listener.heard("centre-lift-1", LATER_MS)["trip_count"] == before["trip_count"]

    incidents.clear("entrapment", "centre-lift-1", None, LATER_MS)
    after = listener.heard("centre-lift-1", LATER_MS + 500)
    assert after["entrapment"] is False
    assert after["alarm_button"] is False
    assert after["trip_count"] != before["trip_count"]


def test_a_silent_modbus_device_does_not_answer(model: Model, incidents: Incidents) -> None:
    incidents.begin("silent", "centre-grid", None, NOON_MS)
    assert registers(model, "centre-grid", 4, 0, 2) is None

    incidents.clear("silent", "centre-grid", None, NOON_MS)
    assert registers(model, "centre-grid", 4, 0, 2) is not None


def test_a_silent_mqtt_device_goes_offline_and_comes_back(
    model: Model, incidents: Incidents
) -> None:
    listener = Listener(model)
    listener.heard("centre-smoke-1", NOON_MS)
    assert listener.topics()["zigbee2mqtt/bridge/state"] == b'{"state": "online"}'

    incidents.begin("silent", "centre-smoke-1", None, NOON_MS)
    listener.heard("centre-smoke-1", LATER_MS)
    topics = listener.topics()
    assert topics["zigbee2mqtt/centre-smoke-1/availability"] == b'{"state": "offline"}'
    assert "zigbee2mqtt/centre-smoke-1" not in topics
    assert "zigbee2mqtt/bridge/state" not in topics

    incidents.clear("silent", "centre-smoke-1", None, LATER_MS)
    listener.heard("centre-smoke-1", LATER_MS + 1000)
    topics = listener.topics()
    assert topics["zigbee2mqtt/centre-smoke-1/availability"] == b'{"state": "online"}'
    assert "zigbee2mqtt/centre-smoke-1" in topics


def number(words: tuple[int, ...] | None, kind: WordType) -> float:
    assert words is not None
    value = decode_words(words, kind)
    assert isinstance(value, (int, float))
    return value


def test_pv_string_loss_costs_power_energy_and_the_string(
    model: Model, calm: Model, incidents: Incidents
) -> None:
    incidents.begin("pv-string-loss", "centre-pv-1", None, NOON_MS)

    def shown(of: Model, address: int, kind: WordType, now_ms: int) -> float:
        return number(registers(of, "centre-pv-1", 3, address, kind.words, now_ms), kind)

    assert shown(model, 32017, WordType.INT16, NOON_MS) == 0  # string 1
    assert shown(model, 32019, WordType.INT16, NOON_MS) > 0  # string 2
    assert shown(model, 32080, WordType.INT32, NOON_MS) == pytest.approx(
        shown(calm, 32080, WordType.INT32, NOON_MS) * 23 / 24, abs=2
    )
    gained = shown(model, 32106, WordType.UINT32, LATER_MS) - shown(
        model, 32106, WordType.UINT32, NOON_MS
    )
    usual = shown(calm, 32106, WordType.UINT32, LATER_MS) - shown(
        calm, 32106, WordType.UINT32, NOON_MS
    )
    assert gained == pytest.approx(usual * 23 / 24, abs=3)
    assert usual > 1000


def test_the_balance_holds_through_incidents(model: Model, incidents: Incidents) -> None:
    incidents.begin("pv-string-loss", "centre-pv-7", None, NOON_MS)
    for pile in range(1, 61):
        incidents.begin("pile-fault", f"centre-pile-{pile:02d}", None, NOON_MS)
    shown = [_energies(model, moment) for moment in (NOON_MS, LATER_MS)]

    came, used = (late - early for early, late in zip(*shown, strict=True))
    assert came == pytest.approx(used, rel=1e-9)
    assert model.values("centre-charging", LATER_MS)["active_power"] == 0


def _energies(model: Model, now_ms: int) -> tuple[float, float]:
    def total(device: str, point: str) -> float:
        value = model.values(device, now_ms)[point]
        assert isinstance(value, float)
        return value

    came = total("centre-grid", "active_energy_import") - total(
        "centre-grid", "active_energy_export"
    )
    used = 0.0
    for device in model.estate.devices_in("centre"):
        kind = device.profile.kind.kind
        if kind == "pv_inverter":
            came += total(device.id, "active_energy_total")
        elif kind == "electricity_meter" and device.id != "centre-grid":
            used += total(device.id, "active_energy_import")
    return came, used


def test_a_leak_wets_the_sensor_and_turns_the_meter(
    model: Model, calm: Model, incidents: Incidents
) -> None:
    listener = Listener(model)
    assert listener.heard("centre-leak-1", NOON_MS)["water_leak"] is False
    incidents.begin("water-leak", "centre-leak-1", None, NOON_MS)
    assert listener.heard("centre-leak-1", NOON_MS + 1000)["water_leak"] is True

    def volume(of: Model) -> float:
        return number(registers(of, "centre-water", 3, 0x204, 4, LATER_MS), WordType.UINT64)

    assert volume(model) - volume(calm) == pytest.approx(1_400_000, abs=2)  # mL in an hour


def test_residual_current(model: Model, incidents: Incidents) -> None:
    calm = registers(model, "centre-residual-1", 3, 0x4A, 12)
    incidents.begin("residual-current", "centre-residual-1", None, NOON_MS)
    shown = registers(model, "centre-residual-1", 3, 0x4A, 12)

    assert calm is not None
    assert shown is not None
    assert max(calm) < 100
    assert shown[0] == 620
    assert shown[1:] == calm[1:]


def test_pile_fault(model: Model, incidents: Incidents) -> None:
    incidents.begin("pile-fault", "centre-pile-01", None, NOON_MS)
    assert registers(model, "centre-pile-01", 4, 0, 2) == (5, 1 << 6)
    assert registers(model, "centre-pile-01", 4, 8, 2) == (0, 0)

    incidents.begin("pile-fault", "centre-pile-60", None, NOON_MS)
    assert registers(model, "centre-pile-60", 3, 1201, 1) == (ord("F") << 8,)


def test_gas_leak(model: Model, incidents: Incidents) -> None:
    listener = Listener(model)
    incidents.begin("gas-leak", "centre-gas-detector-1", None, NOON_MS)

    assert listener.heard("centre-gas-detector-1", NOON_MS)["gas_alarm"] is True


def test_each_incident_begins_and_ends_and_leaves_nothing(
    model: Model, calm: Model, incidents: Incidents
) -> None:
    for name, incident in INCIDENTS.items():
        device, part = _example(model, incident.kinds)
        part = part if name == "smoke" else None
        incidents.begin(name, device, part, NOON_MS)
        assert incidents.active
        incidents.clear(name, device, part, NOON_MS)
        assert not incidents.active
    assert model.overlay == {}
    assert model.silent == set()
    for device in model.estate.devices:
        assert model.values(device, NOON_MS) == pytest.approx(dict(calm.values(device, NOON_MS)))


def _example(model: Model, kinds: tuple[str, ...]) -> tuple[str, str | None]:
    for device in model.estate.devices.values():
        if not kinds or device.profile.kind.kind in kinds:
            return device.id, next(iter(device.parts), None)
    raise AssertionError(kinds)


@pytest.mark.parametrize(
    ("name", "device", "part", "says"),
    [
        ("flood", "centre-grid", None, "there is no incident 'flood'"),
        ("smoke", "nowhere", None, "no device 'nowhere'"),
        ("smoke", "centre-grid", None, "of kind electricity_meter"),
        ("smoke", "centre-panel", None, "--part"),
        ("smoke", "centre-panel", "p999", "no part 'p999'"),
        ("silent", "centre-panel", "p001", "whole device"),
    ],
)
def test_what_does_not_fit_is_refused(
    incidents: Incidents, name: str, device: str, part: str | None, says: str
) -> None:
    with pytest.raises(SimulatorError, match=says):
        incidents.begin(name, device, part, NOON_MS)
    assert incidents.active == {}


def test_what_is_not_happening_cannot_end(incidents: Incidents) -> None:
    with pytest.raises(CollectorsError, match="is not happening"):
        incidents.clear("silent", "centre-grid", None, NOON_MS)


def test_beginning_twice_is_one(model: Model, incidents: Incidents) -> None:
    incidents.begin("pile-fault", "centre-pile-01", None, NOON_MS)
    before: dict[str, Any] = dict(model.overlay)
    incidents.begin("pile-fault", "centre-pile-01", None, LATER_MS)

    assert model.overlay == before
    assert incidents.active == {("pile-fault", "centre-pile-01"): NOON_MS}
