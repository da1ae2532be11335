"""Which topics the devices of a broker use, what each message on them means, and for whom.

Pure. Dispatch is one look-up of the topic; a topic may serve several devices.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from paho.mqtt.client import topic_matches_sub

from collectors.json_path import Getter, compile_path
from collectors.mqtt_profile import (
    Availability,
    availability_topic,
    below,
    channel_of,
    filter_of,
    settings_of,
    topic_of,
)
from collectors.payload import Decoded, PayloadError, decode, plans
from collectors.payload_plan import TopicPlan
from collectors.sample import Lane, Reason, Sample, Value
from device_configs.estate import Device
from device_configs.kinds import Speed

_SAFETY, _ROUTINE = Lane.SAFETY, Lane.ROUTINE


@dataclass(frozen=True)
class DevicePoints:
    """The points of one device by lane, and how long it may be silent."""

    device: str
    safety: frozenset[str]
    routine: frozenset[str]
    interval_ms: int

    def samples(self, decoded: Decoded, received_at: int, retained: bool) -> list[Sample]:
        """The samples of one payload: at most one a lane, with the same moment of receipt.

        A retained value is what the broker kept, of unknown age: it is a value, but a suspect one,
        unless the device's own clock shows that it is of the present interval.
        """
        values, reasons = decoded.values, decoded.reasons
        source_at, identity = decoded.source_at, decoded.identity
        if retained and (source_at is None or abs(received_at - source_at) > self.interval_ms):
            reasons = dict.fromkeys(values, Reason.NOT_CURRENT) | dict(reasons)
        safety = self.safety
        urgent = {name: value for name, value in values.items() if name in safety}
        usual = values
        if urgent:
            usual = {name: value for name, value in values.items() if name not in safety}
        found = []
        for lane, prefix, mine in ((_SAFETY, "safety:", urgent), (_ROUTINE, "routine:", usual)):
            if mine:
                whys = {name: reasons[name] for name in mine if name in reasons} if reasons else {}
                mark = None if identity is None else prefix + identity
                found.append(Sample(self.device, received_at, mine, whys, lane, source_at, mark))
        return found

    def offline(self, received_at: int, known: Iterable[str] = ()) -> list[Sample]:
        """The samples that say that nothing is known of the device any more, but of `known`."""
        found = []
        for lane, names in ((Lane.SAFETY, self.safety), (Lane.ROUTINE, self.routine)):
            values: dict[str, Value] = dict.fromkeys(sorted(names.difference(known)))
            if values:
                reasons = dict.fromkeys(values, Reason.OFFLINE)
                found.append(Sample(self.device, received_at, values, reasons, lane))
        return found


@dataclass(frozen=True)
class Word:
    """How an availability topic says that a device is there or not."""

    path: Getter | None
    online: str
    offline: str

    def is_online(self, payload: bytes) -> bool:
        """What one payload says.

        Raises:
            PayloadError: it says neither.
        """
        text = payload.decode("utf-8", errors="replace").strip()
        word = text.strip('"')
        if self.path is not None and text.startswith("{"):
            try:
                found = self.path(msgspec.json.decode(payload))
            except (ValueError, RecursionError) as error:
                raise PayloadError("is not JSON") from error
            word = _word_of(found)
        if word in (self.online, self.offline):
            return word == self.online
        raise PayloadError(f"{word[:40]!r} is neither {self.online!r} nor {self.offline!r}")


def _word_of(found: object) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    return str(int(found)) if isinstance(found, float) and found.is_integer() else str(found)


@dataclass(frozen=True)
class Route:
    """What a topic means for one device: values, its availability, or both."""

    points: DevicePoints
    plan: TopicPlan | None
    word: Word | None

    def decode(self, payload: bytes) -> Decoded:
        """The values of one payload.

        Raises:
            PayloadError: there are none to be understood.
        """
        if self.plan is None:
            raise PayloadError("the topic holds no values")
        return decode(self.plan, payload)


@dataclass(frozen=True)
class Routes:
    """Every topic of a broker's devices."""

    by_topic: Mapping[str, Sequence[Route]]
    safety_topics: frozenset[str]
    """Topics of devices with safety points; their messages overtake the others."""
    filters: Sequence[str]
    """What to subscribe to; no filter is covered by another."""


def build_routes(devices: Sequence[Device]) -> Routes:
    """Build the routes of the devices of one broker.

    Raises:
        BadMqttProfileError: a profile cannot be read the way it says.
    """
    by_topic: dict[str, list[Route]] = {}
    filters: set[str] = set()
    compiled: dict[tuple[str, str], Mapping[str, TopicPlan]] = {}
    for device in devices:
        kind = (device.profile.id, channel_of(device))
        if kind not in compiled:
            compiled[kind] = plans(device.profile, kind[1])
        points = _points(device)
        words = {availability_topic(device, a): a for a in settings_of(device).availability}
        for suffix, plan in compiled[kind].items():
            topic = below(topic_of(device), suffix)
            word = words.pop(topic, None)
            by_topic.setdefault(topic, []).append(Route(points, plan, _word(word)))
            filters.add(_filter(device, topic))
        for topic, word in words.items():
            by_topic.setdefault(topic, []).append(Route(points, None, _word(word)))
            filters.add(_filter(device, topic))
    return Routes(by_topic, _safety_topics(by_topic), _uncovered(filters))


def _points(device: Device) -> DevicePoints:
    safety: set[str] = set()
    routine: set[str] = set()
    for point in device.profile.points.values():
        for name in point.mapping.bits.values() or (point.name,):
            spec = device.profile.kind.point(name) or point.spec
            (safety if spec.speed is Speed.SAFETY else routine).add(name)
    interval_ms = round(device.interval_s * 1000)
    return DevicePoints(device.id, frozenset(safety), frozenset(routine), interval_ms)


def _word(availability: Availability | None) -> Word | None:
    if availability is None:
        return None
    path = None if availability.path is None else compile_path(availability.path)
    return Word(path, availability.online, availability.offline)


def _filter(device: Device, topic: str) -> str:
    """The profile's filter for a topic below the device's own; any other topic as it is."""
    own, wild = topic_of(device), filter_of(device)
    if wild is None or not (topic == own or topic.startswith(f"{own}/")):
        return topic
    return wild + topic[len(own) :]


def _uncovered(filters: Iterable[str]) -> tuple[str, ...]:
    """Drop what another filter covers: a broker may deliver once for each filter that matches."""
    exact = {topic for topic in filters if "+" not in topic}
    wild = sorted(set(filters) - exact)
    kept = [topic for topic in exact if not any(topic_matches_sub(f, topic) for f in wild)]
    return (*wild, *sorted(kept))


def _safety_topics(by_topic: Mapping[str, Sequence[Route]]) -> frozenset[str]:
    """Topics of devices that have safety points, and of every device that shares one with them.

    All topics of a device take the same way, so that its messages stay in order.
    """
    safe = {r.points.device for routes in by_topic.values() for r in routes if r.points.safety}
    while True:
        topics = {
            t for t, routes in by_topic.items() if any(r.points.device in safe for r in routes)
        }
        shared = {route.points.device for topic in topics for route in by_topic[topic]}
        if shared <= safe:
            return frozenset(topics)
        safe |= shared
