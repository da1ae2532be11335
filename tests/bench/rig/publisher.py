"""Publishes to a broker at QoS 1, as fast as it acknowledges or at a rate, for the MQTT bench."""

import socket
import struct
import time

from tests.bench.rig.service import now_ms

DEVICES = 100
_WINDOW = 1000
"""Messages it has unacknowledged at the broker."""
_CHUNK = 100
_ACCEPTED = b"\x20\x02\x00\x00"
_PUBACK = 4
"""Bytes of an acknowledgement."""


def payload(number: int, at_ms: int) -> bytes:
    """Ten points of a lift that is well, with clock and number."""
    return (
        b'{"ts":%d,"seq":%d,"service_mode":1,"car_status":1,"car_direction":%d,"door_zone":false,'
        b'"floor":%d,"door_closed":true,"passenger":true,"speed_mps":%.2f,"alarm_button":false,'
        b'"fault_code":0}' % (at_ms, number, number % 3, number % 24, number % 7 / 4)
    )


def _packet(topic: bytes, body: bytes, mid: int) -> bytes:
    """A PUBLISH packet of QoS 1 (MQTT 3.1.1, section 3.3)."""
    body = struct.pack("!H", len(topic)) + topic + struct.pack("!H", mid) + body
    length = bytearray()
    left = len(body)
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (128 if left else 0))
        if not left:
            return b"\x32" + bytes(length) + body


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = b"bench-publisher"
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack("!H", len(name)) + name
    connection.sendall(b"\x10" + bytes([len(body)]) + body)
    answer = connection.recv(4)
    if answer != _ACCEPTED:
        raise SystemExit(f"the broker refused the publisher: {answer!r}")
    return connection


def publish(port: int, count: int, rate: float = 0.0, devices: int = DEVICES) -> None:
    """Publish so many messages, at most `rate` a second where it is not 0."""
    topics = [f"v1/centre/elevator/lift-{n}/state".encode() for n in range(devices)]
    began, sent, acked = time.perf_counter(), 0, 0
    with _connected(port) as connection:
        while acked < _PUBACK * count:
            if sent < count and sent - acked // _PUBACK < _WINDOW:
                ahead = sent / rate - (time.perf_counter() - began) if rate else 0.0
                if ahead > 0:
                    time.sleep(ahead)
                at_ms, size = now_ms(), min(_CHUNK, count - sent)
                numbers = range(sent, sent + size)
                packets = (
                    _packet(topics[n % devices], payload(n, at_ms), n % 60_000 + 1) for n in numbers
                )
                connection.sendall(b"".join(packets))
                sent += size
            else:
                acked += len(connection.recv(65_536))
