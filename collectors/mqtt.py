"""MQTT: one line a broker, QoS 1, acknowledged only after the samples are durable.

Order per device is kept: one queue in, one batch at a time out. What is not acknowledged when the
line or the machine dies comes again, because the session is persistent.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from collectors.driver import (
    CollectorsError,
    DeviceHealth,
    Driver,
    Line,
    LineHealth,
    Wiring,
)
from collectors.mqtt_inbox import Incoming
from collectors.mqtt_profile import SCHEMA
from collectors.mqtt_session import DROPPED_TOPIC, Session
from collectors.mqtt_settings import BrokerSettings, read_settings
from collectors.payload import NOT_MEANT, PayloadError
from collectors.sample import Reason, Sample
from collectors.topics import DevicePoints, Route, Routes, build_routes
from device_configs.estate import Device
from records.engine import RecordsError

_LOG = logging.getLogger(__name__)
_BATCH = 2000
"""Most messages that share one append. It bounds how long a safety message can wait for one."""
_CHUNK = 100
"""Messages decoded before the event loop gets its turn."""
_SHORT = 512
"""Longest payload that is kept whole to be known again. [bytes]"""
_IDLE_S = 1.0
_CLOSE_S = 5.0
_LETTERS_S = 10.0
"""How long the dead letters of one batch may take together. [s]"""
_LETTERS_LOGGED = 20
_LOGGED_BYTES = 1000
_LONGEST = 1024 * 1024
"""A longer payload is kept as a dead letter: no device has that much to say. [bytes]"""
_TOPIC_LOGGED = 200
_UNKNOWN_NAMED = 20
"""Topics of no device that are named in the log, each once."""


COUNTERS = (
    "messages", "acked", "dead_letters", "dead_letters_not_kept", "unknown_topics", "empty",
    "retained_known", "broker_reports", "broker_dropped", "duplicates", "reconnects",
    "dropped_qos0", "pauses", "other_documents", "repeats_known", "sessions_lost",
)  # fmt: skip
"""What a line counts since its start; `queue` and `refused_subscriptions` are of the moment."""


class SinkTimeoutError(CollectorsError):
    """The samples did not become durable in time; nothing of them was acknowledged."""


@dataclass
class _Heard:
    """What is known of one device's presence."""

    last_answer_at: int | None = None
    failures: int = 0
    reason: str | None = None
    absent_by: set[str] = field(default_factory=set)
    """The availability topics that say that the device is offline."""


