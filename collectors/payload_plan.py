"""MQTT topics of a profile compiled to plans: where points, identity and clock stand."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from collectors.json_path import Getter, compile_path, steps
from collectors.mqtt_profile import (
    CHANNEL,
    BadMqttProfileError,
    Events,
    MqttSettings,
    Payload,
    Place,
    Time,
    TimeFormat,
    TopicSettings,
    address_of,
    contradictions,
)
from collectors.quick import Quick, quick_converter
from device_configs.profile import Profile, ProfilePoint

INT64 = 1 << 63
"""Samples hold signed 64-bit integers; what is outside becomes a float."""
_CODE_LIMIT = 64
"""Longest event code. [characters]"""
_YEAR_10000_MS = 253_402_300_800_000

Clock = Callable[[object], int | None]
"""Decoded payload to the device's moment [ms, UTC]; None where it gives no plausible one."""


@dataclass(frozen=True)
class TopicPlan:
    """How the payloads of one topic of a profile become values."""

    suffix: str
    payload: Payload
    readings: Sequence["Reading"]
    identity: Sequence[Getter]
    time: Clock | None
    events: "EventPlan | None" = None
    only: Getter | None = None
    """Whether a document of the topic is meant for the profile."""
    root: Getter | None = None
    """Where in the document everything else is looked up."""


class Reading(NamedTuple):
    """How one point is read from a decoded payload."""

    key: str | None
    """The key of the payload's object that `get` looks up; None where it does more."""
    get: Getter
    quick: "Quick"
    point: ProfilePoint


@dataclass(frozen=True)
class EventPlan:
    """How the messages of an event topic become points."""

    code: Getter
    phase: Getter
    settings: Events
    points: Mapping[str, Sequence[str]]
    """Event code to the points that stand for it."""

    def all_points(self) -> tuple[str, ...]:
        """Every point that stands for a code."""
        return tuple(dict.fromkeys(name for names in self.points.values() for name in names))


def plans(profile: Profile, channel: str = "0") -> Mapping[str, TopicPlan]:
    """The plan of every topic of one channel of a profile, by suffix.

    Raises:
        BadMqttProfileError: a point cannot be read the way its topic is written.
    """
    settings = profile.settings
    wrong = next(iter(contradictions(profile)), None)
    if wrong is not None or not isinstance(settings, MqttSettings):
        raise BadMqttProfileError(f"profile {profile.id}: {wrong}")
    by_suffix: dict[str, list[tuple[ProfilePoint, Place]]] = {}
    for point in profile.points.values():
        for place in address_of(point).places:
            by_suffix.setdefault(place.topic, []).append((point, place))
    found = {}
    for pattern, placed in by_suffix.items():
        suffix = pattern.replace(CHANNEL, channel)
        found[suffix] = _plan(suffix, placed, settings, settings.at(pattern), channel)
    return found


def _plan(
    suffix: str,
    placed: Sequence[tuple[ProfilePoint, Place]],
    settings: MqttSettings,
    topic: TopicSettings,
    channel: str,
) -> TopicPlan:
    if topic.payload is Payload.SCALAR:
        return TopicPlan(suffix, Payload.SCALAR, [_reading(p, _whole) for p, _ in placed], (), None)
    paths = [(p, path_of(p, place, channel)) for p, place in placed if not address_of(p).codes()]
    return TopicPlan(
        suffix,
        Payload.JSON,
        [_reading(point, compile_path(path), _key(path)) for point, path in paths],
        [compile_path(path) for path in topic.identity],
        _clock(settings.time) if settings.time and settings.time.trusted else None,
        _events(topic, [point for point, _ in placed]),
        None if topic.only is None else compile_path(topic.only),
        None if topic.root is None else compile_path(topic.root),
    )


def path_of(point: ProfilePoint, place: Place, channel: str) -> str:
    """The JMESPath of a point at one of its places: else the key that is called as the point is."""
    return (place.path or json.dumps(point.name)).replace(CHANNEL, channel)


def _key(path: str) -> str | None:
    plain = steps(path)
    return plain[0] if plain and len(plain) == 1 and isinstance(plain[0], str) else None


def _reading(point: ProfilePoint, get: Getter, key: str | None = None) -> Reading:
    return Reading(key, get, quick_converter(point), point)


def _whole(data: object) -> object:
    return data


def _events(topic: TopicSettings, points: Sequence[ProfilePoint]) -> EventPlan | None:
    if topic.events is None:
        return None
    names: dict[str, list[str]] = {}
    for point in points:
        for code in address_of(point).codes():
            names.setdefault(event_code(code) or code, []).append(point.name)
    events = topic.events
    return EventPlan(compile_path(events.code), compile_path(events.phase), events, names)


def event_code(raw: object) -> str | None:
    """Write an event code as text: `9`, `9.0`, `"09"` and `"0009"` are one code."""
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, int):
        return str(raw) if -INT64 <= raw < INT64 else None
    if not isinstance(raw, str) or not raw.strip() or len(raw) > _CODE_LIMIT:
        return None
    text = raw.strip()
    return text.lstrip("0") or "0" if text.isascii() and text.isdecimal() else text


def _clock(time: Time) -> Clock:
    get, read = compile_path(time.path), _CLOCKS[time.format]

    def at(data: object) -> int | None:
        moment = read(get(data))
        # 1970 is what a device says that lost its clock: a moment, and the intake names the fault.
        return moment if moment is not None and 0 <= moment < _YEAR_10000_MS else None

    return at


def _epoch(unit_ms: int) -> Clock:
    def read(raw: object) -> int | None:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            return None
        try:
            return round(float(raw) * unit_ms)
        except (ValueError, OverflowError):
            return None

    return read


def _iso8601(raw: object) -> int | None:
    if not isinstance(raw, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(raw)
        return None if moment.tzinfo is None else round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


_CLOCKS: Mapping[TimeFormat, Clock] = {
    TimeFormat.EPOCH_S: _epoch(1000),
    TimeFormat.EPOCH_MS: _epoch(1),
    TimeFormat.ISO8601: _iso8601,
}
