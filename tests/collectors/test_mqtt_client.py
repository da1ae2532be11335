"""The client's own way of reading gives the messages that paho gives."""

import random
import socket
import struct
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from collectors.mqtt_client import Publish, ReadAheadClient, ReadAheadSocket
from tests.brokers import Broker, broker, publisher

__all__ = ["broker"]


def packet(message: Publish, properties: bytes | None = None) -> bytes:
    """Write a PUBLISH packet (MQTT 3.1.1, section 3.3; MQTT 5 where there are properties)."""
    body = struct.pack("!H", len(message.topic)) + message.topic
    body += struct.pack("!H", message.mid) if message.qos else b""
    body += b"" if properties is None else length(len(properties)) + properties
    first = 0x30 | message.dup << 3 | message.qos << 1 | message.retain
    return bytes([first]) + length(len(body + message.payload)) + body + message.payload


def length(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (128 if number else 0))
        if not number:
            return bytes(digits)


messages = st.builds(
    lambda topic, payload, mid, retain, dup: Publish(
        topic, payload, mid, 1 if mid else 0, retain, dup
    ),
    st.binary(max_size=20),
    st.binary(max_size=300),
    st.integers(0, 65_535),
    st.booleans(),
    st.booleans(),
)


@given(
    sent=st.lists(messages, min_size=1),
    properties=st.none() | st.binary(max_size=300),
    seed=st.integers(0, 1000),
)
def test_messages_are_the_same_however_the_network_cuts_them(
    sent: list[Publish], properties: bytes | None, seed: int
) -> None:
    chance = random.Random(seed)
    stream = b"".join(packet(message, properties) for message in sent)
    left, right = socket.socketpair()
    with left, right:
        right.setblocking(False)
        reader = ReadAheadSocket(right, properties=properties is not None)
        got: list[Publish] = []
        while stream:
            size = chance.randint(1, 400)
            left.sendall(stream[:size])
            stream = stream[size:]
            reader.fill()
            while (front := reader.front()) is not None:
                published = reader.publish(front)
                assert published is not None
                got.append(published)
            assert reader.pending() == 0
        assert got == sent


@pytest.mark.parametrize("properties", [False, True])
@given(data=st.binary(max_size=40))
def test_whatever_comes_is_a_message_or_left_to_paho(data: bytes, properties: bool) -> None:
    left, right = socket.socketpair()
    with left, right:
        right.setblocking(False)
        reader = ReadAheadSocket(right, properties=properties)
        left.sendall(data)
        left.close()
        got = b""
        for _ in range(3):
            reader.fill()
        while (front := reader.front()) is not None:
            if reader.publish(front) is None:
                reader.release(front.end)
                rest = reader.recv(100)
                assert rest
                got += rest
        assert reader.failed
        assert reader.recv(100) == b""


def test_a_long_packet_is_joined_once() -> None:
    """Copying all that came at each reading would take minutes for the longest packet of MQTT."""
    message = Publish(b"t", bytes(range(256)) * 4096, 1, 1, False, False)
    stream = packet(message) * 2
    left, right = socket.socketpair()
    with left, right:
        right.setblocking(False)
        reader, got, joins = ReadAheadSocket(right), [], 0
        while stream:
            stream = stream[left.send(stream[:65_536]) :]
            before = reader._data
            reader.fill()
            joins += reader._data is not before
            while (front := reader.front()) is not None:
                got.append(reader.publish(front))
    assert got == [message, message]
    assert joins <= 4


def test_after_a_wait_the_keep_alive_gets_its_turn() -> None:
    """Else a full inbox would hold up acknowledgements and pings until the broker hangs up."""
    message = Publish(b"t", b"p", 1, 1, False, False)
    left, right = socket.socketpair()
    with left, right:
        right.setblocking(False)
        client = ReadAheadClient(CallbackAPIVersion.VERSION2, manual_ack=True)
        got: list[Publish] = []

        def deliver(one: Publish) -> bool:
            got.append(one)
            return len(got) % 2 == 0

        client.deliver = deliver
        client._sock = ReadAheadSocket(right)
        left.sendall(packet(message) * 5)
        for delivered in (2, 4, 5):
            client.loop_read()
            assert len(got) == delivered
        client._sock = None


def test_half_a_packet_is_not_given_to_paho() -> None:
    left, right = socket.socketpair()
    with left, right:
        right.setblocking(False)
        reader = ReadAheadSocket(right)
        left.sendall(b"\xd0\x00\x90")
        reader.fill()
        front = reader.front()
        assert front is not None
        reader.release(front.end)
        assert reader.recv(1) == b"\xd0"
        assert reader.recv(9) == b"\x00"
        assert reader.front() is None
        try:
            reader.recv(1)
        except BlockingIOError:
            return
        raise AssertionError("paho was given the beginning of a packet")


def test_a_batch_of_acknowledgements_is_taken_by_the_broker(broker: Broker) -> None:
    """The private parts of paho that this leans on are still there, and do what they did."""
    first = take(broker, acknowledge=300, of=500)
    assert len(first) == 500
    assert take(broker, acknowledge=200, of=200) == first[300:]
    assert take(broker, acknowledge=0, of=0) == []


def take(broker: Broker, acknowledge: int, of: int) -> list[bytes]:
    """Receive `of` messages of one persistent session; acknowledge the first ones."""
    got: list[bytes] = []
    mids: list[int] = []

    def deliver(message: Publish) -> bool:
        got.append(message.payload)
        mids.append(message.mid)
        return False

    client = ReadAheadClient(
        CallbackAPIVersion.VERSION2, client_id="taker", clean_session=False, manual_ack=True
    )
    client.deliver = deliver
    ready: list[object] = []
    client.on_subscribe = lambda *_: ready.append(1)
    client.connect("127.0.0.1", broker.port)
    client.subscribe("t", qos=1)
    client.loop_start()
    wait_for(lambda: bool(ready))
    assert isinstance(client.socket(), ReadAheadSocket)
    if of == 500:
        with publisher(broker) as device:
            device.publish_all([("t", b"%d" % n) for n in range(of)])
    wait_for(lambda: len(got) >= of)
    client.ack_all(mids[:acknowledge])
    left = broker.farewells("taker")
    client.disconnect()
    client.loop_stop()
    wait_for(lambda: broker.farewells("taker") > left)
    return got


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
