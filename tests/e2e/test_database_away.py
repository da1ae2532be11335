"""The store refuses, hangs, is killed in the middle of writes. covers: the service.

Every sample is counted in a real InfluxDB. What must not wait for it is asserted by the order of
events: the newest live values and the alarms are there while the store has nothing of them.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.brokers import Broker, publisher, running_broker
from tests.e2e.folders import estate, gate, smoke, webhook
from tests.e2e.service import Service, eventually, started
from tests.influx import InfluxServer, influx_server
from tests.webhook import Receiver, receiving

FULL = os.environ.get("SITEWATCH_FULL") == "1"
BURST = 20_000 if FULL else 1500
HELD_S = 60.0 if FULL else 3.0
KILLS = 20 if FULL else 2
DETECTORS = KILLS + 3
SEED = 20261125
TOPIC = "v1/centre/gate/gate-1/state"


@dataclass
class House:
    """The service, its store, and what was said so far."""

    service: Service
    broker: Broker
    store: InfluxServer
    receiver: Receiver
    base: int
    said: int = 0
    smoke: int = 0

    def say(self, count: int) -> None:
        """The gate counts on, and the broker has all of it."""
        with publisher(self.broker) as gateway:
            numbers = range(self.said + 1, self.said + count + 1)
            gateway.publish_all(
                [
                    (TOPIC, f'{{"ts": {self.base + n}, "seq": {n}, "people_in": {n}}}'.encode())
                    for n in numbers
                ]
            )
        self.said += count

    def report_smoke(self) -> None:
        """One more detector reports; its alarm is listed and told before this returns."""
        self.smoke += 1
        name = f"smoke-{self.smoke}"
        with publisher(self.broker, "detector") as gateway:
            gateway.publish(f"zigbee2mqtt/{name}", '{"smoke": true}')
        eventually(f"{name} is an alarm", lambda: bool(self.service.alarms(device=name)))
        eventually(
            f"{name} is told",
            lambda: any(one.json["device"] == name for one in list(self.receiver.requests)),
        )

    def is_live(self) -> bool:
        """Whether the newest number is the live value."""
        point = self.service.latest("gate-1").get("people_in_total")
        return point is not None and point["value"] == self.said

    def stored(self) -> list[float]:
        """What InfluxDB has, in order of device time; nothing where it does not answer."""
        question = 'SELECT "people_in_total" FROM "access_gate"'
        answer = httpx.get(
            f"{self.store.url}/query", params={"db": "sitewatch", "q": question}, timeout=30
        )
        (result,) = answer.json()["results"]
        return [row[1] for series in result.get("series", ()) for row in series["values"]]

    def drain(self) -> int:
        """Wait until the store has everything; each look must see it without holes."""
        looks = 0

        def is_drained() -> bool:
            nonlocal looks
            looks += 1
            found = self.stored()
            assert found == list(range(1, len(found) + 1)), "in order, nothing left out or twice"
            return len(found) == self.said

        eventually(f"all {self.said} are stored", is_drained, within_s=180)
        return looks


@contextmanager
def running(folder: Path) -> Iterator[House]:
    """The service on a store that does not run yet."""
    names = [f"smoke-{number}" for number in range(1, DETECTORS + 1)]
    with (
        running_broker(folder / "broker") as broker,
        influx_server(folder / "influx") as store,
        receiving() as receiver,
    ):
        home = estate(folder, gate() + smoke(names), webhook(receiver.url), confirmed=False)
        environment = {
            "SITEWATCH_MQTT__URL": broker.url,
            "SITEWATCH_STORE__KIND": "influx",
            "SITEWATCH_STORE__URL": store.url,
        }
        arguments = ("run", "--estate", str(home), "--data", str(folder / "data"), "--port", "0")
        with started(*arguments, folder=folder, environment=environment) as service:
            base = round(time.time() * 1000) - 3_600_000
            yield House(service, broker, store, receiver, base)


def test_a_store_that_refuses_hangs_and_dies_costs_nothing(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    chance = random.Random(SEED)
    with running(tmp_path) as house:
        # Refused: nobody listens there.
        house.say(BURST)
        house.report_smoke()
        eventually("the newest is live without a store", house.is_live)
        house.store.start()
        looks = house.drain()
        say(f"store refused: {house.said} messages, {looks} looks while it drained, no hole")

        # It hangs: connections are taken and nothing is answered.
        house.store.send(signal.SIGSTOP)
        held = time.monotonic()
        house.say(BURST)
        house.report_smoke()
        eventually("the newest is live with a store that hangs", house.is_live)
        while time.monotonic() - held < HELD_S:
            time.sleep(0.05)
        house.store.send(signal.SIGCONT)
        house.drain()

        # Killed in the middle of writes.
        for _ in range(KILLS):
            house.say(BURST // 2)
            time.sleep(chance.uniform(0.0, 0.4))
            house.store.kill()
            house.say(BURST // 2)
            house.report_smoke()
            eventually("the newest is live with a killed store", house.is_live)
            house.store.start()
        house.drain()

        # Restarted in good order in the middle of writes.
        house.say(BURST)
        house.store.stop()
        house.store.start()
        house.report_smoke()
        house.drain()
        say(f"store killed {KILLS} times, seed {SEED}: {house.said} said, all stored once")
        alarms = [one for one in house.service.every_alarm("all") if one["alarm_class"] == "fire"]
        assert len(alarms) == house.smoke
