"""The one gate of every Modbus connection: reads out, and in only the answer to the open request.

It stands behind the library's frames and once more before the socket or serial port, so that a
write cannot be sent by any path, not even by the library's own write methods. pymodbus takes a
transaction number of 0, a foreign function or a wrong byte count for good; such frames are dropped
here, and the request ends as garbled.
"""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from pymodbus.framer.rtu import FramerRTU

from collectors.driver import CollectorsError

READ_FUNCTIONS = frozenset({1, 2, 3, 4})
"""Read coils, discrete inputs, holding and input registers (Modbus application protocol V1.1b3,
section 6.1 to 6.4): the only functions that may leave this process."""
_MBAP = 7
"""Bytes before the function code (Modbus messaging on TCP/IP V1.0b, section 3.1.3)."""
_MBAP_OF_READ = b"\0\0\0\6"
"""Protocol and length in it: unit, function, address and count follow."""
_READ, _CRC = 5, 2
"""Length of a read request from its function code on, and of the CRC of a serial frame. [bytes]"""
_LONGEST = 260
"""Longest frame with its header. [bytes]"""
_RTU_EXCEPTION = 5
"""Unit, function, exception code and two bytes of CRC. [bytes]"""


class WriteRefusedError(CollectorsError):
    """Something tried to send a request that is not a read."""


def only_reads(packet: bytes, function_at: int) -> bytes:
    """Let a request pass when it is one whole read, and nothing before or after it.

    Args:
        packet: The whole frame about to be sent, with a TCP header or as RTU.
        function_at: Where the function code stands in it.

    Raises:
        WriteRefusedError: it is anything else.
    """
    tcp = function_at == _MBAP
    whole = len(packet) == function_at + _READ + (0 if tcp else _CRC)
    whole = whole and (not tcp or packet[2:6] == _MBAP_OF_READ)
    if not whole or packet[function_at] not in READ_FUNCTIONS:
        raise WriteRefusedError("sitewatch sends Modbus functions 1 to 4 only")
    return packet


class ReadsOnly:
    """A transport that takes reads only, whatever part of the library writes to it."""

    def __init__(self, transport: asyncio.WriteTransport, *, rtu: bool) -> None:
        self._transport, self._function_at = transport, 1 if rtu else _MBAP

    def write(self, data: bytes) -> None:
        """Send one read.

        Raises:
            WriteRefusedError: it is anything else.
        """
        self._transport.write(only_reads(bytes(data), self._function_at))

    def writelines(self, parts: Iterable[bytes]) -> None:
        """Send one read that is given in parts."""
        self.write(b"".join(parts))

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


def _answer_bytes(function: int, count: int) -> int:
    """Bytes of cells in the answer to a request for so many."""
    return count * 2 if function in (3, 4) else (count + 7) // 8


class Gate(Protocol):
    """Checks every frame of one connection."""

    suspect: str | None
    """What came instead of the answer."""
    torn: bool
    """Whether what came does not end where a frame ends, so that the next would not begin."""

    def packet(self, sending: bool, data: bytes) -> bytes:
        """Pymodbus' `trace_packet`: what may pass of a packet.

        Raises:
            WriteRefusedError: a request that is no read.
        """
        ...

    def end(self) -> None:
        """The open request has ended: what comes from now on answers nothing."""
        ...


class TcpGate:
    """The gate of Modbus TCP: an answer carries the number of its request."""

    def __init__(self) -> None:
        self._request = b""
        self.suspect: str | None = None
        self.torn = False

    def packet(self, sending: bool, data: bytes) -> bytes:
        """Pymodbus' `trace_packet`."""
        if not sending:
            return self._answer(data)
        self.suspect, self.torn = None, False
        self._request = only_reads(data, _MBAP)
        return data

    def end(self) -> None:
        """Nothing to do: the number of a late answer is not that of the next request."""

    def _answer(self, data: bytes) -> bytes:
        """The first frame of what was received that answers the request; empty until there is."""
        self.torn = False
        while len(data) >= _MBAP + 1:
            size = int.from_bytes(data[4:6], "big") + 6
            if size < _MBAP + 2 or size > _LONGEST:
                self.suspect, self.torn = "a frame with an impossible length", True
                return b""
            if len(data) < size:
                break
            fault = self._fault(data[:size])
            if fault is None:
                return data[:size]
            self.suspect, data = fault, data[size:]
        if data:
            self.suspect, self.torn = "a frame that did not end", True
        return b""

    def _fault(self, frame: bytes) -> str | None:
        asked = self._request
        if frame[:4] != asked[:4]:
            return "an answer to another transaction"
        if frame[6] != asked[6]:
            return f"an answer of unit {frame[6]}"
        if frame[_MBAP] == asked[_MBAP] | 0x80:
            return None if len(frame) == _MBAP + 2 else "an exception of wrong length"
        if frame[_MBAP] != asked[_MBAP]:
            return f"an answer to function {frame[_MBAP]}"
        size = _answer_bytes(asked[_MBAP], int.from_bytes(asked[10:12], "big"))
        if frame[8] != size or len(frame) != _MBAP + 2 + size:
            return f"an answer of {frame[8]} bytes where {size} were asked for"
        return None


class RtuGate:
    """The gate of RTU frames: an answer has nothing but its unit, function, length and CRC.

    What comes while no request is open is dropped, so that a late answer is not taken for the next.
    """

    def __init__(self) -> None:
        self._request = b""
        self.suspect: str | None = None
        self.torn = False

    def packet(self, sending: bool, data: bytes) -> bytes:
        """Pymodbus' `trace_packet`."""
        if not sending:
            return self._answer(data) if self._request else b""
        self.suspect, self.torn = None, False
        self._request = only_reads(data, 1)
        return data

    def end(self) -> None:
        """Forget the request."""
        self._request = b""

    def _answer(self, data: bytes) -> bytes:
        """The frame that answers the request, wherever noise lets it begin; empty until there."""
        unit, function = self._request[0], self._request[1]
        size = _answer_bytes(function, int.from_bytes(self._request[4:6], "big"))
        for at in range(len(data) - _RTU_EXCEPTION + 1):
            if unit and data[at] != unit:
                continue
            length = 0
            if data[at + 1] == function and data[at + 2] == size:
                length = size + 5
            elif data[at + 1] == function | 0x80:
                length = _RTU_EXCEPTION
            frame = data[at : at + length]
            if length and len(frame) == length and _has_crc(frame):
                return frame
        if data:
            self.suspect, self.torn = "something that is no answer to the request", True
        return b""


def _has_crc(frame: bytes) -> bool:
    """Whether a frame ends with its CRC (Modbus over serial line V1.02, section 2.5.1.2)."""
    return FramerRTU.compute_CRC(frame[:-2]) == int.from_bytes(frame[-2:], "big")
