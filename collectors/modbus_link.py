"""One Modbus connection, shared by every unit behind it; only reads can leave through its gate."""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from collectors.modbus_gate import Gate, ReadsOnly, RtuGate, TcpGate
from collectors.modbus_links import RtuTcpTransport, SerialTransport, TcpTransport, Transport
from collectors.modbus_schema import ModbusSettings, Table
from collectors.read_plan import NETWORK, LineCost, serial_cost
from collectors.reading import LinkLostError, ReadError
from collectors.sample import Reason

_REQUESTS = {
    Table.COIL: ReadCoilsRequest,
    Table.DISCRETE: ReadDiscreteInputsRequest,
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}
_EXCEPTIONS = {
    1: "illegal function", 2: "illegal data address", 3: "illegal data value",
    4: "device failure", 5: "acknowledge", 6: "device busy", 8: "memory parity error",
    10: "gateway path unavailable", 11: "gateway target failed to respond",
}  # fmt: skip
_MOST_WAITING = 4096
"""Bytes that may have come since the request. pymodbus allows one frame only, and would throw the
right answer away together with a late one before it."""
_LATER = frozenset({4, 5, 6, 8})
"""Exceptions that speak of this moment only: failure, acknowledge, busy, parity of memory."""
_LEAST_GAP_S = 0.00175
"""Least silence between two RTU frames (Modbus over serial line V1.02, section 2.5.1.1). [s]"""

# pymodbus logs every time-out with a dump of the last frames; here they are counters and reasons.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

Client = AsyncModbusTcpClient | AsyncModbusSerialClient


def cost_of(transport: Transport, settings: ModbusSettings) -> LineCost:
    """What reading a device costs on its line."""
    if isinstance(transport, TcpTransport):
        return NETWORK
    return serial_cost(transport.baud, settings.min_gap_ms / 1000)


class ModbusLink:
    """A connection to one endpoint; asks one thing at a time.

    Attributes:
        transport: The line it is on.
        counters: `requests`, `timeouts`, `exceptions`, `garbled`, `connects`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        timeout_s: float = 1.0,
        connect_delay_s: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.transport = transport
        self.counters: Counter[str] = Counter()
        self._timeout_s = timeout_s
        self._connect_delay_s = connect_delay_s
        self._monotonic = monotonic
        self._client: Client | None = None
        self._gate: Gate = TcpGate()
        self._gap_s = 0.0
        if isinstance(transport, SerialTransport):
            self._gap_s = max(_LEAST_GAP_S, 3.5 * 11 / transport.baud)
        self._ended_at = 0.0
        self._timed_out: dict[int, float] = {}
        """Unit to when its answer did not come in time, on lines that do not number requests."""
        self._asking = False

    @property
    def connected(self) -> bool:
        """Whether the connection stands, as far as is known."""
        return self._client is not None and self._client.connected

    async def open(self) -> None:
        """Connect.

        Raises:
            LinkLostError: nothing accepts the connection, or the port cannot be opened.
        """
        self.close()
        self._gate = TcpGate() if isinstance(self.transport, TcpTransport) else RtuGate()
        self._client = client = self._made()
        client.ctx.max_buffer_size = _MOST_WAITING
        _shut_for_writes(client, rtu=not isinstance(self.transport, TcpTransport))
        self.counters["connects"] += 1
        if not await client.connect():
            self.close()
            raise LinkLostError(f"{self.name} {_why_not_open(self.transport)}")
        if self._connect_delay_s:
            await asyncio.sleep(self._connect_delay_s)

    def _made(self) -> Client:
        transport = self.transport
        if isinstance(transport, SerialTransport):
            return AsyncModbusSerialClient(
                transport.port,
                baudrate=transport.baud,
                parity=transport.parity,
                stopbits=transport.stop_bits,
                timeout=self._timeout_s,
                retries=0,
                reconnect_delay=0,
                trace_packet=self._gate.packet,
                trace_connect=self._connection_changed,
            )
        rtu = isinstance(transport, RtuTcpTransport)
        return AsyncModbusTcpClient(
            transport.host,
            port=transport.port,
            framer=FramerType.RTU if rtu else FramerType.SOCKET,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._gate.packet,
            trace_connect=self._connection_changed,
        )

    @property
    def name(self) -> str:
        """What messages call the other end: `10.0.0.5:502`, `/dev/ttyUSB0`."""
        transport = self.transport
        if isinstance(transport, SerialTransport):
            return transport.port
        return f"{transport.host}:{transport.port}"

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
            raise LinkLostError(f"{self.name} is not connected")
        await self._pause(unit, max(settings.min_gap_ms / 1000, self._gap_s), settings)
        request = _REQUESTS[table](address=address, count=count, dev_id=unit)
        self.counters["requests"] += 1
        try:
            answer = await self._ask(client, request, settings.timeout_ms / 1000)
        except (TimeoutError, ModbusException) as error:
            if not self.connected and isinstance(error, ConnectionException):
                raise LinkLostError(f"{self.name} closed the connection") from error
            raise self._unanswered(unit) from error
        finally:
            self._gate.end()
            self._ended_at = self._monotonic()
        return self._cells(answer, request)

    async def _pause(self, unit: int, gap_s: float, settings: ModbusSettings) -> None:
        """Wait for the quiet a device needs, and for an answer that may still come late.

        Without numbers, an answer to the request before would pass for that to the next one.
        """
        wait = self._ended_at + gap_s - self._monotonic() if gap_s else 0.0
        timed_out = self._timed_out.pop(unit, None)
        if timed_out is not None:
            wait = max(wait, timed_out + settings.timeout_ms / 1000 - self._monotonic())
        if wait > 0:
            await asyncio.sleep(wait)

    async def _ask(self, client: Client, request: ModbusPDU, timeout_s: float) -> ModbusPDU:
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
        half a frame nobody knows where the next one begins. A serial port stays open: what comes
        while nothing is asked is dropped.
        """
        if not isinstance(self.transport, TcpTransport):
            self._timed_out[unit] = self._monotonic()
        serial = isinstance(self.transport, SerialTransport)
        if not serial and (self._gate.torn or isinstance(self.transport, RtuTcpTransport)):
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
            raise ReadError(Reason.BUSY if code in _LATER else Reason.REFUSED, message, code)
        bits = answer.function_code in (1, 2)
        cells = [int(bit) for bit in answer.bits[: request.count]] if bits else answer.registers
        same = answer.function_code == request.function_code and answer.dev_id == request.dev_id
        if not same or len(cells) != request.count:
            self.counters["garbled"] += 1
            raise ReadError(Reason.GARBLED, f"unit {request.dev_id}: the answer does not fit")
        return cells


def _shut_for_writes(client: Client, *, rtu: bool) -> None:
    """Put every connection of a client behind the gate, below all of the library."""
    connect = client.ctx.call_create

    async def connect_gated() -> tuple[ReadsOnly, asyncio.BaseProtocol]:
        transport, protocol = await connect()
        return ReadsOnly(transport, rtu=rtu), protocol

    client.ctx.call_create = connect_gated


def _why_not_open(transport: Transport) -> str:
    if not isinstance(transport, SerialTransport):
        return "does not accept a connection"
    if not os.path.exists(transport.port):
        return "is no serial port of this machine"
    if not os.access(transport.port, os.R_OK | os.W_OK):
        return "may not be opened by this user; add the user to the group that owns it"
    return "cannot be opened; does another program use it?"


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
