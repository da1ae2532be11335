"""One Modbus connection, shared by every unit behind it; only reads can leave through it.

`only_reads` is the one gate: it stands before the library's frames and once more before the socket,
so that a write cannot be sent by any path, not even by the library's own write methods.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.framer import FramerRTU, FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from collectors.driver import CollectorsError
from collectors.modbus_schema import ModbusSettings, Table
from collectors.reading import LinkLostError, ReadError
from collectors.sample import Reason

READ_FUNCTIONS = frozenset({1, 2, 3, 4})
"""Read coils, discrete inputs, holding and input registers (Modbus application protocol V1.1b3,
section 6.1 to 6.4): the only functions that may leave this process."""
_REQUESTS = {
    Table.COIL: ReadCoilsRequest,
    Table.DISCRETE: ReadDiscreteInputsRequest,
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}
_MBAP = 7
"""Bytes before the function code (Modbus messaging on TCP/IP V1.0b, section 3.1.3)."""
_MBAP_OF_READ = b"\0\0\0\6"
"""Protocol and length in it: unit, function, address and count follow."""
_READ, _CRC = 5, 2
"""Bytes of a read request from its function code on, and of the checksum of a serial frame."""
_MOST_WAITING = 4096
"""Bytes that may have come since the request. pymodbus allows one frame only and would throw the
right answer away together with a late one before it."""
_EXCEPTIONS = {
    1: "illegal function", 2: "illegal data address", 3: "illegal data value",
    4: "device failure", 5: "acknowledge", 6: "device busy", 8: "memory parity error",
    10: "gateway path unavailable", 11: "gateway target failed to respond",
}  # fmt: skip

# pymodbus logs every time-out with a dump of the last frames; here they are counters and reasons.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


class WriteRefusedError(CollectorsError):
    """Something tried to send a request that is not a read."""


def only_reads(packet: bytes, function_at: int) -> bytes:
    """Let a request pass when it is one whole read, and nothing before or after it.

    Args:
        packet: The whole frame about to be sent, over TCP or as RTU.
        function_at: Where the function code stands in it.

    Raises:
        WriteRefusedError: it is anything else.
    """
    head_fits = function_at != _MBAP or packet[2:6] == _MBAP_OF_READ
    size = function_at + (_READ if function_at == _MBAP else _READ + _CRC)
    if len(packet) != size or not head_fits or packet[function_at] not in READ_FUNCTIONS:
        raise WriteRefusedError("sitewatch sends Modbus functions 1 to 4 only")
    return packet


class _Gate:
    """Checks every frame: reads out, and in only the answer to the request that is open.

    pymodbus takes a transaction number of 0, a foreign function or a wrong byte count for good;
    such frames are dropped here, and the request ends as garbled.
    """

    def __init__(self, *, rtu: bool) -> None:
        self._rtu = rtu
        self._request = b""
        self.suspect: str | None = None
        """What came instead of the answer."""
        self.torn = False
        """Whether what came does not end where a frame ends, so that the next would not begin."""

    def packet(self, sending: bool, data: bytes) -> bytes:
        """Pymodbus' `trace_packet`."""
        if sending:
            self.suspect, self.torn = None, False
            self._request = only_reads(data, 1 if self._rtu else _MBAP)
            return data
        return self._rtu_answer(data) if self._rtu else self._answer(data)

    def _rtu_answer(self, data: bytes) -> bytes:
        """The frame in what was received that answers the request; empty until there is.

        Noise before it is passed over: the checksum tells where a frame is.
        """
        asked = self._request
        size = _data_bytes(asked[1], asked[4:6])
        heads = {bytes((asked[0], asked[1], size)): size + 5}
        heads[bytes((asked[0], asked[1] | 0x80))] = 5
        self.suspect = "bytes that are no answer to the request"
        for at in range(len(data)):
            for head, length in heads.items():
                if not data.startswith(head, at):
                    continue
                if len(data) < at + length:
                    return b""
                frame = data[at : at + length]
                if FramerRTU.compute_CRC(frame[:-2]) == int.from_bytes(frame[-2:], "big"):
                    return frame
        return b""

    def _answer(self, data: bytes) -> bytes:
        """The first frame of what was received that answers the request; empty until there is."""
        self.torn = False
        while len(data) >= _MBAP + 1:
            size = int.from_bytes(data[4:6], "big") + 6
            if size < _MBAP + 2 or size > 260:
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
        size = _data_bytes(asked[_MBAP], asked[10:12])
        if frame[8] != size or len(frame) != _MBAP + 2 + size:
            return f"an answer of {frame[8]} bytes where {size} were asked for"
        return None


def _data_bytes(function: int, count: bytes) -> int:
    """How many bytes of data the answer to a request has."""
    cells = int.from_bytes(count, "big")
    return cells * 2 if function in (3, 4) else (cells + 7) // 8


class _ReadsOnly:
    """A transport that takes reads only: whatever part of the library writes to it."""

    def __init__(self, transport: asyncio.WriteTransport, function_at: int) -> None:
        self._transport, self._function_at = transport, function_at

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


