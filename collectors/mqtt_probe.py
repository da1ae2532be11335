"""Listens to one MQTT device for a while and says all that it heard. It publishes nothing.

The session is its own and clean: what sitewatch has subscribed to, and what waits for it, is not
touched.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.json_path import ABSENT
from collectors.mqtt_listener import Listener
from collectors.mqtt_profile import CHANNEL, Payload, address_of, below
from collectors.mqtt_settings import BrokerSettings
from collectors.payload import PayloadError, decode, plans, read_payload
from collectors.payload_plan import TopicPlan
from collectors.probe import ProbeError, ProbeQuality, UnknownProtocolError, quality_of
from collectors.sample import Reason, Value
from device_configs.profile import Profile


@dataclass(frozen=True)
class HeardPoint:
    """One point: its value in the stored unit, and the piece of the payload it came from."""

    value: Value
    unit: str
    quality: ProbeQuality
    reason: Reason | None
    raw: object = ABSENT
    """As it came; `ABSENT` where nothing was heard of the point."""

    def document(self) -> dict[str, object]:
        """The shape that `sitewatch probe --json` prints."""
        entry: dict[str, object] = {
            "value": self.value,
            "unit": self.unit,
            "quality": self.quality.value,
        }
        if self.reason is not None:
            entry["reason"] = self.reason.value
        return entry | {"raw": [] if self.raw is ABSENT else [self.raw]}


@dataclass
class HeardTopic:
    """What came by one topic; the counterpart of a request that was answered."""

    topic: str
    retained: bool
    ms: float
    """From the subscription to the first message. [ms]"""
    count: int = 0
    bytes: int = 0
    """Of the newest payload."""
    error: str | None = None
    """Why the newest payload was not understood."""

    def document(self) -> dict[str, object]:
        """The shape that `sitewatch probe --json` prints."""
        entry: dict[str, object] = {
            "topic": self.topic,
            "retained": self.retained,
            "count": self.count,
            "bytes": self.bytes,
            "ms": self.ms,
        }
        return entry | ({"error": self.error} if self.error else {})


@dataclass
class MqttProbe:
    """All that a probe heard; in the shape of a Modbus probe."""

    profile: Profile
    points: dict[str, HeardPoint] = field(default_factory=dict)
    requests: dict[str, HeardTopic] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """The shape that `sitewatch probe --json` prints."""
        points = {name: point.document() for name, point in self.points.items()}
        kind = self.profile.kind.kind
        return {
            "profile": self.profile.id,
            "devices": [{"id": self.profile.id, "kind": kind, "points": points}],
            "points": points,
            "requests": [heard.document() for heard in self.requests.values()],
        }


async def probe_mqtt(
    profile: Profile, settings: BrokerSettings, topic: str, seconds: float, channel: int = 0
) -> MqttProbe:
    """Listen to a device until each of its topics was heard, at most for some seconds.

    Args:
        profile: An MQTT profile.
        settings: How to reach the broker.
        topic: The device's own topic.
        seconds: How long at most. [s]
        channel: Which channel of the product, where it has several.

    Raises:
        UnknownProtocolError: the profile is not read over MQTT.
        ProbeError: the broker or the device is silent, or nothing of it was understood.
    """
    if profile.protocol != "mqtt":
        raise UnknownProtocolError(
            f"profile {profile.id!r} speaks {profile.protocol}; --mqtt reads MQTT profiles"
        )
    found = plans(profile, str(channel))
    topics = {below(topic, suffix): plan for suffix, plan in found.items()}
    awaited = {below(topic, suffix) for suffix in _awaited(profile, found, str(channel))}
    broker = f"{settings.host}:{settings.port}"
    probe, ear = MqttProbe(profile), Listener(settings, topics)
    try:
        await asyncio.to_thread(ear.open)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _listen(ear, probe, topics, awaited)
    except OSError as error:
        raise ProbeError(f"the broker {broker} cannot be reached: {error}.") from error
    finally:
        await asyncio.to_thread(ear.close)
    if ear.refused:
        raise ProbeError(f"the broker {broker} {ear.refused}.")
    return _judged(probe, topic, seconds)


def _awaited(profile: Profile, found: Mapping[str, TopicPlan], channel: str) -> set[str]:
    """The suffixes a device publishes on by itself.

    An event comes when there is one, and a further place of a point may be where others ask for it.
    """
    first = {address_of(point).topic.replace(CHANNEL, channel) for point in profile.points.values()}
    return {suffix for suffix, plan in found.items() if plan.readings and suffix in first}


async def _listen(
    ear: Listener, probe: MqttProbe, topics: Mapping[str, TopicPlan], awaited: set[str]
) -> None:
    started = time.perf_counter()
    while awaited - probe.requests.keys():
        name, payload, retained = await ear.heard.get()
        if name not in topics:
            return
        ms = round((time.perf_counter() - started) * 1000, 2)
        heard = probe.requests.setdefault(name, HeardTopic(name, retained, ms))
        _take(probe, heard, topics[name], payload)


def _take(probe: MqttProbe, heard: HeardTopic, plan: TopicPlan, payload: bytes) -> None:
    heard.count += 1
    heard.bytes = len(payload)
    try:
        said = decode(plan, payload)
        heard.error = said.remark
    except PayloadError as error:
        heard.error = str(error)
        return
    raws = _raws(plan, payload)
    for name, value in said.values.items():
        spec = probe.profile.kind.point(name)
        reason = said.reasons.get(name)
        point = probe.profile.points.get(name)
        if reason is None and spec is not None:
            limits = (point.mapping.range if point else None) or spec.range
            reason = Reason.OUT_OF_RANGE if _is_beyond(value, limits) else None
        unit = spec.unit if spec is not None else ""
        raw = raws.get(name, ABSENT)
        probe.points[name] = HeardPoint(value, unit, quality_of(reason), reason, raw)


def _is_beyond(value: Value, limits: tuple[float, float] | None) -> bool:
    if limits is None or value is None or isinstance(value, bool | str):
        return False
    return not limits[0] <= value <= limits[1]


def _raws(plan: TopicPlan, payload: bytes) -> Mapping[str, object]:
    """Point to the piece of the payload it was read from."""
    data = read_payload(plan, payload)
    found: dict[str, object] = {}
    for reading in plan.readings:
        raw = data if plan.payload is Payload.SCALAR else reading.get(data)
        for name in reading.point.mapping.bits.values() or (reading.point.name,):
            found[name] = raw
    return found


def _judged(probe: MqttProbe, topic: str, seconds: float) -> MqttProbe:
    """The probe with every point of the profile in its order.

    Raises:
        ProbeError: nothing was heard, or nothing understood.
    """
    if not probe.requests:
        raise ProbeError(f"nothing was heard on {topic} in {seconds:g} s.")
    if not probe.points:
        errors = {heard.error for heard in probe.requests.values() if heard.error}
        why = "; ".join(sorted(errors)) or "no message holds a point of the profile"
        raise ProbeError(f"nothing on {topic} was understood: {why}.")
    kind, heard = probe.profile.kind, probe.points
    probe.points = {}
    for point in probe.profile.points.values():
        for name in point.mapping.bits.values() or (point.name,):
            spec = kind.point(name)
            silent = HeardPoint(
                None, spec.unit if spec else "", ProbeQuality.MISSING, Reason.NO_ANSWER
            )
            probe.points[name] = heard.get(name, silent)
    return probe


def shown(raw: object) -> str:
    """A piece of a payload in one line, for people."""
    text = "" if raw is ABSENT else json.dumps(raw, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
