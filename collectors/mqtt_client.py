"""paho-mqtt's client, with its own way of taking messages from the socket.

paho takes each packet from the socket in four reads, waits for the socket again before the next
one, and carries a message through its queues and filters. Each read gives the interpreter's lock to
another thread and must win it back. Here what has come is read at once, PUBLISH packets of QoS 0
and 1 are taken from the buffer directly, and all other packets go to paho as they always did.
A batch of acknowledgements leaves as one write.
"""

import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

from collectors.mqtt_settings import BrokerSettings, tls_context

_READ_AHEAD = 65_536
"""Bytes asked of the socket at once."""
_PACKETS_AT_ONCE = 500
"""Packets taken from the buffer before writing and the keep-alive get their turn."""
_PUBACK = struct.Struct("!BBH")
"""Packet type 4, remaining length 2, packet identifier (MQTT 3.1.1, section 3.4); in MQTT 5 the
same packet says success (section 3.4.2.1)."""
_SHORT = struct.Struct("!H")
_PUBLISH = 0x30
"""Packet type 3 in the upper four bits of the first byte (MQTT 3.1.1, section 3.3)."""


def introduce(client: Client, settings: BrokerSettings) -> None:
    """Give a client the account and the encryption that the settings name.

    Raises:
        BrokerSettingsError: a file of them cannot be read.
    """
    credentials = settings.credentials()
    if credentials is not None:
        client.username_pw_set(*credentials)
    if settings.tls:
        client.tls_set_context(tls_context(settings))


class Publish(NamedTuple):
    """A PUBLISH packet of QoS 0 or 1."""

    topic: bytes
    payload: bytes
    mid: int
    """0 for QoS 0."""
    qos: int
    retain: bool
    dup: bool


class Front(NamedTuple):
    """The first packet of the buffer, whole."""

    first: int
    """Its first byte: type and flags."""
    body: int
    """Where what follows its length begins."""
    end: int


