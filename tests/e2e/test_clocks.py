"""The service's clock is set by an hour, devices' clocks are wrong, days end. covers: the service.

Only the wall clock moves. Nothing may be cleared, raised or told because of it; what happens after
the step counts as at any other time.
"""

import functools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import Broker, publisher, running_broker
from tests.device_configs.estates import write
from tests.e2e.background import Background, in_background
from tests.e2e.folders import estate, gate, meter, panel, smoke, webhook
from tests.e2e.load import count_on, counting_meter
from tests.e2e.service import Service, eventually, started
from tests.e2e.stepped import set_clock
from tests.replay_server import ReplayServer, Unit
from tests.webhook import Receiver, receiving

HOUR_S = 3600.0
DAY_S = 86_400.0
UTC_PLUS_8_S = 8 * HOUR_S
FIRST_PART = 100
FIRE, TEST = 0b1, 0b10000
CLOCK_WAS_SET = "clock_was_set"
QUIET_S = 1.0
"""How long nothing may happen after a step: several turns of every stage."""
RULES = """\
- {rule: monitoring_lost, silence: {after: 3s}, devices: [panel-1]}
- {rule: device_offline, silence: {after: 3s}, devices: [m1]}
- {rule: device_clock_wrong, on_delay: 1s, off_delay: 1s}
"""


def _panel() -> ReplayServer:
    unit = Unit()
    unit.load(4, 0, [0, 242])
    unit.load(4, FIRST_PART, [0] * 242)
    return ReplayServer({1: unit})


@dataclass
class House:
    """The service with a clock that can be set, and everything around it."""

    service: Service
    clock: Path
    broker: Broker
    receiver: Receiver
    meter: Background[ReplayServer]
    panel: Background[ReplayServer]
    counted: int = 0
    smoke: int = 0
    gates: int = 0

    def raised(self) -> Counter[tuple[str, str]]:
        """Rule and device of every alarm there ever was."""
        return Counter((one["rule"], one["device"]) for one in self.alarms())

    def alarms(self) -> list[dict[str, Any]]:
        """Every alarm there ever was, but for that of the clock itself."""
        return [one for one in self.service.every_alarm("all") if one["rule"] != CLOCK_WAS_SET]

    def events(self) -> dict[int, list[str]]:
        """What happened to each alarm."""
        return {
            one["id"]: [e["event"] for e in self.service.get(f"alarms/{one['id']}/events")]
            for one in self.alarms()
        }

    def step(self, offset_s: float) -> None:
        """Set the clock; nothing may come of it, once somebody acts: else its chain would go on."""
        for one in self.service.every_alarm():
            if not one["acked"]:
                assert self.service.post(f"alarms/{one['id']}/ack").status_code == 200
        before = self.events()
        set_clock(self.clock, offset_s)
        # Up to a day has passed for the service, and with it the session.
        self.service.client.close()
        self.service.sign_in()
        until = time.monotonic() + QUIET_S
        while time.monotonic() < until:
            self.meter_is_followed()
        assert self.events() == before

    def meter_is_followed(self) -> None:
        """The meter changes, and its live value does."""
        self.counted += 1
        count_on(self.meter, self.counted)
        expected = 220 + self.counted / 1000

        def is_shown() -> bool:
            shown = self.service.latest("m1").get("voltage_l1")
            return (
                shown is not None and shown["quality"] == "good"
                and abs(shown["value"] - expected) < 0.0005
            )  # fmt: skip

        eventually("the meter's new value is live", is_shown)

    def set_panel(self, status: int, part: int = 0) -> None:
        """The panel's state word and that of its first detector."""
        load = self.panel.server.units[1].load
        self.panel.loop.call_soon_threadsafe(load, 4, 0, [status])
        self.panel.loop.call_soon_threadsafe(load, 4, FIRST_PART, [part])

    def report_smoke(self) -> None:
        """One more detector reports: one alarm, told once."""
        self.smoke += 1
        name = f"smoke-{self.smoke}"
        with publisher(self.broker, "detector") as gateway:
            gateway.publish(f"zigbee2mqtt/{name}", '{"smoke": true}')
        eventually(f"{name} is told", lambda: self.told()[name, "raised"] == 1)

    def told(self) -> Counter[tuple[str, str]]:
        """Device and transition of what the webhook got."""
        bodies = [json.loads(one.body) for one in list(self.receiver.requests)]
        return Counter((body["device"], body["transition"]) for body in bodies)

    def gate_says(self, name: str, at_ms: int) -> dict[str, Any]:
        """A gate sends its next count with a device time; returns how it is shown."""
        self.gates += 1
        number = self.gates
        with publisher(self.broker, "gate") as gateway:
            body = {"ts": at_ms, "seq": number, "people_in": number}
            gateway.publish(f"v1/centre/gate/{name}/state", json.dumps(body))

        def shown() -> dict[str, Any]:
            found: dict[str, Any] = self.service.latest(name).get("people_in_total", {})
            return found

        eventually(f"{name} shows {number}", lambda: shown().get("value") == number)
        return shown()

    def of(self, rule: str, device: str) -> list[dict[str, Any]]:
        """The open alarms of a rule and a device."""
        return [one for one in self.service.alarms(device=device) if one["rule"] == rule]