class ModbusLink:
    """A connection to one endpoint; asks one thing at a time.

    Attributes:
        counters: `requests`, `timeouts`, `exceptions`, `garbled`, `connects`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        rtu: bool = False,
        timeout_s: float = 1.0,
        connect_delay_s: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host, self.port = host, port
        self.counters: Counter[str] = Counter()
        self._rtu = rtu
        self._timeout_s = timeout_s
        self._connect_delay_s = connect_delay_s
        self._monotonic = monotonic
        self._client: AsyncModbusTcpClient | None = None
        self._gate = _Gate(rtu=rtu)
        self._ended_at = 0.0
        self._asking = False

    @property
    def connected(self) -> bool:
        """Whether the connection stands, as far as is known."""
        return self._client is not None and self._client.connected

    async def open(self) -> None:
        """Connect.

        Raises:
            LinkLostError: nothing accepts the connection.
        """
        self.close()
        self._gate = _Gate(rtu=self._rtu)
        self._client = AsyncModbusTcpClient(
            self.host,
            port=self.port,
            framer=FramerType.RTU if self._rtu else FramerType.SOCKET,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._gate.packet,
            trace_connect=self._connection_changed,
        )
        self._client.ctx.max_buffer_size = _MOST_WAITING
        self._shut_for_writes(self._client)
        self.counters["connects"] += 1
        if not await self._client.connect():
            self.close()
            raise LinkLostError(f"{self.host}:{self.port} does not accept a connection")
        if self._connect_delay_s:
            await asyncio.sleep(self._connect_delay_s)

    def _shut_for_writes(self, client: AsyncModbusTcpClient) -> None:
        """Have every connection of the client behind the gate, below all of the library."""
        connect = client.ctx.call_create

        async def connect_gated() -> tuple[_ReadsOnly, asyncio.BaseProtocol]:
            transport, protocol = await connect()
            return _ReadsOnly(transport, 1 if self._rtu else _MBAP), protocol

        client.ctx.call_create = connect_gated

    def close(self) -> None:
        """Close the connection; it can be opened again."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connection_changed(self, connected: bool) -> None:
        """End the open request when the connection breaks; pymodbus would wait for its time-out."""
        if not connected and self._client is not None and self._asking:
            waiting = self._client.ctx.response_future
            if not waiting.done():
                waiting.set_exception(ConnectionException("the connection broke"))

    async def read(
        self, unit: int, table: Table, address: int, count: int, settings: ModbusSettings
    ) -> Sequence[int]:
        """Read cells of one unit; bits come as 0 and 1.

        Raises:
            ReadError: the unit refused, was silent, or something else was received.
            LinkLostError: the connection is gone.
        """
        client = self._client
        if client is None or not client.connected:
            raise LinkLostError(f"{self.host}:{self.port} is not connected")
        if settings.min_gap_ms:
            await self._pause(settings.min_gap_ms / 1000)
        request = _REQUESTS[table](address=address, count=count, dev_id=unit)
        self.counters["requests"] += 1
        try:
            answer = await self._ask(client, request, settings.timeout_ms / 1000)
        except (TimeoutError, ModbusException) as error:
            if not self.connected and isinstance(error, ConnectionException):
                raise LinkLostError(f"{self.host}:{self.port} closed the connection") from error
            raise self._unanswered(unit) from error
        finally:
            self._ended_at = self._monotonic()
        return self._cells(answer, request)

    async def _pause(self, gap_s: float) -> None:
        wait = self._ended_at + gap_s - self._monotonic()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _ask(
        self, client: AsyncModbusTcpClient, request: ModbusPDU, timeout_s: float
    ) -> ModbusPDU:
        self._asking = True
        try:
            answer: ModbusPDU
            if timeout_s >= self._timeout_s:
                answer = await client.execute(False, request)
            else:
                async with asyncio.timeout(timeout_s):
                    answer = await client.execute(False, request)
        finally:
            self._asking = False
        return answer

    def _unanswered(self, unit: int) -> ReadError:
        """Why there is no answer; the link is closed where the next one could not be told apart.

        Without transaction numbers an answer that comes late would pass for the next one, and after
        half a frame nobody knows where the next one begins.
        """
        if self._rtu or self._gate.torn:
            self.close()
        suspect = self._gate.suspect
        if suspect is not None:
            self.counters["garbled"] += 1
            return ReadError(Reason.GARBLED, f"unit {unit}: got {suspect}")
        self.counters["timeouts"] += 1
        return ReadError(Reason.NO_ANSWER, f"unit {unit} does not answer")

    def _cells(self, answer: ModbusPDU, request: ModbusPDU) -> Sequence[int]:
        if answer.isError():
            self.counters["exceptions"] += 1
            code = answer.exception_code
            text = _EXCEPTIONS.get(code, "unknown exception")
            message = f"unit {request.dev_id} refuses {request.address}: {text} ({code})"
            raise ReadError(Reason.REFUSED, message, code)
        bits = answer.function_code in (1, 2)
        cells = [int(bit) for bit in answer.bits[: request.count]] if bits else answer.registers
        same = answer.function_code == request.function_code and answer.dev_id == request.dev_id
        if not same or len(cells) != request.count:
            self.counters["garbled"] += 1
            raise ReadError(Reason.GARBLED, f"unit {request.dev_id}: the answer does not fit")
        return cells


class UnitOnLink:
    """One unit on a link, as `DeviceReader` reads it."""

    def __init__(self, link: ModbusLink, unit: int, settings: ModbusSettings) -> None:
        self._link, self._unit, self._settings = link, unit, settings

    async def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Read cells of the unit.

        Raises:
            ReadError: the unit refused, was silent, or something else was received.
            LinkLostError: the connection is gone.
        """
        return await self._link.read(self._unit, table, address, count, self._settings)
