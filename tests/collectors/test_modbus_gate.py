"""What the gate lets in: the answer to the open request, and nothing that only resembles it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.modbus_gate import RtuGate, TcpGate, WriteRefusedError
from tests.replay_server import crc

NOISE = st.binary(max_size=40)
COUNTS = st.integers(1, 60)


def rtu(body: bytes) -> bytes:
    return body + crc(body)


def rtu_request(unit: int, function: int, address: int, count: int) -> bytes:
    return rtu(bytes([unit, function]) + address.to_bytes(2, "big") + count.to_bytes(2, "big"))


def size_of(function: int, count: int) -> int:
    return 2 * count if function in (3, 4) else (count + 7) // 8


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A request and its right answer, in RTU framing."""
    unit, function, count = draw(st.integers(1, 247)), draw(st.integers(1, 4)), draw(COUNTS)
    size = size_of(function, count)
    data = draw(st.binary(min_size=size, max_size=size))
    request = rtu_request(unit, function, draw(st.integers(0, 60_000)), count)
    return request, rtu(bytes([unit, function, size]) + data)


@given(exchanges(), NOISE, NOISE)
def test_an_answer_is_found_in_noise(
    exchange: tuple[bytes, bytes], before: bytes, after: bytes
) -> None:
    request, answer = exchange
    gate = RtuGate()
    assert gate.packet(True, request) == request
    assert gate.packet(False, before + answer + after) == answer


@given(exchanges(), st.data())
def test_a_damaged_answer_is_none(exchange: tuple[bytes, bytes], data: st.DataObject) -> None:
    request, answer = exchange
    at = data.draw(st.integers(0, len(answer) - 1))
    damaged = bytearray(answer)
    damaged[at] ^= data.draw(st.integers(1, 255))
    gate = RtuGate()
    gate.packet(True, request)
    assert gate.packet(False, bytes(damaged)) == b""
    assert gate.suspect is not None
    assert gate.packet(False, answer[: data.draw(st.integers(0, len(answer) - 1))]) == b""


@given(exchanges(), exchanges())
def test_the_answer_to_another_request_is_none(
    one: tuple[bytes, bytes], other: tuple[bytes, bytes]
) -> None:
    gate = RtuGate()
    gate.packet(True, one[0])
    if one[1][:3] != other[1][:3]:
        assert gate.packet(False, other[1]) == b""
    gate.end()
    assert gate.packet(False, one[1]) == b"", "what comes when nothing is asked is dropped"


@given(exchanges(), st.integers(1, 11))
def test_a_refusal_is_an_answer(exchange: tuple[bytes, bytes], code: int) -> None:
    request, _ = exchange
    refusal = rtu(bytes([request[0], request[1] | 0x80, code]))
    gate = RtuGate()
    gate.packet(True, request)
    assert gate.packet(False, b"\x00" + refusal) == refusal


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_anything_may_come(data: bytes, more: bytes) -> None:
    for gate, request in (
        (RtuGate(), rtu_request(1, 3, 0, 2)),
        (TcpGate(), bytes.fromhex("00070000000601030000 0002")),
    ):
        gate.packet(True, request)
        for piece in (data, data + more):
            passed = gate.packet(False, piece)
            assert passed == b"" or passed in piece


@pytest.mark.parametrize("function", [0, *range(5, 256)])
def test_no_write_leaves_either_gate(function: int) -> None:
    with pytest.raises(WriteRefusedError):
        TcpGate().packet(True, bytes([0, 1, 0, 0, 0, 6, 1, function, 0, 0, 0, 1]))
    with pytest.raises(WriteRefusedError):
        RtuGate().packet(True, rtu(bytes([1, function, 0, 0, 0, 1])))