class ReadAheadSocket:
    """A connected socket that is read ahead of paho.

    Once `fill` was called, `recv` gives no byte of a packet that was not released to paho, so that
    it never holds half a packet.
    """

    def __init__(self, connected: socket.socket, *, properties: bool = False) -> None:
        self._socket = connected
        self._properties = properties
        """Whether a PUBLISH has properties before its payload, as in MQTT 5 (section 3.3.2.3)."""
        self._data = b""
        self._at = 0
        self._parts: list[bytes] = []
        """What came of a packet that is longer than one reading; joined when it is whole."""
        self._missing = 0
        """Bytes of that packet that did not come yet."""
        self._released: int | None = None
        """Up to where paho may read; None while nobody frames packets."""
        self._failure: OSError | None = None
        self._ended = False

    def fill(self) -> None:
        """Read what has come; what the socket raises is raised by the next `recv`."""
        try:
            read = self._socket.recv(_READ_AHEAD)
            self._ended = not read
            self._parts.append(read)
            self._missing -= len(read)
            if self._missing <= 0:
                self._data = b"".join([self._data[self._at :], *self._parts])
                self._at, self._missing = 0, 0
                self._parts.clear()
            self._released = self._at
        except BlockingIOError:
            self._released = self._at
        except OSError as error:
            self._failure = error
            self._released = self._at

    def front(self) -> Front | None:
        """The first packet, where it is whole (remaining length: MQTT 3.1.1, section 2.2.3)."""
        data, at, size = self._data, self._at, len(self._data)
        if self._missing > 0:
            return None
        length, shift, place = 0, 0, at + 1
        while place < size:
            digit = data[place]
            length |= (digit & 127) << shift
            place += 1
            if digit < 128:
                end = place + length
                self._missing = max(0, end - size)
                return Front(data[at], place, end) if end <= size else None
            shift += 7
            if shift > 21:
                # Not MQTT: paho is to find out and to end the connection.
                return Front(0, place, size)
        return None

    def publish(self, front: Front) -> Publish | None:
        """Take the first packet if it is a PUBLISH that needs nothing of paho; None if not."""
        first, body, end = front
        qos = first >> 1 & 3
        if first & 0xF0 != _PUBLISH or qos > 1 or end - body < 2:
            return None
        data = self._data
        place = body + 2 + _SHORT.unpack_from(data, body)[0]
        topic = data[body + 2 : place]
        mid = 0
        if place + 2 * qos > end:
            return None
        if qos:
            mid = _SHORT.unpack_from(data, place)[0]
            place += 2
        if self._properties:
            place = _after_properties(data, place)
            if place > end:
                return None
        self._at = end
        return Publish(topic, data[place:end], mid, qos, bool(first & 1), bool(first & 8))

    def release(self, end: int) -> None:
        """Let paho read up to `end`."""
        self._released = end

    @property
    def failed(self) -> bool:
        """Whether the connection has ended or failed."""
        return self._ended or self._failure is not None

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes of what is released to paho; raises what the socket raised."""
        if self._released is None:
            return self._socket.recv(size)
        if self._at < self._released:
            taken = self._data[self._at : min(self._at + size, self._released)]
            self._at += len(taken)
            return taken
        if self._failure is not None:
            raise self._failure
        if self._ended:
            return b""
        raise BlockingIOError

    def pending(self) -> int:
        """How much can be done at once; paho does not wait for the socket while there is some."""
        return len(self._data) - self._at if self.front() is not None else 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


def _after_properties(data: bytes, place: int) -> int:
    """Where the properties end that begin at a place (MQTT 5, sections 1.5.5 and 2.2.2).

    None of them is needed: no alias of a topic is ever asked for.
    """
    length = shift = 0
    while place < len(data) and shift <= 21:
        digit = data[place]
        length |= (digit & 127) << shift
        place += 1
        if digit < 128:
            return place + length
        shift += 7
    return len(data) + 1


class ReadAheadClient(Client):
    """paho's client on a `ReadAheadSocket`."""

    deliver: Callable[[Publish], bool] | None = None
    """Is given each message; without it, and over TLS, paho's `on_message` is. Says whether it had
    to wait: then acknowledgements and the keep-alive get their turn before the next message."""
    failure: str = ""
    """Why the newest attempt to connect failed; paho's callback does not say."""

    def reconnect(self) -> MQTTErrorCode:
        """Connect again, as paho does, and remember why it failed."""
        try:
            return super().reconnect()
        except OSError as error:
            self.failure = str(error)
            raise

    def _create_socket(self) -> Any:
        connected = super()._create_socket()
        # A TLS socket has a buffer of its own, and says itself what is pending.
        if type(connected) is not socket.socket:
            return connected
        return ReadAheadSocket(connected, properties=self.protocol == MQTTProtocolVersion.MQTTv5)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what came, deliver the messages in it and give paho the rest."""
        reader = self._reader()
        if reader is None:
            return super().loop_read(max_packets)
        if reader.front() is None:
            reader.fill()
        for _ in range(_PACKETS_AT_ONCE):
            front = reader.front()
            if front is None:
                break
            published = reader.publish(front) if self.deliver is not None else None
            if published is not None and self.deliver is not None:
                if self.deliver(published):
                    return MQTTErrorCode.MQTT_ERR_SUCCESS
                continue
            reader.release(front.end)
            result = super().loop_read(max_packets)
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS or self._reader() is not reader:
                return result
        if reader.failed and reader.front() is None:
            # paho is told of the end only after everything before it was handled.
            return super().loop_read(max_packets)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _reader(self) -> ReadAheadSocket | None:
        connected: Any = self.socket()
        return connected if isinstance(connected, ReadAheadSocket) else None

    def ack_all(self, mids: Sequence[int]) -> None:
        """Acknowledge QoS 1 messages, as `ack` does for one, with one write for all."""
        if mids:
            packets = b"".join([_PUBACK.pack(0x40, 2, mid) for mid in mids])
            self._packet_queue(0x40, packets, mids[-1], 1)
