"""How the estate links a Modbus device, and which devices share a line.

All units behind one endpoint or on one serial port share one line: many products take one client
only, and a serial pair carries one request at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, Field

from device_configs.estate import Device
from device_configs.profile import Linked
from device_configs.quantities import Strict


class Parity(StrEnum):
    """Parity of a serial line."""

    NONE = "N"
    EVEN = "E"
    ODD = "O"


class ModbusTcpLink(Strict):
    """A device behind a Modbus TCP server or gateway."""

    host: str = Field(min_length=1)
    port: int = Field(default=502, ge=1, le=65535)
    unit: int = Field(default=1, ge=0, le=255)


class ModbusRtuTcpLink(ModbusTcpLink):
    """A device behind a serial server that passes RTU frames through over TCP."""

    baud: int = Field(default=9600, ge=300, le=1_000_000)
    """Speed of the serial line behind it: what an unused register costs. [Bd]"""


class ModbusRtuLink(Strict):
    """A device on a serial port of this machine."""

    port: str = Field(min_length=1)
    """`/dev/ttyUSB0`, or better a name under `/dev/serial/by-id/` that stays."""
    baud: int = Field(default=9600, ge=300, le=1_000_000)
    """[Bd]"""
    parity: Parity = Parity.NONE
    stop_bits: int = Field(default=1, ge=1, le=2)
    unit: int = Field(default=1, ge=0, le=247)


LINKS: Mapping[str, type[BaseModel]] = {
    "modbus_tcp": ModbusTcpLink, "modbus_rtu_tcp": ModbusRtuTcpLink, "modbus_rtu": ModbusRtuLink,
}  # fmt: skip


@dataclass(frozen=True, order=True)
class TcpTransport:
    """Modbus TCP."""

    host: str
    port: int = 502

    def __str__(self) -> str:
        return f"modbus_tcp[{self.host}:{self.port}]"


@dataclass(frozen=True, order=True)
class RtuTcpTransport:
    """RTU frames through a serial server."""

    host: str
    port: int = 502
    baud: int = 9600
    """[Bd]"""

    def __str__(self) -> str:
        return f"modbus_rtu_tcp[{self.host}:{self.port}]"


@dataclass(frozen=True, order=True)
class SerialTransport:
    """A serial port of this machine."""

    port: str
    baud: int = 9600
    """[Bd]"""
    parity: str = "N"
    stop_bits: int = 1

    def __str__(self) -> str:
        return f"modbus_rtu[{self.port}]"


Transport = TcpTransport | RtuTcpTransport | SerialTransport


def transport_of(device: Linked) -> Transport:
    """The physical line that a device is on."""
    link = device.link
    if isinstance(link, ModbusRtuLink):
        return SerialTransport(link.port, link.baud, link.parity.value, link.stop_bits)
    if isinstance(link, ModbusRtuTcpLink):
        return RtuTcpTransport(link.host.lower(), link.port, link.baud)
    if isinstance(link, ModbusTcpLink):
        return TcpTransport(link.host.lower(), link.port)
    raise TypeError(f"{device.id} is not read over Modbus")


def unit_of(device: Linked) -> int:
    """The device's unit on its line."""
    link = device.link
    return link.unit if isinstance(link, ModbusTcpLink | ModbusRtuLink) else 1


def by_transport(devices: Sequence[Device]) -> Mapping[Transport, Sequence[Device]]:
    """Group devices by the line they share."""
    groups: dict[Transport, list[Device]] = {}
    for device in devices:
        groups.setdefault(transport_of(device), []).append(device)
    return groups


def conflicts(devices: Sequence[Linked]) -> Iterator[tuple[str, str]]:
    """Devices that cannot both be right: one serial port or server with two ways to speak."""
    first: dict[object, Linked] = {}
    for device in devices:
        transport = transport_of(device)
        known = first.setdefault(_place(transport), device)
        if transport_of(known) != transport:
            serial = isinstance(transport, SerialTransport)
            what = "speed, parity or stop bits" if serial else "kind of frames or speed"
            yield device.id, f"shares its line with {known.id!r}, but gives another {what}"


def _place(transport: Transport) -> tuple[str, ...]:
    """What is one thing in the world, however it is spoken to."""
    if isinstance(transport, SerialTransport):
        return (transport.port,)
    return (transport.host, str(transport.port))