class MqttLine:
    """All MQTT devices of one broker."""

    def __init__(self, routes: Routes, settings: BrokerSettings, wiring: Wiring) -> None:
        self._routes = routes
        self._settings = settings
        self._wiring = wiring
        self._session: Session | None = None
        self._counters: Counter[str] = Counter(dict.fromkeys(COUNTERS, 0))
        self._heard = {
            route.points.device: _Heard() for each in routes.by_topic.values() for route in each
        }
        self._newest: dict[str, bytes] = {}
        """Topic to the mark of the newest payload that came live since `run` began."""
        self._stored: dict[int, Incoming] = {}
        """Packet id to a message that is durable and could not be acknowledged."""
        self._sessions_lost = 0
        self._unknown_topics: set[str] = set()
        self._broker_dropped: int | None = None

    @property
    def name(self) -> str:
        """`mqtt[127.0.0.1:1883]`."""
        return f"mqtt[{self._settings.host}:{self._settings.port}]"

    async def run(self) -> None:
        """Collect until cancelled.

        Raises:
            CollectorsError: the sink or the network thread failed; what was not acknowledged comes
                again when the line is started again.
        """
        session = Session(
            self._settings,
            self._routes.filters,
            self._routes.safety_topics,
            self._wiring.now_ms,
        )
        self._session = session
        # What came before may not have been stored: nothing may be taken for known because of it.
        self._newest.clear()
        self._stored.clear()
        self._sessions_lost = 0
        session.open()
        try:
            while True:
                batch = await session.inbox.take(_BATCH, _IDLE_S)
                if batch:
                    await self._handle(batch)
                    self._acknowledge(session, batch)
                else:
                    session.check_thread()
        finally:
            self._session = None
            self._add_up(session)
            await session.close(_CLOSE_S)

    def _acknowledge(self, session: Session, batch: Sequence[Incoming]) -> None:
        again = session.ack(batch)
        self._counters["acked"] += sum(1 for message in batch if message.qos) - len(again)
        for message in again:
            self._stored[message.mid] = message

    def _is_stored(self, message: Incoming) -> bool:
        """Whether a message is durable, could not be acknowledged and now comes again.

        The broker repeats it under the same packet id (MQTT 3.1.1, section 4.4).
        """
        lost = self._session.sessions_lost if self._session is not None else 0
        if lost != self._sessions_lost:
            # With the session the broker has forgotten its packet ids: they begin anew.
            self._sessions_lost = lost
            self._stored.clear()
        known = self._stored.pop(message.mid, None)
        if known is None or not message.dup:
            return False
        return (known.topic, known.payload) == (message.topic, message.payload)

    async def _handle(self, batch: Sequence[Incoming]) -> None:
        samples: list[Sample] = []
        letters: list[tuple[Incoming, str]] = []
        for start in range(0, len(batch), _CHUNK):
            for message in batch[start : start + _CHUNK]:
                self._read(message, samples, letters)
            await asyncio.sleep(0)
        if samples:
            try:
                async with asyncio.timeout(self._settings.append_timeout_s):
                    await self._wiring.sink.append(samples)
            except TimeoutError as error:
                late = f"{self.name}: the samples did not become durable in time"
                raise SinkTimeoutError(late) from error
        if letters:
            await self._keep(letters)

    async def _keep(self, letters: Sequence[tuple[Incoming, str]]) -> None:
        """Keep the messages of a batch that were not understood; where that fails, in the log.

        They are acknowledged in any case: sent again and again they would hold up the alarms behind
        them. So would a database that hangs: all of a batch share one time-out.
        """
        self._counters["dead_letters"] += len(letters)
        kept = 0
        try:
            async with asyncio.timeout(_LETTERS_S):
                for letter, reason in letters:
                    await self._wiring.dead_letters.keep(letter.topic, letter.payload, reason)
                    kept += 1
        except (RecordsError, TimeoutError) as error:
            left = letters[kept:]
            self._counters["dead_letters_not_kept"] += len(left)
            for letter, reason in left[:_LETTERS_LOGGED]:
                _LOG.error(
                    "%s: a dead letter could not be kept (%s): topic %s, %s, payload %r",
                    self.name,
                    str(error) or "time-out",
                    letter.topic,
                    reason,
                    letter.payload[:_LOGGED_BYTES],
                )
            if len(left) > _LETTERS_LOGGED:
                more = len(left) - _LETTERS_LOGGED
                _LOG.error("%s: %d more dead letters could not be kept", self.name, more)

    def _read(
        self, message: Incoming, samples: list[Sample], letters: list[tuple[Incoming, str]]
    ) -> None:
        if message.topic == DROPPED_TOPIC:
            self._note_dropped(message.payload)
            return
        self._counters["messages"] += 1
        if self._stored and message.qos and self._is_stored(message):
            self._counters["repeats_known"] += 1
            return
        routes = self._routes.by_topic.get(message.topic)
        if routes is None:
            self._note_unknown(message.topic)
            return
        if not message.payload:
            # An empty retained message only deletes what the broker kept.
            self._counters["empty"] += 1
            return
        if len(message.payload) > _LONGEST:
            letters.append((message, f"is longer than {_LONGEST} bytes"))
            return
        if not message.retain:
            self._newest[message.topic] = _mark(message.payload)
        elif self._newest.get(message.topic) == _mark(message.payload):
            # Kept by the broker and sent once more at a reconnect: we have it, and know its age.
            self._counters["retained_known"] += 1
            return
        reasons = [
            reason for route in routes if (reason := self._read_route(route, message, samples))
        ]
        if reasons:
            letters.append((message, "; ".join(dict.fromkeys(reasons))))

    def _read_route(self, route: Route, message: Incoming, samples: list[Sample]) -> str | None:
        """Add the samples of one device; returns the reason where something was not understood."""
        points, heard = route.points, self._heard[route.points.device]
        remark: str | None = None
        known: tuple[str, ...] = ()
        if route.plan is not None:
            try:
                decoded = route.decode(message.payload)
            except PayloadError as error:
                heard.failures += 1
                heard.reason = Reason.GARBLED
                return f"{points.device}: {error}"
            if decoded is NOT_MEANT:
                self._counters["other_documents"] += 1
            remark = decoded.remark and f"{points.device}: {decoded.remark}"
            known = tuple(decoded.values)
            samples += points.samples(decoded, message.received_at, message.retain)
            if route.word is None:
                self._answered(heard, message, points, samples)
        if route.word is not None:
            try:
                online = route.word.is_online(message.payload)
            except PayloadError as error:
                return f"{points.device}: {error}"
            self._present(heard, message, points, samples, online=online, known=known)
        return remark

    def _answered(
        self, heard: _Heard, message: Incoming, points: DevicePoints, samples: list[Sample]
    ) -> None:
        if message.retain:
            if heard.absent_by:
                # What the broker kept must not make a device look live that is known to be gone.
                samples += points.offline(message.received_at)
            return
        heard.absent_by.clear()
        heard.last_answer_at, heard.failures, heard.reason = message.received_at, 0, None

    def _present(
        self,
        heard: _Heard,
        message: Incoming,
        points: DevicePoints,
        samples: list[Sample],
        *,
        online: bool,
        known: Sequence[str],
    ) -> None:
        if online:
            heard.absent_by.discard(message.topic)
            if not heard.absent_by and heard.reason == Reason.OFFLINE:
                heard.reason = None
            if known and not message.retain:
                heard.last_answer_at, heard.failures = message.received_at, 0
            return
        heard.absent_by.add(message.topic)
        heard.failures += 1
        heard.reason = Reason.OFFLINE
        samples += points.offline(message.received_at, known)

    def _note_unknown(self, topic: str) -> None:
        """Count a message on a topic of no device, and name the topic once."""
        self._counters["unknown_topics"] += 1
        if len(self._unknown_topics) < _UNKNOWN_NAMED and topic not in self._unknown_topics:
            self._unknown_topics.add(topic)
            _LOG.warning("%s: no device has the topic %r", self.name, topic[:_TOPIC_LOGGED])

    def _note_dropped(self, payload: bytes) -> None:
        """Count what the broker has dropped since we first looked, over its restarts."""
        if not payload.isdigit() or len(payload) > 18:
            return
        total = int(payload)
        before = total if self._broker_dropped is None else self._broker_dropped
        self._broker_dropped = total
        lost = total - before if total >= before else total
        self._counters["broker_reports"] += 1
        self._counters["broker_dropped"] += lost
        if lost:
            _LOG.error("%s: the broker has dropped %d messages", self.name, lost)

    def _add_up(self, session: Session) -> None:
        """Keep the counts of a session that ends."""
        for name, count in _session_counters(session).items():
            self._counters[name] += count

    def health(self) -> LineHealth:
        """The present state; the devices' too."""
        session = self._session
        counters = dict(self._counters) | {"queue": 0, "refused_subscriptions": 0}
        ready = session is not None and session.is_ready
        if session is not None:
            for name, count in _session_counters(session).items():
                counters[name] += count
            counters["queue"] = len(session.inbox)
            counters["refused_subscriptions"] = len(session.refused_filters)
        devices = [_device_health(name, heard, ready) for name, heard in self._heard.items()]
        return LineHealth(self.name, ready, devices, counters)


