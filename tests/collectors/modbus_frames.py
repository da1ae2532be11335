"""Modbus frames by the letter of the specifications, and which of them answer a request.

Shares no code with the collectors or pymodbus: it is the fuzz tests' judge. Frames on TCP follow
"MODBUS Messaging on TCP/IP Implementation Guide V1.0b", section 3.1.3, serial ones "MODBUS over
serial line V1.02", section 2.5.1, their contents "MODBUS Application Protocol V1.1b3", section 6.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


_TABLE = _crc_table()


def crc(data: bytes) -> bytes:
    """CRC-16 of Modbus over serial line, section 6.2.2: low byte first."""
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return struct.pack("<H", value)


@dataclass(frozen=True, slots=True)
class Asked:
    """A read request as a device receives it."""

    tid: int
    unit: int
    function: int
    address: int
    count: int

    @property
    def size(self) -> int:
        """Bytes of data in the right answer."""
        return self.count * 2 if self.function in (3, 4) else (self.count + 7) // 8


Cells = tuple[int, ...]


class Tcp:
    """Frames with a transaction number, without a checksum."""

    rtu = False

    def asked(self, packet: bytes) -> Asked | None:
        """The request in a packet; None where it is no read request."""
        if len(packet) != 12:
            return None
        tid, protocol, length, unit, function, address, count = struct.unpack(">HHHBBHH", packet)
        good = protocol == 0 and length == 6 and function in (1, 2, 3, 4)
        return Asked(tid, unit, function, address, count) if good else None

    def frame(self, asked: Asked, pdu: bytes, tid: int | None = None) -> bytes:
        """A whole answer."""
        number = asked.tid if tid is None else tid
        return struct.pack(">HHHB", number, 0, len(pdu) + 1, asked.unit) + pdu

    def answers(self, asked: Asked, stream: bytes) -> Iterator[Cells]:
        """What every conforming answer holds that stands anywhere in what was delivered."""
        head = struct.pack(
            ">HHHBBB", asked.tid, 0, asked.size + 3, asked.unit, asked.function, asked.size
        )
        for at in _places(stream, head):
            data = stream[at + 9 : at + 9 + asked.size]
            if len(data) == asked.size:
                yield cells_of(asked, data)

    def refusals(self, asked: Asked, stream: bytes) -> Iterator[int]:
        """The code of every conforming exception that stands anywhere in it."""
        head = struct.pack(">HHHBB", asked.tid, 0, 3, asked.unit, asked.function | 0x80)
        for at in _places(stream, head):
            if at + 8 < len(stream):
                yield stream[at + 8]


class Rtu:
    """Frames with a checksum, without a transaction number."""

    rtu = True

    def asked(self, packet: bytes) -> Asked | None:
        """The request in a packet; None where it is no read request."""
        if len(packet) != 8 or crc(packet[:6]) != packet[6:] or packet[1] not in (1, 2, 3, 4):
            return None
        unit, function, address, count = struct.unpack(">BBHH", packet[:6])
        return Asked(0, unit, function, address, count)

    def frame(self, asked: Asked, pdu: bytes, tid: int | None = None) -> bytes:
        """A whole answer."""
        body = bytes([asked.unit]) + pdu
        return body + crc(body)

    def answers(self, asked: Asked, stream: bytes) -> Iterator[Cells]:
        """What every conforming answer holds that stands anywhere in what was delivered."""
        for at in _places(stream, bytes([asked.unit, asked.function, asked.size])):
            end = at + 3 + asked.size
            if len(stream) >= end + 2 and crc(stream[at:end]) == stream[end : end + 2]:
                yield cells_of(asked, stream[at + 3 : end])

    def refusals(self, asked: Asked, stream: bytes) -> Iterator[int]:
        """The code of every conforming exception that stands anywhere in it."""
        for at in _places(stream, bytes([asked.unit, asked.function | 0x80])):
            frame = stream[at : at + 5]
            if len(frame) == 5 and crc(frame[:3]) == frame[3:]:
                yield frame[2]


Framing = Tcp | Rtu


def _places(stream: bytes, head: bytes) -> Iterator[int]:
    at = stream.find(head)
    while at >= 0:
        yield at
        at = stream.find(head, at + 1)


def cells_of(asked: Asked, data: bytes) -> Cells:
    """The registers or bits in the data of an answer."""
    if asked.function in (3, 4):
        return struct.unpack(f">{asked.count}H", data)
    return tuple(data[n // 8] >> n % 8 & 1 for n in range(asked.count))


def data_of(asked: Asked, cells: Sequence[int]) -> bytes:
    """Registers or bits as the data of an answer."""
    if asked.function in (3, 4):
        return struct.pack(f">{asked.count}H", *cells)
    data = bytearray(asked.size)
    for place, bit in enumerate(cells):
        data[place // 8] |= bool(bit) << place % 8
    return bytes(data)


def pdu_of(asked: Asked, data: bytes) -> bytes:
    """Function, byte count and data."""
    return bytes([asked.function, len(data) & 0xFF]) + data
