"""A Modbus TCP server of our own: many units behind one port, values made when asked for.

It answers functions 1 to 4 and refuses every other, so that a client that tries to write is seen.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from collectors.modbus_links import ModbusTcpLink
from collectors.modbus_schema import Table
from collectors.registers import EncodeError
from collectors.simulator.modbus_socket import (
    DEVICE_FAILURE,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    REQUEST,
    TABLES,
    TARGET_SILENT,
    cells_answer,
    is_count,
    listen,
    refusal,
)
from collectors.simulator.model import Model, SimulatorError
from collectors.simulator.register_image import RegisterImage
from device_configs.estate import Device, Estate


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
        table = TABLES.get(function)
        if table is None:
            self.counts.refused_functions += 1
            return refusal(function, ILLEGAL_FUNCTION)
        if image is None:
            return refusal(function, TARGET_SILENT)
        if len(pdu) != REQUEST.size:
            return refusal(function, ILLEGAL_VALUE)
        return self._read(image, table, *REQUEST.unpack(pdu))

    def _read(
        self, image: RegisterImage, table: Table, function: int, address: int, count: int
    ) -> bytes:
        if not is_count(table, count):
            return refusal(function, ILLEGAL_VALUE)
        try:
            cells = image.read(table, address, count, self.now_ms())
        except EncodeError:
            return refusal(function, DEVICE_FAILURE)
        if cells is None:
            return refusal(function, ILLEGAL_ADDRESS)
        return cells_answer(table, cells)


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
    ports = endpoints(model.estate)
    for (host, port), devices in ports.items():
        images = {unit: RegisterImage(model, device) for unit, device in devices.items()}
        units = Units(model, images, now_ms, counts)
        try:
            server = await listen(units, host, port)
        except OSError as error:
            raise SimulatorError(
                f"cannot listen on {host}:{port} ({error.strerror or error}); is it in use?"
            ) from error
        stack.callback(server.close)
    return len(ports)
