"""An independent Modbus TCP server that serves the registers of a capture.

It is written from the Modbus specification and shares no code with the collectors or pymodbus, so
that a mistake in ours cannot cancel itself out. Outside of the captured blocks it answers exception
2. It records every request, and misbehaves on demand.
"""

import asyncio
import json
import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

CAPTURES = Path(
    os.environ.get(
        "SITEWATCH_CAPTURES", Path(__file__).resolve().parent.parent.parent / "shared" / "captures"
    )
)


class Fault(StrEnum):
    """How the server may misbehave."""

    SILENT = "silent"
    """It takes the request and never answers."""
    SLOW = "slow"
    """It sends one byte at a time, and takes longer for all than anybody waits."""
    TRICKLE = "trickle"
    """It sends one byte at a time, quickly enough."""
    WRONG_TID = "wrong_tid"
    ZERO_TID = "zero_tid"
    WRONG_UNIT = "wrong_unit"
    WRONG_FUNCTION = "wrong_function"
    SHORT_FRAME = "short_frame"
    """The header promises more than ever comes."""
    SHORT_COUNT = "short_count"
    """A whole frame with one register too few."""
    LONG_COUNT = "long_count"
    """A whole frame whose byte count is more than is in it."""
    NOISE = "noise"
    """Bytes that are no Modbus at all."""
    CLOSE = "close"
    """It closes the connection instead of answering."""
    STALE_FIRST = "stale_first"
    """An old answer comes before the right one, in one segment."""


@dataclass(frozen=True)
class Request:
    """One request as it was received."""

    unit: int
    function: int
    address: int
    count: int
    pdu: bytes


Cells = dict[int, dict[int, int]]
"""Function code to wire address to register or bit."""


@dataclass
class Unit:
    """One device behind the server."""

    cells: Cells = field(default_factory=dict)
    fault: Fault | None = None
    exception: int | None = None
    """Answer every request with this exception."""
    refused: set[int] = field(default_factory=set)
    """Addresses that no request may touch."""
    silent_functions: set[int] = field(default_factory=set)
    max_count: int = 125

    def load(self, function: int, start: int, words: Sequence[int]) -> None:
        """Put registers or bits at a wire address."""
        table = self.cells.setdefault(function, {})
        table.update(enumerate(words, start))


class ReplayServer(AbstractAsyncContextManager["ReplayServer"]):
    """Serves units on a free loopback port; `requests` has all that was asked."""

    def __init__(self, units: Mapping[int, Unit], *, rtu: bool = False) -> None:
        self.units = dict(units)
        self.rtu = rtu
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "ReplayServer":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before where there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the socket and every connection."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await asyncio.sleep(0)
        self._server = None

    def drop_connections(self) -> None:
        """Close every connection and go on listening."""
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                tid, unit, pdu = await (self._rtu_request if self.rtu else _request)(reader)
                await self._answer(tid, unit, pdu, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _rtu_request(self, reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
        """A read request in RTU framing: always 8 bytes."""
        frame = await reader.readexactly(8)
        if crc(frame[:-2]) != frame[-2:]:
            raise ConnectionError("wrong CRC")
        return 0, frame[0], frame[1:-2]

    async def _answer(self, tid: int, unit: int, pdu: bytes, writer: asyncio.StreamWriter) -> None:
        address, count = struct.unpack(">HH", pdu[1:5]) if len(pdu) >= 5 else (0, 0)
        self.requests.append(Request(unit, pdu[0], address, count, pdu))
        device = self.units.get(unit)
        if device is None or device.fault is Fault.SILENT or pdu[0] in device.silent_functions:
            return
        if device.fault is Fault.CLOSE:
            writer.close()
            return
        body = self.body(device, pdu[0], address, count)
        chunks = _spoiled(device.fault, tid, unit, body)
        if self.rtu:
            frame = bytes([unit]) + body
            chunks = [(frame + crc(frame), 0.0)]
        for chunk, pause in chunks:
            writer.write(chunk)
            await writer.drain()
            if pause:
                await asyncio.sleep(pause)

    def body(self, device: Unit, function: int, address: int, count: int) -> bytes:
        """The answer to a request by the letter of the specification."""
        if device.exception is not None:
            return bytes([function | 0x80, device.exception])
        if function not in (1, 2, 3, 4):
            return bytes([function | 0x80, 1])
        limit = 2000 if function in (1, 2) else device.max_count
        if not 1 <= count <= limit:
            return bytes([function | 0x80, 3])
        table = device.cells.get(function, {})
        wanted = range(address, address + count)
        if any(at not in table or at in device.refused for at in wanted):
            return bytes([function | 0x80, 2])
        values = [table[at] for at in wanted]
        if function in (1, 2):
            data = bytearray((count + 7) // 8)
            for place, bit in enumerate(values):
                data[place // 8] |= bool(bit) << place % 8
        else:
            data = bytearray(struct.pack(f">{count}H", *values))
        return bytes([function, len(data)]) + bytes(data)


async def _request(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    tid, protocol, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
    if protocol != 0:
        raise ConnectionError("not Modbus")
    return tid, unit, await reader.readexactly(length - 1)


def crc(data: bytes) -> bytes:
    """CRC-16 of Modbus over serial line V1.02, section 6.2.2: low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return struct.pack("<H", crc)


def _frame(tid: int, unit: int, body: bytes) -> bytes:
    return struct.pack(">HHHB", tid, 0, len(body) + 1, unit) + body


def _spoiled(
    fault: Fault | None, tid: int, unit: int, body: bytes
) -> Iterable[tuple[bytes, float]]:
    """The bytes to send, each with the pause after it. [s]"""
    good = _frame(tid, unit, body)
    if fault in (Fault.SLOW, Fault.TRICKLE):
        pause = 0.05 if fault is Fault.SLOW else 0.0005
        return [(bytes([byte]), pause) for byte in good]
    cut = bytes([body[0], max(0, body[1] - 2)]) + body[2:-2]
    spoiled = {
        None: good,
        Fault.WRONG_TID: _frame(tid ^ 0x5555, unit, body),
        Fault.ZERO_TID: _frame(0, unit, body),
        Fault.WRONG_UNIT: _frame(tid, unit ^ 0x11, body),
        Fault.WRONG_FUNCTION: _frame(tid, unit, bytes([body[0] ^ 7]) + body[1:]),
        Fault.SHORT_FRAME: good[:-3],
        Fault.SHORT_COUNT: _frame(tid, unit, cut),
        Fault.LONG_COUNT: _frame(tid, unit, bytes([body[0], body[1] + 2]) + body[2:]),
        Fault.NOISE: b"HTTP/1.1 400 Bad Request\r\n\r\n",
        Fault.STALE_FIRST: _frame(tid - 1 & 0xFFFF, unit, body[:2] + bytes(len(body) - 2)) + good,
    }[fault]
    return [(spoiled, 0.0)]


def load_capture(name: str) -> dict[str, Any]:
    """Read a capture; skips the test where captures are not at hand."""
    file = CAPTURES / f"{name}.json"
    if not file.is_file():
        pytest.skip(f"no capture {name} in {CAPTURES}")
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def unit_of_capture(capture: Mapping[str, Any]) -> Unit:
    """A unit that holds the blocks of a capture and nothing else."""
    unit = Unit()
    for block in capture["blocks"]:
        unit.load(block["fc"], block["start"], block["regs"])
    return unit
