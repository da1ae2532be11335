"""The connection to one broker: a persistent session of paho-mqtt with acknowledgement by hand.

paho's network thread fills the inbox; the event loop empties it and acknowledges. paho's callbacks
run in its thread and do nothing that can fail.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from collectors.driver import CollectorsError
from collectors.mqtt_client import Publish, ReadAheadClient, introduce
from collectors.mqtt_inbox import Inbox, Incoming
from collectors.mqtt_settings import BrokerSettings

_LOG = logging.getLogger(__name__)
_SUBSCRIBE_AT_ONCE = 100
"""Filters in one SUBSCRIBE packet."""
_SHORT_S = 10
"""A connection that lived less was lost at once. [s]"""
_SHORT_SAID = 4
"""So many of those in a row are said, and then waited for longer each time."""
_TOLD_LIMIT = 200
"""Most of a broker's own words that are logged. [characters]"""
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
"""Where mosquitto counts what it dropped, since its start (mosquitto(8), 'Broker status')."""


_properties: Callable[[int], Any] = Properties
"""paho's class, whose constructor has no types."""


class NetworkThreadError(CollectorsError):
    """The network thread of the session has ended by itself."""


class Session:
    """One connection to a broker at a time, made again by itself, in one lasting session."""

    def __init__(
        self,
        settings: BrokerSettings,
        filters: Sequence[str],
        safety_topics: frozenset[str],
        now_ms: Callable[[], int],
    ) -> None:
        self.inbox = Inbox(
            settings.max_inflight, settings.max_inflight_bytes, settings.keepalive_s / 3
        )
        self.redelivered = 0
        """Messages that came with the broker's mark of a second delivery."""
        self.connections = 0
        """Connections that were accepted so far; the newest one's number."""
        self.sessions_lost = 0
        """Reconnects at which the broker had forgotten the session, and with it what was queued."""
        self.refused_filters: frozenset[str] = frozenset()
        """Subscriptions that the broker refused."""
        self._settings = settings
        self._filters = filters
        self._safety_topics = safety_topics
        self._now_ms = now_ms
        self._asked: dict[int, Sequence[str]] = {}
        self._connected = False
        self._said_lost = False
        self._connected_at = 0.0
        self._short_lived = 0
        """Connections in a row that were lost almost at once."""
        self._acks = threading.Lock()
        self._client = self._new_client()

    def _new_client(self) -> ReadAheadClient:
        settings = self._settings
        is_5 = settings.protocol == "5"
        client = ReadAheadClient(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if is_5 else False,
            protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        client.connect_timeout = settings.connect_timeout_s
        client.reconnect_delay_set(1, settings.retry_s)
        introduce(client, settings)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.deliver = self._deliver
        return client

    @property
    def broker(self) -> str:
        """The broker as it is named in messages: `127.0.0.1:1883`."""
        return f"{self._settings.host}:{self._settings.port}"

    @property
    def is_ready(self) -> bool:
        """Whether the connection stands and the broker has answered every subscription."""
        return self._connected and not self._asked

    def open(self) -> None:
        """Start the network thread, which connects and keeps connecting."""
        settings, client = self._settings, self._client
        if settings.protocol == "5":
            wanted = _properties(PacketTypes.CONNECT)
            wanted.SessionExpiryInterval = settings.session_expiry_s
            wanted.ReceiveMaximum = settings.max_inflight
            client.connect_async(
                settings.host,
                settings.port,
                settings.keepalive_s,
                clean_start=False,
                properties=wanted,
            )
        else:
            client.connect_async(settings.host, settings.port, settings.keepalive_s)
        client.loop_start()

    def check_thread(self) -> None:
        """Make sure that the network thread lives.

        Raises:
            NetworkThreadError: it ended by itself, so that nothing more would ever come.
        """
        name = f"paho-mqtt-client-{self._settings.client_id}"
        if not any(thread.name == name for thread in threading.enumerate()):
            raise NetworkThreadError(f"the network thread of broker {self.broker} has ended")

    async def close(self, timeout: float) -> None:
        """Leave the broker; the session and what is unacknowledged in it stay there."""
        self.inbox.close()
        self._client.disconnect()
        try:
            await asyncio.wait_for(asyncio.to_thread(self._client.loop_stop), timeout)
        except TimeoutError:
            _LOG.warning("the network thread of broker %s did not end in time", self.broker)

    def ack(self, messages: Sequence[Incoming]) -> Sequence[Incoming]:
        """Acknowledge messages; returns those that could not be, which come again."""
        # The lock holds back a reconnect: a packet id means nothing on another connection, where
        # it could stand for a message that has not been handled.
        with self._acks:
            if not self._connected:
                return [m for m in messages if m.qos]
            mids = [m.mid for m in messages if m.qos and m.connection == self.connections]
            self._client.ack_all(mids)
            return [m for m in messages if m.qos and m.connection != self.connections]

    # In paho's network thread.

    def _on_connect(
        self,
        client: Client,
        userdata: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._lost(f"refuses us: {told(reason, properties)}")
            return
        _LOG.info("connected to broker %s, session kept: %s", self.broker, flags.session_present)
        self._said_lost = self._short_lived >= _SHORT_SAID
        self._connected_at = time.monotonic()
        if self.connections and not flags.session_present:
            self.sessions_lost += 1
            _LOG.error("broker %s has forgotten our session and what waited in it", self.broker)
        self._subscribe(client)
        with self._acks:
            self.connections += 1
            self._connected = True

    def _subscribe(self, client: Client) -> None:
        self._asked = {}
        self.refused_filters = frozenset()
        for start in range(0, len(self._filters), _SUBSCRIBE_AT_ONCE):
            some = self._filters[start : start + _SUBSCRIBE_AT_ONCE]
            _, mid = client.subscribe([(name, self._quality(1)) for name in some])
            if mid is not None:
                self._asked[mid] = some
        if self._settings.watch_dropped:
            client.subscribe([(DROPPED_TOPIC, self._quality(0))])

    def _quality(self, qos: int) -> Any:
        """A quality of service as paho wants it: MQTT 5 has options beside it."""
        return SubscribeOptions(qos=qos) if self._settings.protocol == "5" else qos

    def _on_subscribe(
        self,
        client: Client,
        userdata: object,
        mid: int,
        reasons: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        asked = self._asked.pop(mid, ())
        answers = zip(asked, reasons, strict=False)
        refused = {name: str(reason) for name, reason in answers if reason.is_failure}
        if refused:
            self.refused_filters |= set(refused)
            _LOG.error(
                "broker %s refuses our subscriptions to %s: nothing is heard of their devices (%s)",
                self.broker,
                ", ".join(sorted(refused)),
                told(" / ".join(sorted(set(refused.values()))), properties),
            )

    def _on_connect_fail(self, client: Client, userdata: object) -> None:
        self._lost(f"cannot be reached: {self._client.failure}")

    def _on_disconnect(
        self,
        client: Client,
        userdata: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        with self._acks:
            was_connected, self._connected = self._connected, False
        if not reason.is_failure:
            return
        if was_connected:
            self._pace(time.monotonic() - self._connected_at)
        self._lost(f"was lost: {told(reason, properties)}")

    def _pace(self, lived_s: float) -> None:
        """Wait longer where connections are accepted and lost again at once.

        Else two clients of one id would push each other out every second, each time with everything
        that is unacknowledged sent once more.
        """
        self._short_lived = self._short_lived + 1 if lived_s < _SHORT_S else 0
        longest = self._settings.retry_s
        pause = 2 ** max(0, min(self._short_lived - _SHORT_SAID, 12))
        self._client.reconnect_delay_set(min(pause, longest), longest)
        if self._short_lived == _SHORT_SAID:
            _LOG.error(
                "broker %s ends every connection within %d s; is another client called %r?",
                self.broker,
                _SHORT_S,
                self._settings.client_id,
            )

    def _lost(self, why: str) -> None:
        if not self._said_lost:
            self._said_lost = True
            _LOG.error("broker %s %s; trying again until it answers", self.broker, why)

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic.encode()
        except UnicodeDecodeError:
            topic = b"\xff"
        payload = bytes(message.payload)
        self._deliver(
            Publish(topic, payload, message.mid, message.qos, message.retain, message.dup)
        )

    def _deliver(self, message: Publish) -> bool:
        topic_bytes, payload, mid, qos, retain, dup = message
        self.redelivered += dup
        topic = topic_bytes.decode(errors="replace")
        return self.inbox.put(
            Incoming(topic, payload, self._now_ms(), mid, qos, retain, self.connections, dup),
            safety=topic in self._safety_topics,
        )


def told(reason: object, properties: object) -> str:
    """A reason with what the broker says of it itself (MQTT 5, 'Reason String')."""
    words = getattr(properties, "ReasonString", "")
    shown = "".join(c if c.isprintable() else "?" for c in str(words)[:_TOLD_LIMIT])
    return f"{reason} ({shown})" if shown else str(reason)
