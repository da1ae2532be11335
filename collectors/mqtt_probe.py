"""Listens to one MQTT device for a while and says all that it heard. It publishes nothing.

The session is its own and clean: what sitewatch has subscribed to, and what waits for it, is not
touched.
"""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from collectors.json_path import ABSENT
from collectors.mqtt_profile import CHANNEL, Payload, address_of, below
from collectors.mqtt_session import told
from collectors.mqtt_settings import BrokerSettings, tls_context
from collectors.payload import PayloadError, decode, plans, read_payload
from collectors.payload_plan import TopicPlan
from collectors.probe import ProbeError, ProbeQuality, UnknownProtocolError, quality_of
from collectors.sample import Reason, Value
from device_configs.profile import Profile

_HEARD_MOST = 10_000
"""Messages that one probe looks at."""
_END = ("", b"", False)
"""What is heard when nothing more will be."""


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


class _Ear:
    """The client; paho's callbacks run in its thread and hand over to the event loop."""

    def __init__(self, settings: BrokerSettings, topics: Mapping[str, TopicPlan]) -> None:
        self.heard: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue(_HEARD_MOST)
        self.refused = ""
        """Why the broker does not let us listen."""
        self._topics = topics
        self._loop = asyncio.get_running_loop()
        is_5 = settings.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"sitewatch-probe-{uuid.uuid4().hex[:8]}",
            clean_session=None if is_5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = settings.connect_timeout_s
        credentials = settings.credentials()
        if credentials is not None:
            client.username_pw_set(*credentials)
        if settings.tls:
            client.tls_set_context(tls_context(settings))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client, self._settings = client, settings

    def open(self) -> None:
        """Connect; blocks until the broker's socket is there."""
        settings = self._settings
        self._client.connect(settings.host, settings.port, settings.keepalive_s)
        self._client.loop_start()

    def close(self) -> None:
        """Leave the broker, which forgets the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: Client, data: object, flags: object, reason: ReasonCode, properties: object
    ) -> None:
        if reason.is_failure:
            self._refuse(f"refuses us: {told(reason, properties)}")
            return
        for topic in self._topics:
            client.subscribe(topic, qos=1)

    def _on_disconnect(
        self, client: Client, data: object, flags: object, reason: ReasonCode, properties: object
    ) -> None:
        if reason.is_failure:
            self._refuse(f"ended the connection: {told(reason, properties)}")

    def _on_subscribe(
        self,
        client: Client,
        data: object,
        mid: int,
        reasons: list[ReasonCode],
        properties: object,
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._refuse(f"refuses the subscription: {told(reason, properties)}")

    def _on_message(self, client: Client, data: object, message: MQTTMessage) -> None:
        heard = (message.topic, bytes(message.payload), message.retain)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._put, heard)

    def _put(self, heard: tuple[str, bytes, bool]) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self.heard.put_nowait(heard)

    def _refuse(self, why: str) -> None:
        self.refused = self.refused or why
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._put, _END)


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
    firsts = {
        address_of(point).topic.replace(CHANNEL, str(channel)) for point in profile.points.values()
    }
    # An event comes when there is one, and a further place of a point is where others ask for it.
    awaited = {below(topic, name) for name, plan in found.items() if plan.readings} & {
        below(topic, name) for name in firsts
    }
    broker = f"{settings.host}:{settings.port}"
    probe = MqttProbe(profile)
    ear = _Ear(settings, topics)
    started = time.perf_counter()
    try:
        await asyncio.to_thread(ear.open)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _listen(ear, probe, topics, awaited, started)
    except OSError as error:
        raise ProbeError(f"the broker {broker} cannot be reached: {error}.") from error
    finally:
        await asyncio.to_thread(ear.close)
    if ear.refused:
        raise ProbeError(f"the broker {broker} {ear.refused}.")
    return _judged(probe, topic, seconds)


async def _listen(
    ear: _Ear,
    probe: MqttProbe,
    topics: Mapping[str, TopicPlan],
    awaited: set[str],
    started: float,
) -> None:
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
