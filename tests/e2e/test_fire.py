"""Smoke, drills, entrapment: from the wire to webhook and page. covers: the whole service."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.brokers import Broker, Publisher, publisher, running_broker
from tests.e2e.background import Background, in_background
from tests.e2e.folders import estate, lift, panel, smoke, webhook
from tests.e2e.service import Service, eventually, started
from tests.replay_server import ReplayServer, Unit
from tests.webhook import Receiver, receiving

FIRST_PART = 100
FIRE, TEST = 0b1, 0b10000
NORMAL_LIFT = {
    "service_mode": 1, "car_status": 0, "car_direction": 0, "door_zone": True, "door_closed": True,
    "floor": 1, "passenger": False, "alarm_button": False,
}  # fmt: skip


@dataclass(frozen=True)
class House:
    """Everything around the service."""

    service: Service
    broker: Broker
    publisher: Publisher
    receiver: Receiver
    panel: Background[ReplayServer]

    def set_panel(self, status: int, parts: dict[int, int] | None = None) -> None:
        """Write the panel's status word and those of some detectors (1 is p001)."""
        unit = self.panel.server.units[1]
        unit.load(4, 0, [status])
        for number, word in (parts or {}).items():
            unit.load(4, FIRST_PART + number - 1, [word])

    def of(self, device: str, state: str = "open") -> list[dict[str, Any]]:
        """The alarms of a device or part."""
        return [alarm for alarm in self.service.alarms(state) if alarm["device"] == device]

    def told(self, device: str) -> list[dict[str, Any]]:
        """What the webhook got about a device or part."""
        bodies = [json.loads(request.body) for request in list(self.receiver.requests)]
        return [body for body in bodies if body["device"] == device]


