"""Values to MQTT payloads as a device of a profile would publish them; the inverse of decoding."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import NamedTuple

from collectors.convert import Raw
from collectors.json_path import Steps, compile_path, demanded, writable_steps
from collectors.mqtt_profile import (
    CHANNEL,
    BadMqttProfileError,
    Events,
    MqttSettings,
    Payload,
    Time,
    TimeFormat,
    address_of,
    below,
    channel_of,
    settings_of,
    topic_of,
)
from collectors.payload_plan import path_of
from collectors.sample import Value
from device_configs.estate import Device
from device_configs.kinds import PointType
from device_configs.profile import ProfilePoint


class Message(NamedTuple):
    """A message as a device would publish it."""

    topic: str
    payload: bytes
    retain: bool


def encode_payload(
    device: Device, values: Mapping[str, Value], *, at_ms: int, seq: int
) -> list[Message]:
    """Encode values as the device's messages: one a topic, and one an event point.

    A point that is not in `values` is left out, and so is one that follows from others (`sum(…)`);
    None becomes null. An event point gives one message that its first code began (true) or ended
    (false); None gives none.

    Args:
        device: an MQTT device of the estate.
        values: point name to value in the stored unit.
        at_ms: the device's clock, written where the profile has a time. [ms, UTC]
        seq: written where the profile's identity has a field that is not the time.

    Raises:
        BadMqttProfileError: the paths of two points stand in each other's way.
    """
    settings = settings_of(device)
    by_suffix: dict[str, list[ProfilePoint]] = {}
    for name, point in device.profile.points.items():
        if name in values or any(bit in values for bit in point.mapping.bits.values()):
            by_suffix.setdefault(address_of(point).topic, []).append(point)
    messages: list[Message] = []
    for suffix, points in by_suffix.items():
        topic = below(topic_of(device), suffix.replace(CHANNEL, channel_of(device)))
        retain = settings.at(suffix).retained
        for payload in _payloads(device, suffix, points, values, at_ms, seq):
            messages.append(Message(topic, payload, retain))
    return messages


def _payloads(
    device: Device,
    suffix: str,
    points: Sequence[ProfilePoint],
    values: Mapping[str, Value],
    at_ms: int,
    seq: int,
) -> Iterator[bytes]:
    settings = settings_of(device)
    topic = settings.at(suffix)
    if topic.payload is Payload.SCALAR:
        for point in points:
            yield _text(to_raw(values, point))
        return
    state = {path: point for point in points if (path := _own_path(device, point)) is not None}
    if state:
        data: object = None
        for path, point in state.items():
            data = _put(data, path, to_raw(values, point))
        yield _stamped(data, settings, suffix, at_ms, seq)
    for index, point in enumerate(p for p in points if address_of(p).codes()):
        value = values[point.name]
        if isinstance(value, bool) and topic.events is not None:
            event = _event(topic.events, address_of(point).codes()[0], value)
            mark = f"{device.id}-{at_ms}-{seq}-{index}"
            yield _stamped(event, settings, suffix, at_ms, mark)


def _own_path(device: Device, point: ProfilePoint) -> str | None:
    """The path at a point's first place; None for an event, and for what follows from others."""
    address = address_of(point)
    path = path_of(point, address, channel_of(device))
    return None if address.codes() or writable_steps(path) is None else path


def _event(events: Events, code: str, begun: bool) -> object:
    data = _put(None, events.code, int(code) if code.isdecimal() else code)
    return _put(data, events.phase, (events.begun if begun else events.ended)[0])


def _stamped(
    data: object,
    settings: MqttSettings,
    suffix: str,
    at_ms: int,
    mark: object,
) -> bytes:
    """Add the clock, what makes the payload unique and what tells it from others, and write it."""
    if settings.time is not None:
        data = _put(data, settings.time.path, _moment(settings.time, at_ms))
    topic = settings.at(suffix)
    for path in topic.identity:
        if settings.time is None or path != settings.time.path:
            data = _put(data, path, mark)
    if topic.root is not None and compile_path(topic.root)(data) != data:
        data = _put(None, topic.root, data)
    if topic.only is not None:
        wanted = demanded(topic.only)
        if wanted is None:
            raise BadMqttProfileError(f"nothing can be written for the condition {topic.only!r}")
        data = _set(data, *wanted)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _moment(time: Time, at_ms: int) -> object:
    if time.format is TimeFormat.EPOCH_MS:
        return at_ms
    if time.format is TimeFormat.EPOCH_S:
        return at_ms / 1000
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).isoformat(timespec="milliseconds")


def _put(data: object, path: str, raw: object) -> object:
    """The document with a value at the place of a path, and empty places on the way made."""
    place = writable_steps(path)
    if place is None:
        raise BadMqttProfileError(f"nothing can be written at the path {path!r}")
    try:
        return _set(data, place, raw)
    except TypeError as error:
        raise BadMqttProfileError(f"the path {path!r} goes through another point") from error


def _set(data: object, place: Steps, raw: object) -> object:
    if not place:
        return raw
    step, rest = place[0], place[1:]
    if isinstance(step, str):
        if not isinstance(data, dict | NoneType):
            raise TypeError("not an object")
        data = {} if data is None else data
        data[step] = _set(data.get(step), rest, raw)
        return data
    if not isinstance(data, list | NoneType) or step < 0:
        raise TypeError("not an array")
    data = [] if data is None else data
    data += [None] * (step + 1 - len(data))
    data[step] = _set(data[step], rest, raw)
    return data


def _text(raw: Raw) -> bytes:
    if raw is None:
        return b"null"
    return (str(raw).lower() if isinstance(raw, bool) else str(raw)).encode()


def to_raw(values: Mapping[str, Value], point: ProfilePoint) -> Raw:
    """The raw value of a profile point for stored values: the inverse of `convert.to_values`.

    None where the value is not known or is not one that the profile can show.
    """
    mapping = point.mapping
    if mapping.bits:
        known = {bit: values.get(name) for bit, name in mapping.bits.items()}
        return sum(1 << bit for bit, value in known.items() if value)
    value = values.get(point.name)
    if value is None:
        return None
    if mapping.bit is not None:
        return (1 << mapping.bit) if bool(value) != mapping.invert else 0
    if mapping.values:
        return next((raw for raw, meant in mapping.values.items() if meant == value), None)
    if point.spec.type is PointType.BOOL:
        return bool(value) != mapping.invert
    if point.spec.type is not PointType.NUMBER or isinstance(value, str):
        return str(value)
    return _unscaled(value, point)


def _unscaled(value: float, point: ProfilePoint) -> Raw:
    mapping, to_stored = point.mapping, point.to_stored
    raw = (value - to_stored.offset) / to_stored.factor
    raw = (raw - mapping.intercept) / mapping.slope
    # Decimal factors leave binary dust; 12 digits are more than any device sends.
    return value if raw == value else float(f"{raw:.12g}")
