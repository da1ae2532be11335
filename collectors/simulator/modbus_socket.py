"""The Modbus TCP side of a server of ours: frames in and out, and how an answer is written.

Frames follow "MODBUS Messaging on TCP/IP Implementation Guide V1.0b", section 3.1.3, and "MODBUS
Application Protocol Specification V1.1b3", sections 6 and 7. What is answered is the caller's.
"""

import asyncio
import struct
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from collectors.modbus_schema import Table

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
DEVICE_FAILURE = 4
TARGET_SILENT = 11

TABLES = {table.function: table for table in Table}
REQUEST = struct.Struct(">BHH")
"""Function, address and count: the whole of a read request."""
_HEADER = struct.Struct(">HHHB")
_MOST_BITS = 2000
_MOST_REGISTERS = 125
_LONGEST_FRAME = 254


class Answering(Protocol):
    """The units behind a port."""

    def answer(self, unit: int, pdu: bytes) -> bytes | None:
        """The answer to a request; None where the device is silent."""
        ...


def refusal(function: int, code: int) -> bytes:
    """An exception answer."""
    return struct.pack(">BB", (function | 0x80) & 0xFF, code)


def is_count(table: Table, count: int) -> bool:
    """Whether a request may ask for so many cells."""
    return 1 <= count <= (_MOST_BITS if table.is_bits else _MOST_REGISTERS)


def cells_answer(table: Table, cells: Sequence[int]) -> bytes:
    """The answer that brings these cells."""
    if table.is_bits:
        number = sum(1 << place for place, cell in enumerate(cells) if cell)
        data = number.to_bytes((len(cells) + 7) // 8, "little")
    else:
        data = struct.pack(f">{len(cells)}H", *cells)
    return struct.pack(">BB", table.function, len(data)) + data


async def listen(units: Answering, host: str, port: int) -> asyncio.Server:
    """Serve units on a port.

    Raises:
        OSError: the port is taken, or the address is not of this machine.
    """
    loop = asyncio.get_running_loop()
    return await loop.create_server(partial(_Connection, units), host, port)


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, units: Answering) -> None:
        self._units = units
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            transaction, protocol, length, unit = _HEADER.unpack_from(self._buffer)
            if protocol != 0 or not 2 <= length <= _LONGEST_FRAME:
                self._close()
                return
            end = _HEADER.size + length - 1
            if len(self._buffer) < end:
                return
            pdu, self._buffer = self._buffer[_HEADER.size : end], self._buffer[end:]
            answer = self._units.answer(unit, pdu)
            if answer is not None and self._transport is not None:
                head = _HEADER.pack(transaction, 0, len(answer) + 1, unit)
                self._transport.write(head + answer)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
