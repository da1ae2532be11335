"""`sitewatch probe`: one device read once, with everything that was asked and answered."""

import asyncio
import json
from typing import Annotated

import typer

from collectors.modbus_links import Parity
from collectors.modbus_schema import ModbusSettings
from collectors.probe import Probe, probe_at
from sitewatch.commands.probe_live import interval_of, watch
from sitewatch.commands.probe_table import device_table, request_table
from sitewatch.endpoint import (
    BaudOption,
    Framer,
    FramerOption,
    HostOption,
    ParityOption,
    PortOption,
    SerialOption,
    StopOption,
    UnitOption,
    transport_to,
)
from sitewatch.errors import InvalidInputError
from sitewatch.library import profile_named
from sitewatch.screen import out

ProfileOption = Annotated[
    str, typer.Option("--profile", help="a profile of the library, or a file of your own: my.yaml")
]
MqttOption = Annotated[str | None, typer.Option("--mqtt", help="a broker to listen at instead")]
TopicOption = Annotated[str | None, typer.Option("--topic", help="the device's topic there")]
SecondsOption = Annotated[float, typer.Option("--seconds", min=0.1, help="how long at most")]
ChannelOption = Annotated[int, typer.Option("--channel", min=0, max=99, help="of several")]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines")]
LiveOption = Annotated[bool, typer.Option("--live", help="go on reading until Ctrl-C")]
EveryOption = Annotated[str, typer.Option("--every", help="with --live: 1s, 500ms, 1min")]


def probe(
    profile: ProfileOption,
    host: HostOption = None,
    port: PortOption = 502,
    unit: UnitOption = 1,
    framer: FramerOption = Framer.SOCKET,
    serial: SerialOption = None,
    baud: BaudOption = 9600,
    parity: ParityOption = Parity.NONE,
    stop: StopOption = 1,
    mqtt: MqttOption = None,
    topic: TopicOption = None,
    seconds: SecondsOption = 30.0,
    channel: ChannelOption = 0,
    as_json: JsonOption = False,
    live: LiveOption = False,
    every: EveryOption = "1s",
) -> None:
    """Read one device and print every point, its raw words, and the requests made."""
    found = profile_named(profile)
    if mqtt is not None:
        if live:
            raise InvalidInputError("--live reads over Modbus; --mqtt hears a device once")
        # Imported here, so that reading a meter does not wait for the broker's side.
        from sitewatch.commands.probe_mqtt import listen

        listen(found, mqtt, topic, seconds, channel, as_json=as_json)
        return
    if not isinstance(found.settings, ModbusSettings):
        raise InvalidInputError(
            f"profile {found.id!r} speaks {found.protocol}; "
            "probe with --host reads Modbus and SunSpec profiles; with --mqtt, those of MQTT"
        )
    transport = transport_to(host, port, framer, serial, baud, parity, stop)
    if live:
        watch(found, transport, unit, interval_of(every), as_json=as_json)
        return
    seen = asyncio.run(probe_at(found, transport, unit))
    if as_json:
        typer.echo(json.dumps(seen.document(), ensure_ascii=False))
    else:
        _show(seen)


def _show(seen: Probe) -> None:
    for device in seen.devices:
        out.print(f"{device.id} ({device.kind})", highlight=False, markup=False)
        out.print(device_table(device.points))
    out.print(request_table(seen.requests))
