"""Devices that never stop talking, and that know what they have said: the oracle of loss tests."""

import json
import random
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion

from tests.brokers import Broker
from tests.e2e.background import Background
from tests.replay_server import ReplayServer, Unit

GATE = "v1/centre/gate/gate-1/state"
_PACE_S = 0.004
_METER_STEP_V = 0.001
_ACKNOWLEDGED_WITHIN_S = 60.0


@dataclass
class Said:
    """What the devices have said and a broker has acknowledged, by id."""

    gate: set[int] = field(default_factory=set)
    """The numbers of one gate's messages, which are the values of its counter as well."""
    smoke: set[str] = field(default_factory=set)
    """Detectors that have reported smoke, each with one single message."""
    trapped: set[str] = field(default_factory=set)
    """Lifts that have reported an entrapment, each with one single event."""


@dataclass(frozen=True)
class _Sent:
    """A message that is on its way to the broker."""

    said: set[Any]
    id: int | str
    info: MQTTMessageInfo

    def is_noted(self) -> bool:
        """Whether the broker has acknowledged it; it then counts as said."""
        published: bool = self.info.is_published()
        if published:
            self.said.add(self.id)
        return published


class Load:
    """A gate that counts, detectors and lifts that report once each, from a thread."""

    def __init__(
        self, broker: Broker, smoke: Sequence[str], lifts: Sequence[str], seed: int
    ) -> None:
        self.said = Said()
        self.base = round(time.time() * 1000) - 3_600_000
        """Device time of the gate's message 0. [ms]"""
        self._waiting = [("smoke", name) for name in smoke] + [("lift", name) for name in lifts]
        self._chance = random.Random(seed)
        self._chance.shuffle(self._waiting)
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="the-devices")
        self._client.max_inflight_messages_set(1000)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self._events = threading.Semaphore(0)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def report(self, count: int) -> None:
        """Let so many detectors and lifts report at moments of the coming second."""
        self._events.release(count)

    @property
    def is_told_out(self) -> bool:
        """Whether every detector and lift has reported."""
        return not self._waiting

    def _talk(self) -> None:
        number = 0
        unsure: list[_Sent] = []
        while not self._end.is_set():
            number += 1
            body = {"ts": self.base + number, "seq": number, "people_in": number}
            unsure.append(_Sent(self.said.gate, number, self._send(GATE, body)))
            if self._waiting and self._chance.random() < 0.02 and self._take():
                unsure.append(self._event(*self._waiting.pop()))
            unsure = [one for one in unsure if not one.is_noted()]
            self._end.wait(_PACE_S)
        until = time.monotonic() + _ACKNOWLEDGED_WITHIN_S
        while unsure and time.monotonic() < until:
            unsure = [one for one in unsure if not one.is_noted()]
            time.sleep(_PACE_S)

    def _take(self) -> bool:
        return self._events.acquire(blocking=False)

    def _event(self, what: str, name: str) -> "_Sent":
        if what == "smoke":
            body: dict[str, object] = {"smoke": True, "battery": 90}
            return _Sent(self.said.smoke, name, self._send(f"zigbee2mqtt/{name}", body))
        body = {"ts": round(time.time() * 1000), "event_id": name, "code": 9, "phase": "raise"}
        return _Sent(self.said.trapped, name, self._send(f"v1/centre/elevator/{name}/event", body))

    def _send(self, topic: str, body: Mapping[str, object]) -> MQTTMessageInfo:
        return self._client.publish(topic, json.dumps(body), qos=1)

    @contextmanager
    def talking(self) -> Iterator["Load"]:
        """Talk for the life of a block; at its end everything said is acknowledged."""
        self._thread.start()
        try:
            yield self
        finally:
            self._end.set()
            self._thread.join(timeout=_ACKNOWLEDGED_WITHIN_S + 5)
            self._client.disconnect()
            self._client.loop_stop()


def counting_meter() -> ReplayServer:
    """An SDM630 of which nothing but the registers' places is taken, all of them 0."""
    unit = Unit()
    unit.load(4, 0, [0] * 400)
    return ReplayServer({1: unit})


def count_on(meter: Background[ReplayServer], number: int) -> None:
    """Let the meter's voltage of phase 1 say a number."""
    value = struct.unpack(">HH", struct.pack(">f", 220 + number * _METER_STEP_V))
    meter.loop.call_soon_threadsafe(meter.server.units[1].load, 4, 0, value)
