"""Messages that come twice, shuffled, late by hours, spoilt. covers: the service.

Everything that has an identity is stored once, at its own time; energy is what the counter says,
whatever order it was told in; what is spoilt is unknown and never a number, and is counted.
"""

import datetime as dt
import json
import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import Publisher, publisher, running_broker
from tests.device_configs.estates import write
from tests.e2e.folders import estate, gate, lift, webhook
from tests.e2e.service import Service, eventually, started
from tests.webhook import Receiver, receiving

FULL = os.environ.get("SITEWATCH_FULL") == "1"
MESSAGES = 20_000 if FULL else 600
GATES = 20 if FULL else 3
SEED = 20261126
MINUTE_MS = 60_000
QUARTER_MS = 15 * MINUTE_MS
OUTAGE_MS = 6 * 60 * MINUTE_MS
WH_IN_A_QUARTER = 250
MWH_IN_A_WH = 1000
METER = """\
profile: timed_meter
kind: electricity_meter
vendor: Test
model: T1
source: "made for this test"
verified: document
mqtt:
  topic: timed/{id}
  identity: [ts]
  time: {path: ts, format: epoch_ms, trusted: true}
points:
  active_energy_import: {path: wh, unit: Wh}
  voltage_l1: {path: v, unit: V}
"""


