"""A Modbus TCP server of our own: many units behind one port, values made when asked for.

It answers functions 1 to 4 and refuses every other, so that a client that tries to write is seen.
Frames follow "MODBUS Messaging on TCP/IP Implementation Guide V1.0b", section 3.1.3, and "MODBUS
Application Protocol Specification V1.1b3", sections 6 and 7.
"""

import asyncio
import struct
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from collectors.modbus_links import ModbusTcpLink
from collectors.modbus_schema import Table
from collectors.registers import EncodeError
from collectors.simulator.model import Model, SimulatorError
from collectors.simulator.register_image import RegisterImage
from device_configs.estate import Device, Estate

_HEADER = struct.Struct(">HHHB")
_REQUEST = struct.Struct(">BHH")
_MOST_BITS = 2000
_MOST_REGISTERS = 125
_LONGEST_FRAME = 254

_ILLEGAL_FUNCTION = 1
_ILLEGAL_ADDRESS = 2
_ILLEGAL_VALUE = 3
_DEVICE_FAILURE = 4
_TARGET_SILENT = 11

_TABLES = {table.function: table for table in Table}


@dataclass
class ServerCounts:
    """What the servers were asked."""

    requests: int = 0
    refused_functions: int = 0
    """Requests for a function other than 1 to 4."""


@dataclass
class Units:
    """The devices behind one port."""

    model: Model
    images: Mapping[int, RegisterImage]
    now_ms: Callable[[], int]
    counts: ServerCounts = field(default_factory=ServerCounts)

    def answer(self, unit: int, pdu: bytes) -> bytes | None:
        """The answer to a request; None where the device is silent."""
        self.counts.requests += 1
        image = self.images.get(unit)
        if image is not None and image.device.id in self.model.silent:
            return None
        function = pdu[0]
        table = _TABLES.get(function)
        if table is None:
            self.counts.refused_functions += 1
            return _refusal(function, _ILLEGAL_FUNCTION)
        if image is None:
            return _refusal(function, _TARGET_SILENT)
        if len(pdu) != _REQUEST.size:
            return _refusal(function, _ILLEGAL_VALUE)
        return self._read(image, table, *_REQUEST.unpack(pdu))

    def _read(
        self, image: RegisterImage, table: Table, function: int, address: int, count: int
    ) -> bytes:
        if not 1 <= count <= (_MOST_BITS if table.is_bits else _MOST_REGISTERS):
            return _refusal(function, _ILLEGAL_VALUE)
        try:
            cells = image.read(table, address, count, self.now_ms())
        except EncodeError:
            return _refusal(function, _DEVICE_FAILURE)
        if cells is None:
            return _refusal(function, _ILLEGAL_ADDRESS)
        if table.is_bits:
            number = sum(1 << place for place, cell in enumerate(cells) if cell)
            data = number.to_bytes((count + 7) // 8, "little")
        else:
            data = struct.pack(f">{count}H", *cells)
        return struct.pack(">BB", function, len(data)) + data


def _refusal(function: int, code: int) -> bytes:
    return struct.pack(">BB", (function | 0x80) & 0xFF, code)


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, units: Units) -> None:
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


def endpoints(estate: Estate) -> Mapping[tuple[str, int], Mapping[int, Device]]:
    """Host and port to the units behind it."""
    found: dict[tuple[str, int], dict[int, Device]] = {}
    for device in estate.devices.values():
        if isinstance(device.link, ModbusTcpLink):
            units = found.setdefault((device.link.host, device.link.port), {})
            units[device.link.unit] = device
    return found


async def serve(
    model: Model, now_ms: Callable[[], int], stack: AsyncExitStack, counts: ServerCounts
) -> int:
    """Open every Modbus TCP port of the estate until the stack closes; returns their number.

    Raises:
        SimulatorError: a port is taken, or an address is not of this machine.
    """
    loop = asyncio.get_running_loop()
    ports = endpoints(model.estate)
    for (host, port), devices in ports.items():
        images = {unit: RegisterImage(model, device) for unit, device in devices.items()}
        units = Units(model, images, now_ms, counts)
        try:
            server = await loop.create_server(partial(_Connection, units), host, port)
        except OSError as error:
            raise SimulatorError(
                f"cannot listen on {host}:{port} ({error.strerror or error}); is it in use?"
            ) from error
        stack.callback(server.close)
    return len(ports)
