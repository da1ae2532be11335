"""`sitewatch replay`: a capture served as a device."""

import asyncio
import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from collectors.capture import Capture, InvalidCaptureError, read_capture
from collectors.replay import ReplayedDevice
from collectors.simulator.modbus_socket import listen
from sitewatch.endpoint import UnitOption
from sitewatch.errors import InvalidInputError, PortInUseError, SitewatchError
from sitewatch.screen import counted, say

FileArgument = Annotated[Path, typer.Argument(help="a capture, as `sitewatch record` makes them")]
HostOption = Annotated[str, typer.Option("--host", help="address to listen on")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one")]
ItemOption = Annotated[
    int | None, typer.Option("--item", min=1, help="which device, where a file holds several")
]


def replay(
    file: FileArgument,
    port: PortOption = 5020,
    unit: UnitOption = 1,
    host: HostOption = "127.0.0.1",
    item: ItemOption = None,
) -> None:
    """Serve a capture over Modbus TCP until Ctrl-C; what was not captured is refused."""
    try:
        capture = read_capture(file, item)
    except InvalidCaptureError as error:
        raise InvalidInputError(str(error)) from error
    profile = _profile_of(file)
    try:
        asyncio.run(_serve(capture, host, port, unit, profile))
    except KeyboardInterrupt:
        return


def _profile_of(file: Path) -> str | None:
    """The profile the capture was recorded with, for the line to copy."""
    name = json.loads(file.read_text(encoding="utf-8")).get("profile")
    return name if isinstance(name, str) else None


def _next_line(profile: str | None, host: str, port: int, unit: int) -> str:
    command = ["scan"] if profile is None else ["probe", "--profile", profile]
    units = "--units" if profile is None else "--unit"
    return shlex.join(
        ["sitewatch", *command, "--host", host, "--port", str(port), units, str(unit)]
    )


async def _serve(capture: Capture, host: str, port: int, unit: int, profile: str | None) -> None:
    try:
        server = await listen(ReplayedDevice(capture, unit), host, port)
    except OSError as error:
        if port:
            raise PortInUseError(host, port) from error
        raise SitewatchError(f"cannot listen on {host}: {error.strerror}") from error
    taken = server.sockets[0].getsockname()[1]
    cells = sum(len(block.words) for block in capture.blocks)
    say(f"{capture.device}: {counted(cells, 'cell')} on {host}:{taken}, unit {unit}; Ctrl-C ends")
    say(f"read it with: {_next_line(profile, host, taken, unit)}")
    async with server:
        await server.serve_forever()