@dataclass
class House:
    """The service, a gateway in front of it, and what it wrote."""

    service: Service
    gateway: Publisher
    receiver: Receiver
    data: Path
    base: int
    """Some minutes ago. [ms]"""

    def told(self) -> Counter[tuple[str, str, str]]:
        """Device, rule and transition of what the webhook got."""
        bodies = [json.loads(one.body) for one in list(self.receiver.requests)]
        return Counter((body["device"], body["rule"], body["transition"]) for body in bodies)

    def stored(self, device: str, point: str) -> list[list[Any]]:
        """Time and value of every stored reading of a point, without those that are unknown."""
        rows = self.service.rows(device, point, self.base - 2 * OUTAGE_MS)
        return [row[:2] for row in rows if row[1] is not None]

    def intervals(self, device: str) -> list[tuple[int, int, int]]:
        """Start, energy and its bridged part of every quarter of an hour. [ms, mWh, mWh]"""
        with sqlite3.connect(f"file:{self.data / 'sitewatch.sqlite'}?mode=ro", uri=True) as records:
            rows = records.execute(
                "SELECT start_ms, amount, recovered_amount FROM counter_intervals"
                " WHERE device = ? AND point = 'active_energy_import' AND amount > 0"
                " ORDER BY start_ms",
                (device,),
            ).fetchall()
        records.close()
        return [(start, amount, bridged) for start, amount, bridged in rows]

    def letters(self) -> int:
        """Messages of the line that were not understood."""
        (line,) = [one for one in self.service.get("lines") if one["protocol"] == "mqtt"]
        return int(line["counters"]["dead_letters"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("messages")
    meter = "- {{id: {0}, profile: timed_meter, place: centre, interval: 1h, link: {{mqtt: {{topic: timed/{0}}}}}}}\n"  # noqa: E501
    devices = "".join(map(gate, ("gate-old", "gate-now", "gate-spoilt")))
    devices += "".join(gate(f"gate-{number}") for number in range(GATES))
    devices += meter.format("meter-1") + lift("lift-old")
    with (
        running_broker(folder / "broker") as broker,
        receiving() as receiver,
        publisher(broker) as gateway,
    ):
        home = estate(folder, devices, webhook(receiver.url))
        write(home, {"profiles/timed_meter.yaml": METER})
        arguments = ("run", "--estate", str(home), "--data", str(folder / "data"), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        with started(*arguments, folder=folder, environment=environment) as service:
            base = round(time.time() * 1000) - 10 * MINUTE_MS
            yield House(service, gateway, receiver, folder / "data", base)


def test_what_comes_twice_and_in_any_order_is_stored_once(
    house: House, say: Callable[[str], None]
) -> None:
    chance = random.Random(SEED)
    expected: dict[str, list[tuple[int, int]]] = {}
    messages: list[tuple[str, bytes]] = []
    for number in range(GATES):
        name = f"gate-{number}"
        counts = [n for n in range(1, MESSAGES // GATES + 1) if chance.random() > 0.1]
        expected[name] = [(house.base + n, n) for n in counts]
        for n in counts:
            body = json.dumps({"ts": house.base + n, "seq": n, "people_in": n}).encode()
            messages += [(f"v1/centre/gate/{name}/state", body)] * chance.choice((1, 1, 2, 3))
    chance.shuffle(messages)
    house.gateway.publish_all(messages)

    def found() -> dict[str, list[tuple[int, int]]]:
        return {name: _in_ms(house.stored(name, "people_in_total")) for name in expected}

    total = _count(expected)
    eventually("all are stored", lambda: _count(found()) >= total, within_s=120)
    say(f"messages, seed {SEED}: {len(messages)} sent, {total} different, {_count(found())} stored")
    assert found() == expected
    for name, rows in expected.items():
        assert house.service.latest(name)["people_in_total"]["value"] == rows[-1][1]


def _count(rows: Mapping[str, Sequence[object]]) -> int:
    return sum(map(len, rows.values()))


def _in_ms(rows: list[list[Any]]) -> list[tuple[int, int]]:
    """Times as the interface gives them, in milliseconds."""
    return [(round(dt.datetime.fromisoformat(at).timestamp() * 1000), v) for at, v in rows]


def test_six_hours_told_late_correct_the_energy(house: House) -> None:
    now = house.base // QUARTER_MS * QUARTER_MS
    quarters = OUTAGE_MS // QUARTER_MS
    started_at = now - OUTAGE_MS

    def say_at(quarter: int) -> tuple[str, bytes]:
        # Twice as much in the second half, which no bridge over the gap can know.
        wh = WH_IN_A_QUARTER * (quarter + max(0, quarter - quarters // 2))
        at = started_at + quarter * QUARTER_MS
        return "timed/meter-1", json.dumps({"ts": at, "wh": 10_000 + wh, "v": 230}).encode()

    total = WH_IN_A_QUARTER * (quarters + quarters // 2) * MWH_IN_A_WH

    def sums() -> tuple[int, int]:
        rows = house.intervals("meter-1")
        return sum(row[1] for row in rows), sum(row[2] for row in rows)

    house.gateway.publish_all([say_at(0), say_at(quarters)])
    eventually("the gap is bridged", lambda: sums() == (total, total))
    late = [say_at(quarter) for quarter in range(1, quarters)]
    random.Random(SEED).shuffle(late)
    house.gateway.publish_all(late + late[:5])
    eventually("nothing is bridged any more", lambda: sums() == (total, 0))
    first, second = WH_IN_A_QUARTER * MWH_IN_A_WH, 2 * WH_IN_A_QUARTER * MWH_IN_A_WH
    amounts = [row[1] for row in house.intervals("meter-1")]
    assert amounts == [first] * (quarters // 2) + [second] * (quarters // 2)
    assert len(house.stored("meter-1", "active_energy_import")) == quarters + 1


def test_old_alarms_of_a_backfill_page_only_what_latches_or_lasts(house: House) -> None:
    started_at = house.base - OUTAGE_MS

    def state(name: str, n: int, at: int, *, forced: bool) -> tuple[str, bytes]:
        body = {"ts": at, "seq": n, "people_in": n, "forced_open": forced}
        return f"v1/centre/gate/{name}/state", json.dumps(body).encode()

    # Forced open for an hour, five hours ago; another is still forced open now.
    old = [
        state("gate-old", n, started_at + n * QUARTER_MS, forced=4 <= n < 8)
        for n in range(1, OUTAGE_MS // QUARTER_MS)
    ]
    lasting = [
        state("gate-now", n, started_at + n * QUARTER_MS, forced=n >= 4)
        for n in range(1, OUTAGE_MS // QUARTER_MS)
    ]
    # People were trapped five hours ago, and nobody was told.
    trapped_at = started_at + 4 * QUARTER_MS
    event = {"event_id": "e-1", "code": 9, "ts": trapped_at}
    trapped = [
        ("v1/centre/elevator/lift-old/event", json.dumps(event | {"phase": "raise"}).encode()),
        (
            "v1/centre/elevator/lift-old/event",
            json.dumps(
                event | {"event_id": "e-2", "phase": "clear", "ts": trapped_at + MINUTE_MS}
            ).encode(),
        ),
    ]
    house.gateway.publish_all(old + trapped + lasting)
    raised = ("lift-old", "elevator_entrapment", "raised")
    eventually("the entrapment is told, late", lambda: house.told()[raised] == 1)
    (alarm,) = [
        one for one in house.service.every_alarm()
        if one["rule"] == "elevator_entrapment"
    ]  # fmt: skip
    assert alarm["latched"]
    now = round(time.time() * 1000)
    house.gateway.publish_all([
        state("gate-old", 100, now, forced=False), state("gate-now", 100, now, forced=True)
    ])  # fmt: skip
    lasts = ("gate-now", "gate_forced_open", "raised")
    if FULL:
        eventually("what lasts is told", lambda: house.told()[lasts] == 1, within_s=60)
    eventually("it is listed", lambda: bool(house.service.alarms(device="gate-now")))
    past = [one for one in house.service.every_alarm("all") if one["device"] == "gate-old"]
    assert [one["rule"] for one in past] == ["gate_forced_open"], "it is in the history"
    assert not past[0]["active"]
    told = [one for one in house.told() if one[0] == "gate-old"]
    assert told == [], "nobody is paged for what was over hours ago"


def test_what_is_spoilt_is_unknown_and_counted(house: House) -> None:
    topic, now = "v1/centre/gate/gate-spoilt/state", round(time.time() * 1000)
    before = house.letters()
    numbers = iter(range(1, 100))

    def body(value: str) -> bytes:
        n = next(numbers)
        return f'{{"ts": {now + n}, "seq": {n}, "people_in": {value}, "people_out": 7}}'.encode()

    letters = [b"\xff\xfe{", body('"\xff'), b'{"ts": 1, "seq"', b"[" * 5000]
    unknown = [body(value) for value in ('"many"', "[1]", '{"n": 1}', "true", "1e999", "null")]
    house.gateway.publish_all([(topic, payload) for payload in letters + unknown])
    house.gateway.publish("v1/centre/gate/no-such-gate/state", body("5"))
    house.gateway.publish(topic, body("8"))
    point = "people_in_total"

    def shown() -> object:
        return house.service.latest("gate-spoilt").get(point, {}).get("value")

    eventually("what is right again is live", lambda: shown() == 8)
    eventually("it is stored", lambda: bool(house.stored("gate-spoilt", point)))
    rows = house.service.rows("gate-spoilt", point, house.base)
    assert [row[1] for row in rows if row[1] is not None] == [8], "never a number that was not said"
    others = [value for _, value in house.stored("gate-spoilt", "people_out_total")]
    assert others == [7] * (len(unknown) + 1), "the other values of a payload stand"
    assert house.letters() - before == len(letters)
    for spoilt in ("NaN", "Infinity", "-Infinity"):
        house.gateway.publish(topic, body(spoilt))
    house.gateway.publish(topic, body("9"))
    eventually("a number is a number again", lambda: shown() == 9)
    eventually("it is stored", lambda: house.stored("gate-spoilt", point)[-1][1] == 9)
    assert [value for _, value in house.stored("gate-spoilt", point)] == [8, 9]
