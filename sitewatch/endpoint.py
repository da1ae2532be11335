"""Where a device is, as the options `--host`, `--port` and `--framer` say it."""

from enum import StrEnum
from typing import Annotated

import typer

from collectors.dial import RtuTcpTransport, TcpTransport, Transport
from sitewatch.errors import InvalidInputError


class Framer(StrEnum):
    """How requests are framed on a TCP connection."""

    SOCKET = "socket"
    RTU = "rtu"


HostOption = Annotated[
    str | None, typer.Option("--host", help="where the device or its gateway listens")
]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="TCP port")]
UnitOption = Annotated[int, typer.Option("--unit", min=0, max=255, help="unit on the line")]
FramerOption = Annotated[Framer, typer.Option("--framer", help="socket, or rtu: RTU frames in TCP")]


def transport_to(host: str | None, port: int, framer: Framer) -> Transport:
    """The transport that the options of a command mean.

    Raises:
        InvalidInputError: they say nothing, or contradict each other.
    """
    if host is None:
        raise InvalidInputError("say where the device is: --host ADDRESS")
    return (RtuTcpTransport if framer is Framer.RTU else TcpTransport)(host, port)
