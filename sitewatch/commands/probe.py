"""`sitewatch probe`: one device read once, with everything that was asked and answered."""

import asyncio
import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.table import Table

from collectors.probe import Probe, ProbedPoint, ProbeError, UnknownProtocolError
from collectors.probe import probe as probe_device
from collectors.registry import SCHEMAS
from device_configs.profile import Profile, load_profiles
from sitewatch.commands.probe_mqtt import listen
from sitewatch.screen import err, out

ProfileOption = Annotated[str, typer.Option("--profile", help="a profile of the library")]
HostOption = Annotated[
    str | None, typer.Option("--host", help="where the device or its gateway listens")
]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65535)]
UnitOption = Annotated[int, typer.Option("--unit", min=0, max=255, help="unit on the line")]
FramerOption = Annotated[str, typer.Option("--framer", help="socket, or rtu frames in TCP")]
MqttOption = Annotated[str | None, typer.Option("--mqtt", help="a broker to listen at instead")]
TopicOption = Annotated[str | None, typer.Option("--topic", help="the device's topic there")]
SecondsOption = Annotated[float, typer.Option("--seconds", min=0.1, help="how long at most")]
ChannelOption = Annotated[int, typer.Option("--channel", min=0, max=99, help="of several")]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines")]


def probe(
    profile: ProfileOption,
    host: HostOption = None,
    port: PortOption = 502,
    unit: UnitOption = 1,
    framer: FramerOption = "socket",
    mqtt: MqttOption = None,
    topic: TopicOption = None,
    seconds: SecondsOption = 30.0,
    channel: ChannelOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Read one device once and print every point, its raw words, and the requests made."""
    found = _profile(profile)
    if mqtt is not None:
        listen(found, mqtt, topic, seconds, channel, as_json=as_json)
        return
    if host is None:
        err.print("give --host, or --mqtt and --topic")
        raise typer.Exit(2)
    if framer not in {"socket", "rtu"}:
        err.print(f"--framer is socket or rtu, not {framer!r}")
        raise typer.Exit(2)
    try:
        seen = asyncio.run(probe_device(found, host, port, unit, rtu=framer == "rtu"))
    except UnknownProtocolError as error:
        err.print(str(error))
        raise typer.Exit(2) from error
    except ProbeError as error:
        err.print(str(error))
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(seen.document(), ensure_ascii=False))
    else:
        _show(seen)


def _profile(name: str) -> Profile:
    library = load_profiles(SCHEMAS)
    if name in library:
        return library[name]
    close = get_close_matches(name, library, n=3, cutoff=0.4)
    hint = f"; did you mean {' or '.join(repr(one) for one in close)}?" if close else ""
    err.print(f"there is no profile {name!r}{hint}")
    raise typer.Exit(2)


def _show(seen: Probe) -> None:
    for device in seen.devices:
        out.print(f"{device.id} ({device.kind})", highlight=False)
        out.print(_table(device.points))
    table = Table("function", "address", "count", "ms", "error")
    for request in seen.requests:
        table.add_row(
            str(request.function), str(request.address), str(request.count),
            f"{request.ms:.1f}", request.error or "",
        )  # fmt: skip
    out.print(table)


def _table(points: Mapping[str, ProbedPoint]) -> Table:
    table = Table("point", "value", "unit", "quality", "raw words")
    for name, point in points.items():
        quality = point.quality.value + (f": {point.reason.value}" if point.reason else "")
        words = " ".join(f"{word:04X}" for word in point.raw)
        value = "" if point.value is None else str(point.value)
        table.add_row(name, value, point.unit, quality, words)
    return table
