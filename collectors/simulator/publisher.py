"""Publishes the MQTT devices: states on change and on a schedule, events, presence."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from collectors.mqtt_profile import (
    Availability,
    MqttAddress,
    MqttSettings,
    availability_topic,
    settings_of,
)
from collectors.payload_encode import Message, encode_payload
from collectors.sample import Value
from collectors.simulator.model import Model
from device_configs.estate import Device
from device_configs.kinds import PointType

Publish = Callable[[Message], None]

_WATCHED = frozenset({"fault_code"})
_STARTING_MS = 60_000
_STARTING_PAUSE_MS = 5_000
_CALM_MS = 60_000
"""How often a device says that none of its events is going on. [ms]"""


@dataclass
class _Said:
    """What a device last said."""

    state: dict[str, Value] = field(default_factory=dict)
    events: dict[str, bool] = field(default_factory=dict)
    at_ms: int | None = None
    calm_at_ms: int | None = None
    online: bool | None = None
    number: int = 0
    """Messages so far; with the time it makes each one different."""


class Publisher:
    """Decides at each tick what every device has to say."""

    def __init__(self, model: Model, publish: Publish) -> None:
        self._model = model
        self._publish = publish
        self._devices = [d for d in model.estate.devices.values() if d.profile.protocol == "mqtt"]
        self._said = {device.id: _Said() for device in self._devices}
        self._begun_ms: int | None = None
        self.published = 0

    def tick(self, now_ms: int) -> None:
        """Publish what has changed or is due."""
        for device in self._devices:
            for message in self._messages(device, now_ms):
                self._publish(message)
                self.published += 1

    def forget(self) -> None:
        """Say everything again at the next tick, for a broker that may have lost it."""
        self._said = {device.id: _Said() for device in self._devices}

    def _messages(self, device: Device, now_ms: int) -> Iterator[Message]:
        said = self._said[device.id]
        online = device.id not in self._model.silent
        if online != said.online:
            yield from presence(device, online, everything=said.online is None)
            # Who comes back says everything at once.
            said = self._said[device.id] = _Said(online=online, number=said.number)
        if not online:
            return
        values = self._model.values(device.id, now_ms)
        yield from self._state(device, said, values, now_ms)
        yield from _events(device, said, values, now_ms)

    def _pause_ms(self, device: Device, now_ms: int) -> float:
        """Half the longest silence; less at the start, when a reader may not be there yet."""
        if self._begun_ms is None:
            self._begun_ms = now_ms
        starting = now_ms - self._begun_ms < _STARTING_MS
        return min(device.interval_s * 500, _STARTING_PAUSE_MS if starting else float("inf"))

    def _state(
        self, device: Device, said: _Said, values: Mapping[str, Value], now_ms: int
    ) -> Iterator[Message]:
        shown = {name: values[name] for name in _state_points(device) if name in values}
        watched = {name: value for name, value in shown.items() if _is_watched(device, name)}
        due = said.at_ms is None or now_ms - said.at_ms >= self._pause_ms(device, now_ms)
        if not due and watched == said.state:
            return
        said.state, said.at_ms = watched, now_ms
        said.number += 1
        yield from encode_payload(device, shown, at_ms=now_ms, seq=said.number)


def _state_points(device: Device) -> Iterator[str]:
    for name, point in device.profile.points.items():
        if not (isinstance(point.address, MqttAddress) and point.address.codes()):
            yield name


def _event_points(device: Device) -> Iterator[str]:
    for name, point in device.profile.points.items():
        if isinstance(point.address, MqttAddress) and point.address.codes():
            yield name


def _is_watched(device: Device, name: str) -> bool:
    """Whether a change of a point is worth a message of its own."""
    spec = device.profile.points[name].spec
    return name in _WATCHED or spec.type in {PointType.BOOL, PointType.ENUM}


def _events(
    device: Device, said: _Said, values: Mapping[str, Value], now_ms: int
) -> Iterator[Message]:
    """A message where an event begins or ends, and now and then that none is going on."""
    now = {name: bool(values.get(name)) for name in _event_points(device)}
    if not now:
        return
    changed = {
        name: active for name, active in now.items() if active != said.events.get(name, False)
    }
    said.events = now
    if changed:
        said.number += 1
        yield from encode_payload(device, dict(changed), at_ms=now_ms, seq=said.number)
    calm = said.calm_at_ms
    if not any(now.values()) and (calm is None or now_ms - calm >= _CALM_MS):
        said.calm_at_ms = now_ms
        said.number += 1
        yield from _calm(device, next(iter(now)), now_ms, said.number)


def _calm(device: Device, point: str, now_ms: int, number: int) -> Iterator[Message]:
    """The event message with the code for 'nothing is wrong', made from that of any event."""
    address = device.profile.points[point].address
    suffix = address.topic if isinstance(address, MqttAddress) else ""
    events = settings_of(device).at(suffix).events
    if events is None or not events.none:
        return
    for message in encode_payload(device, {point: True}, at_ms=now_ms, seq=number):
        data = json.loads(message.payload)
        data[events.code] = events.none[0]
        yield message._replace(payload=json.dumps(data, separators=(",", ":")).encode())


def presence(device: Device, online: bool, *, everything: bool) -> Iterator[Message]:
    """The availability messages of a device; `everything` includes those of its bridge."""
    settings = device.profile.settings
    entries = settings.availability if isinstance(settings, MqttSettings) else ()
    for entry in entries:
        if "{topic}" in entry.topic or everything:
            # A bridge stays there when one of its devices goes.
            word = online or "{topic}" not in entry.topic
            yield Message(availability_topic(device, entry), _word(entry, word), True)


def _word(entry: Availability, online: bool) -> bytes:
    word = entry.online if online else entry.offline
    return word.encode() if entry.path is None else json.dumps({entry.path: word}).encode()