@pytest.fixture(scope="module")
def house_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("clocks")
    detectors = [f"smoke-{number}" for number in range(1, 10)]
    gates = [f"gate-{number}" for number in range(1, 5)]
    clock = folder / "clock"
    set_clock(clock, 0.0)
    with (
        running_broker(folder / "broker") as broker,
        receiving() as receiver,
        in_background(counting_meter) as metered,
        in_background(_panel) as fire_panel,
    ):
        devices = meter(metered.server.port) + smoke(detectors) + panel(fire_panel.server.port)
        home = estate(
            folder, devices + "".join(map(gate, gates)), webhook(receiver.url), confirmed=False
        )
        write(home, {"rules/clocks.yaml": RULES})
        arguments = ("run", "--estate", str(home), "--data", str(folder / "data"), "--port", "0")
        program = (sys.executable, "-m", "tests.e2e.stepped", str(clock))
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        with started(
            *arguments, folder=folder, environment=environment, program=program
        ) as service:
            eventually("the panel is read", lambda: "fire" in service.latest("panel-1"))
            yield House(service, clock, broker, receiver, metered, fire_panel)


@pytest.fixture
def house(house_of_all: House) -> Iterator[House]:
    """The service with a clock that is right."""
    yield house_of_all
    set_clock(house_of_all.clock, 0.0)


def now_ms() -> int:
    return round(time.time() * 1000)


def test_the_service_clock_is_set_forth_and_back(house: House) -> None:
    house.meter_is_followed()
    house.report_smoke()
    for offset_s in (HOUR_S, 0.0, -HOUR_S, 0.0):
        house.step(offset_s)
        house.report_smoke()
    told = house.told()
    assert all(count == 1 for count in told.values()), told
    assert set(house.raised()) == {
        ("smoke_detector_fire", f"smoke-{n}") for n in range(1, house.smoke + 1)
    }
    eventually("the setting is an alarm", lambda: bool(house.of(CLOCK_WAS_SET, "sitewatch")))


def test_the_end_of_the_day_is_like_any_other_second(house: House) -> None:
    until_utc_midnight = DAY_S - time.time() % DAY_S
    until_local_midnight = DAY_S - (time.time() + UTC_PLUS_8_S) % DAY_S
    for offset_s in sorted((until_utc_midnight, until_local_midnight)):
        house.step(offset_s - QUIET_S / 2)
        past = now_ms() + round(offset_s * 1000) - 60_000
        eventually("the meter is stored", functools.partial(_is_stored, house, past))


def test_a_device_clock_that_is_wrong_is_its_own_fault(house: House) -> None:
    # Ten minutes behind is only old; ten minutes ahead and 1970 cannot be.
    assert house.gate_says("gate-1", now_ms() - 600_000)["quality"] in {"good", "stale"}
    for name, stamp in (("gate-2", now_ms() + 600_000), ("gate-3", 1000)):
        shown = house.gate_says(name, stamp)
        assert (shown["quality"], shown["source_at"]) == ("good", None)
        eventually(f"{name}'s clock", functools.partial(_has_wrong_clock, house, name))
    assert house.of("device_clock_wrong", "gate-1") == []
    # Our own clock set back by an hour: every device seems ahead; back again, none does.
    house.gate_says("gate-4", now_ms())
    set_clock(house.clock, -HOUR_S)
    assert house.gate_says("gate-4", now_ms())["quality"] == "good"
    eventually("gate-4 seems ahead", lambda: bool(house.of("device_clock_wrong", "gate-4")))
    set_clock(house.clock, 0.0)
    house.gate_says("gate-4", now_ms())
    eventually(
        "it is right again",
        lambda: not any(one["active"] for one in house.of("device_clock_wrong", "gate-4")),
    )


def test_a_clock_that_is_set_back_hides_nothing(house: House) -> None:
    # In test when the clock is set back: the end of the test must be seen at once.
    house.set_panel(TEST)
    eventually("the panel is in test", lambda: _is(house, "panel-1", "test", value=True))
    house.step(-HOUR_S)
    house.set_panel(0)
    eventually("the test is over", lambda: _is(house, "panel-1", "test", value=False))
    house.set_panel(0, FIRE)
    eventually("a fire is real", lambda: house.told()["panel-1/p001", "raised"] == 1)
    # Silence counts from the last hearing, whatever the clock says.
    house.panel.call(house.panel.server.stop())
    eventually("its loss is an alarm", lambda: bool(house.of("monitoring_lost", "panel-1")))
    shown = house.service.latest("panel-1")["fire"]
    assert shown["quality"] in {"missing", "stale"}


def _is(house: House, device: str, point: str, *, value: object) -> bool:
    found = house.service.latest(device).get(point, {})
    return bool(found.get("quality") == "good" and found.get("value") == value)


def _has_wrong_clock(house: House, device: str) -> bool:
    return bool(house.of("device_clock_wrong", device))


def _is_stored(house: House, since_ms: int) -> bool:
    return bool(house.service.series("m1", "voltage_l1", since_ms))
