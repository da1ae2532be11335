"""kill -9 of the whole service under load: nothing acknowledged is lost or unjudged.

covers: the service. Everything is on: routine and safety messages over MQTT, a polled meter, the
embedded store, the default rules, a webhook. Ids are counted at the end: of samples, of alarms, of
what the webhook was told.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.brokers import running_broker
from tests.e2e.background import in_background
from tests.e2e.folders import estate, gate, lift, meter, smoke, webhook
from tests.e2e.load import Load, count_on, counting_meter
from tests.e2e.service import Service, eventually, launched, started
from tests.webhook import Receiver, receiving

KILLS = 100 if os.environ.get("SITEWATCH_FULL") == "1" else 3
DETECTORS_A_KILL = 2
SHORTEST_LIFE_S = 0.3
UNDER_LOAD_S = 1.5
"""A service lives up to this much longer than a start takes: some are killed while starting."""
SEED = 20261123


def test_nothing_is_lost_or_unjudged(tmp_path: Path, say: Callable[[str], None]) -> None:
    chance = random.Random(SEED)
    detectors = [f"smoke-{number}" for number in range(1, KILLS * DETECTORS_A_KILL + 1)]
    lifts = [f"lift-{number}" for number in range(1, KILLS + 1)]
    with (
        running_broker(tmp_path / "broker") as broker,
        receiving() as receiver,
        in_background(counting_meter) as metered,
    ):
        devices = gate() + smoke(detectors) + "".join(map(lift, lifts))
        devices += meter(metered.server.port, interval="1s")
        home = estate(tmp_path, devices, webhook(receiver.url), confirmed=False)
        arguments = ("run", "--estate", str(home), "--data", str(tmp_path / "data"), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        began = time.monotonic()
        with started(*arguments, folder=tmp_path, environment=environment):
            # The broker knows our session from here on.
            longest_life_s = time.monotonic() - began + UNDER_LOAD_S
        load = Load(broker, detectors, lifts, SEED)
        with load.talking():
            for number in range(1, KILLS + 1):
                count_on(metered, number)
                load.report(DETECTORS_A_KILL + 1)
                process = launched(
                    *arguments, folder=tmp_path, log=tmp_path / "said", environment=environment
                )
                time.sleep(chance.uniform(SHORTEST_LIFE_S, longest_life_s))
                process.kill()
                process.wait(20)
            load.report(len(detectors) + len(lifts))
            eventually("all have reported", lambda: load.is_told_out, within_s=60)
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            _assert_samples(service, load, say)
            _assert_alarms(service, receiver, load, say)
            _assert_meter(service, load.base, say)


def _assert_samples(service: Service, load: Load, say: Callable[[str], None]) -> None:
    sent = load.said.gate
    newest = max(sent)

    def is_stored() -> bool:
        return newest in service.series("gate-1", "people_in_total", load.base + newest)

    eventually("the newest is stored", is_stored, within_s=120)
    found = service.counts("gate-1", "people_in_total", load.base, newest)
    say(f"kill -9, seed {SEED}: {KILLS} kills, {len(sent)} messages said, {len(found)} stored")
    assert sorted(found) == sorted(sent), "every message, exactly once"


def _assert_alarms(
    service: Service, receiver: Receiver, load: Load, say: Callable[[str], None]
) -> None:
    expected = {(name, "fire") for name in load.said.smoke}
    expected |= {(name, "entrapment") for name in load.said.trapped}

    def alarms() -> Counter[tuple[str, str]]:
        every = service.every_alarm(state="all")
        return Counter(
            (one["device"], one["alarm_class"])
            for one in every if one["alarm_class"] in {"fire", "entrapment"}
        )  # fmt: skip

    def told() -> Counter[tuple[str, str]]:
        bodies = [json.loads(request.body) for request in list(receiver.requests)]
        return Counter(
            (body["device"], body["alarm_class"])
            for body in bodies if body["transition"] == "raised"
        )  # fmt: skip

    eventually("every event is an alarm", lambda: set(alarms()) >= expected, within_s=60)
    eventually("every alarm was told", lambda: set(told()) >= expected, within_s=120)
    found, heard = alarms(), told()
    again = sum(heard[one] - 1 for one in expected)
    say(f"kill -9: {len(expected)} events, {sum(found.values())} alarms, {again} told again")
    assert found == Counter(expected), "one alarm a detector and a lift, and no other"
    # A webhook is told at least once: a kill between the answer and its note repeats it.
    assert again <= KILLS * 8


def _assert_meter(service: Service, base: int, say: Callable[[str], None]) -> None:
    """What was polled is no acknowledged sample; none of it may be there twice or out of order."""
    eventually("the meter is stored", lambda: bool(service.series("m1", "voltage_l1", base)))
    rows = service.rows("m1", "voltage_l1", base)
    times = [row[0] for row in rows]
    values = [row[1] for row in rows if row[1] is not None]
    say(f"kill -9: {len(values)} polled values stored")
    assert len(set(times)) == len(times)
    assert values == sorted(values)