def _mark(payload: bytes) -> bytes:
    """What a payload is known by: itself where it is short, else a digest of fixed length."""
    return payload if len(payload) <= _SHORT else blake2b(payload, digest_size=16).digest()


def _session_counters(session: Session) -> dict[str, int]:
    return {
        "duplicates": session.redelivered,
        "reconnects": max(0, session.connections - 1),
        "dropped_qos0": session.inbox.dropped,
        "pauses": session.inbox.waits,
        "sessions_lost": session.sessions_lost,
    }


def _device_health(device: str, heard: _Heard, ready: bool) -> DeviceHealth:
    reason = heard.reason
    connected: bool | None = None
    if not ready:
        connected, reason = False, reason or Reason.NO_ANSWER
    elif heard.absent_by:
        connected = False
    elif heard.last_answer_at is not None:
        connected = True
    return DeviceHealth(device, connected, heard.last_answer_at, heard.failures, reason)


def _open(devices: Sequence[Device], wiring: Wiring) -> Sequence[Line]:
    """One line for the broker of the settings.

    Raises:
        CollectorsError: the settings or a profile are wrong.
    """
    if not devices:
        return ()
    return (MqttLine(build_routes(devices), read_settings(wiring.settings), wiring),)


DRIVER = Driver((SCHEMA,), _open)
