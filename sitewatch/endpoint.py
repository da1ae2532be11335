"""Where a device is: the options that the commands share which read one."""

import shlex
from enum import StrEnum
from typing import Annotated

import typer

from collectors.modbus_links import (
    Parity,
    RtuTcpTransport,
    SerialTransport,
    TcpTransport,
    Transport,
)
from sitewatch.errors import InvalidInputError

MODBUS_PORT = 502


class Framer(StrEnum):
    """How requests are framed on a TCP connection."""

    SOCKET = "socket"
    RTU = "rtu"


HostOption = Annotated[
    str | None, typer.Option("--host", help="where the device or its gateway listens")
]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="TCP port")]
SerialOption = Annotated[
    str | None, typer.Option("--serial", help="or a serial port of this machine: /dev/ttyUSB0")
]
BaudOption = Annotated[int, typer.Option("--baud", min=300, max=1_000_000, help="serial: speed")]
ParityOption = Annotated[Parity, typer.Option("--parity", help="serial: none, even or odd")]
StopOption = Annotated[int, typer.Option("--stop", min=1, max=2, help="serial: stop bits")]
UnitOption = Annotated[int, typer.Option("--unit", min=0, max=255, help="unit on the line")]
FramerOption = Annotated[Framer, typer.Option("--framer", help="socket, or rtu: RTU frames in TCP")]


def transport_to(
    host: str | None,
    port: int,
    framer: Framer,
    serial: str | None,
    baud: int,
    parity: Parity,
    stop: int,
) -> Transport:
    """The transport that the options of a command mean.

    Raises:
        InvalidInputError: they name no place, or two.
    """
    if (host is None) == (serial is None):
        raise InvalidInputError("say where the device is: --host ADDRESS, or --serial PORT")
    if serial is not None:
        return SerialTransport(serial, baud, parity.value, stop)
    if framer is Framer.RTU:
        return RtuTcpTransport(host or "", port, baud)
    return TcpTransport(host or "", port)


def options_of(transport: Transport, unit: int) -> str:
    """The options that mean this unit, to be copied into the next command."""
    if isinstance(transport, SerialTransport):
        words = ["--serial", transport.port, "--baud", str(transport.baud)]
        words += ["--parity", transport.parity] if transport.parity != Parity.NONE else []
        words += ["--stop", str(transport.stop_bits)] if transport.stop_bits != 1 else []
    else:
        words = ["--host", transport.host]
        words += ["--port", str(transport.port)] if transport.port != MODBUS_PORT else []
        words += ["--framer", "rtu"] if isinstance(transport, RtuTcpTransport) else []
    return shlex.join([*words, "--unit", str(unit)])