def _panel() -> ReplayServer:
    unit = Unit()
    unit.load(4, 0, [0, 242])
    unit.load(4, FIRST_PART, [0] * 242)
    return ReplayServer({1: unit})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("fire")
    with (
        running_broker(folder / "broker") as broker,
        receiving() as receiver,
        in_background(_panel) as fire_panel,
        publisher(broker) as publishes,
    ):
        devices = smoke(["smoke-1", "smoke-2"]) + lift() + panel(fire_panel.server.port)
        home = estate(folder, devices, webhook(receiver.url))
        arguments = ("run", "--estate", str(home), "--data", str(folder / "data"), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        with started(*arguments, folder=folder, environment=environment) as service:
            eventually("the panel is read", lambda: "fire" in service.latest("panel-1"))
            yield House(service, broker, publishes, receiver, fire_panel)


def test_smoke_is_an_alarm_at_the_page_and_the_webhook(house: House) -> None:
    house.publisher.publish("zigbee2mqtt/smoke-1", '{"smoke": true, "linkquality": 90}')
    seen = eventually("the alarm is listed", lambda: bool(house.of("smoke-1")), within_s=10)
    told = eventually("the webhook has it", lambda: bool(house.told("smoke-1")), within_s=10)
    print(f"smoke: listed after {seen:.2f} s, at the webhook after {told:.2f} s more")
    (alarm,) = house.of("smoke-1")
    assert (alarm["severity"], alarm["active"], alarm["acked"]) == ("emergency", True, False)
    assert alarm["latched"] is True
    assert alarm["place"] == "centre"
    assert house.told("smoke-1")[0]["transition"] == "raised"


def test_a_second_detector_of_one_place_confirms_the_fire(
    house: House,
) -> None:
    house.set_panel(FIRE, {17: FIRE})
    eventually("the first detector", lambda: bool(house.told("panel-1/p017")))
    house.set_panel(FIRE, {17: FIRE, 18: FIRE})
    eventually("the second detector", lambda: len(house.told("panel-1/p018")) == 2)
    first, second = house.of("panel-1/p017"), house.of("panel-1/p018")
    assert [alarm["rule"] for alarm in first] == ["smoke_detector_fire"]
    assert {alarm["rule"] for alarm in second} == {"smoke_detector_fire", "confirmed_fire"}
    confirmed = next(alarm for alarm in second if alarm["rule"] == "confirmed_fire")
    assert (confirmed["severity"], confirmed["latched"]) == ("emergency", True)
    assert confirmed["value"] == "panel-1/p017, panel-1/p018"
    house.set_panel(0, {17: 0, 18: 0})
    eventually("it has returned", lambda: not house.of("panel-1/p017")[0]["active"], within_s=90)
    assert house.of("panel-1/p017")[0]["latched"] is True, "latched until a person resets it"


def test_a_drill_is_marked_and_goes_to_the_duty_desk_alone(house: House) -> None:
    house.set_panel(TEST, {30: FIRE | TEST})
    eventually("the drill is listed", lambda: bool(house.of("panel-1/p030")))
    (alarm,) = house.of("panel-1/p030")
    assert alarm["test"] is True
    time.sleep(1.5)
    assert house.told("panel-1/p030") == []
    house.set_panel(0, {30: 0, 31: FIRE})
    eventually("a real fire pages", lambda: bool(house.told("panel-1/p031")))
    assert house.of("panel-1/p031")[0]["test"] is False
    house.set_panel(0, {31: 0})


def test_an_entrapment_stays_until_acknowledged_and_reset(house: House) -> None:
    topic = "v1/centre/elevator/lift-1"
    now = round(time.time() * 1000)
    house.publisher.publish(f"{topic}/state", json.dumps(NORMAL_LIFT | {"ts": now, "seq": 1}))
    event = {"ts": now, "event_id": "e-1", "code": 9, "phase": "raise"}
    house.publisher.publish(f"{topic}/event", json.dumps(event))

    def entrapment() -> list[dict[str, Any]]:
        return [alarm for alarm in house.of("lift-1") if alarm["alarm_class"] == "entrapment"]

    eventually("people are trapped", lambda: bool(entrapment()))
    ended = event | {"event_id": "e-2", "phase": "clear", "ts": now + 1000}
    house.publisher.publish(f"{topic}/event", json.dumps(ended))
    eventually("the lift is normal", lambda: not entrapment()[0]["active"], within_s=120)
    alarm = entrapment()[0]
    assert alarm["latched"] is True
    number = alarm["id"]
    refused = house.service.post(f"alarms/{number}/reset", {"note": "nobody inside"})
    assert refused.status_code == 409, "a reset before the acknowledgement is refused"
    assert house.service.post(f"alarms/{number}/ack").status_code == 200
    assert house.service.post(f"alarms/{number}/reset").status_code in {409, 422}, "without a note"
    assert entrapment(), "acknowledged, and still there"
    done = house.service.post(f"alarms/{number}/reset", {"note": "nobody inside"})
    assert done.status_code == 200, done.text
    assert entrapment() == []
    events = [event["event"] for event in house.service.get(f"alarms/{number}/events")]
    assert events[0] == "raised"
    assert {"acknowledged", "reset"} <= set(events)


def test_coverage_names_a_place_whose_panel_is_lost(house: House) -> None:
    before = house.service.get("coverage")
    assert {item["system"] for item in before["items"]} >= {"fire", "elevator"}
    house.panel.call(house.panel.server.stop())

    def lost() -> bool:
        fire = [i for i in house.service.get("coverage")["items"] if i["system"] == "fire"]
        return any(item["state"] == "unprotected" and item["place"] == "hall" for item in fire)

    eventually("the place is unprotected", lost, within_s=60)
    shown = house.service.latest("panel-1")["fire"]
    assert shown["quality"] in {"missing", "stale"}
    assert shown["value"] is not False or shown["quality"] == "stale"
    eventually(
        "the loss is an alarm of its own",
        lambda: any(a["alarm_class"] == "monitoring_lost" for a in house.of("panel-1")),
        within_s=120,
    )
