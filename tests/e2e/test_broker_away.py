"""The broker restarts, is killed, hangs; retained storms and payloads of 1 MB. covers: the service.

Counted by id: the gates' messages have an identity and must be stored once each. What a killed
broker had acknowledged and not yet written to its disk is the broker's loss; so nothing is on its
way when it is killed, and what was not acknowledged the device says again, as a device does.
"""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.brokers import Broker, publisher, running_broker
from tests.e2e.folders import estate, gate, smoke
from tests.e2e.service import Service, eventually, started

FULL = os.environ.get("SITEWATCH_FULL") == "1"
ROUNDS = 10 if FULL else 1
BURST = 2000 if FULL else 300
HELD_S = 60.0 if FULL else 2.0
"""The first time; later shorter."""
RETAINED = 5000 if FULL else 100
"""Gates of which the broker keeps a state, sent all at once at each reconnect."""
DETECTORS = 6 * ROUNDS + 4
MORE = {"max_packet_size": "4194304"}
"""A broker that lets long payloads through; that of deploy/mosquitto.conf takes 256 KiB."""
MEGABYTE = 1_000_000


def state(n: int, at: int, **more: object) -> bytes:
    """A gate's message: its number is its identity and its count."""
    return json.dumps({"ts": at, "seq": n, "people_in": n} | more).encode()


@dataclass
class House:
    """The service, its broker, and what was said so far."""

    service: Service
    broker: Broker
    base: int
    said: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    smoke: int = 0

    def say(self, count: int, **more: object) -> None:
        """The busy gate counts on; the broker has acknowledged all of it."""
        numbers = range(self.said + 1, self.said + count + 1)
        with publisher(self.broker) as gateway:
            topic = "v1/centre/gate/gate-0/state"
            gateway.publish_all([(topic, state(n, self.base + n, **more)) for n in numbers])
        self.said += count

    def keep(self) -> None:
        """Every other gate says its state once more, retained."""
        self.kept = {name: n + 1 for name, n in self.kept.items()}
        messages = [
            (f"v1/centre/gate/{name}/state", state(n, self.base + n))
            for name, n in self.kept.items()
        ]
        with publisher(self.broker) as gateway:
            gateway.publish_all(messages, retain=True)

    def report_smoke(self) -> None:
        """One more detector reports, and is an alarm before this returns."""
        self.smoke += 1
        name = f"smoke-{self.smoke}"
        with publisher(self.broker, "detector") as gateway:
            gateway.publish(f"zigbee2mqtt/{name}", '{"smoke": true}')
        eventually(f"{name} is an alarm", lambda: bool(self.service.alarms(device=name)))

    def settle(self) -> None:
        """Wait until the newest number is stored."""
        eventually(f"{self.said} is stored", self.is_stored, 120)

    def is_stored(self) -> bool:
        """Whether the newest number is stored."""
        newest = self.base + self.said
        return self.said in self.service.series("gate-0", "people_in_total", newest)

    def stored(self, name: str, last: int) -> list[int]:
        """The stored counts of a gate."""
        return self.service.counts(name, "people_in_total", self.base, last)

    def counter(self, name: str) -> int:
        """A counter of the MQTT line."""
        (line,) = [one for one in self.service.get("lines") if one["protocol"] == "mqtt"]
        return int(line["counters"][name])


@contextmanager
def running(folder: Path) -> Iterator[House]:
    """The service and a broker of its own."""
    names = [f"gate-{n}" for n in range(1, RETAINED + 1)]
    detectors = [f"smoke-{n}" for n in range(1, DETECTORS + 1)]
    with running_broker(folder / "broker", MORE) as broker:
        devices = gate("gate-0") + "".join(map(gate, names)) + smoke(detectors)
        home = estate(folder, devices, confirmed=False)
        arguments = ("run", "--estate", str(home), "--data", str(folder / "data"), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        with started(*arguments, folder=folder, environment=environment) as service:
            base = round(time.time() * 1000) - 3_600_000
            yield House(service, broker, base, kept=dict.fromkeys(names, 0))


def test_a_broker_that_dies_hangs_and_repeats_costs_nothing(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    with running(tmp_path) as house:
        house.keep()
        house.say(BURST)
        house.report_smoke()
        for number in range(ROUNDS):
            _restarted(house)
            _killed(house)
            _held(house, 2.0 if number else HELD_S)
        _long_payloads(house)
        house.settle()
        found = Counter(house.stored("gate-0", house.said))
        assert found == Counter(range(1, house.said + 1)), "every message, exactly once"
        for name, count in house.kept.items():
            assert Counter(house.stored(name, count)) == Counter(range(1, count + 1)), name
        fires = [one for one in house.service.every_alarm("all") if one["alarm_class"] == "fire"]
        assert len(fires) == house.smoke
        say(
            f"broker restarted, killed, held {ROUNDS} times each: {house.said} said and stored, "
            f"{len(house.kept)} retained states {house.counter('reconnects')} times, "
            f"{house.counter('sessions_lost')} sessions lost"
        )


def _restarted(house: House) -> None:
    """In good order, while messages are on their way: it keeps what it acknowledged."""
    house.say(BURST)
    house.broker.stop()
    house.broker.start()
    house.say(BURST)
    house.report_smoke()
    house.keep()
    house.settle()


def _killed(house: House) -> None:
    house.settle()
    house.broker.kill()
    eventually("the lines say so", lambda: "not connected" in _collectors(house), 60)
    house.broker.start()
    house.say(BURST)
    eventually("it is connected again", lambda: _collectors(house) == "ok", 60)
    # It may have been said to a broker that had forgotten our session: the device says it again.
    house.said -= BURST
    house.say(BURST)
    house.report_smoke()
    house.settle()


def _held(house: House, for_s: float) -> None:
    """It hangs: nothing is answered, and nothing is lost when it goes on."""
    house.say(BURST)
    began = time.monotonic()
    house.broker.send(signal.SIGSTOP)
    while time.monotonic() - began < for_s:
        time.sleep(0.05)
    house.broker.send(signal.SIGCONT)
    house.say(BURST)
    house.report_smoke()
    house.settle()


def _long_payloads(house: House) -> None:
    """A megabyte is read, more is a dead letter, and a fire behind both is an alarm."""
    house.say(1, filler="x" * (MEGABYTE - 200))
    with publisher(house.broker) as gateway:
        long = state(house.said + 1, house.base, filler="x" * (2 * MEGABYTE))
        before = house.counter("dead_letters")
        gateway.publish("v1/centre/gate/gate-0/state", long)
    house.report_smoke()
    eventually("it is a dead letter", lambda: house.counter("dead_letters") == before + 1)
    house.settle()


def _collectors(house: House) -> str:
    return str(house.service.get("health")["stages"]["collectors"])
