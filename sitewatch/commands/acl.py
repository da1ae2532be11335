"""`sitewatch acl`: the broker's list of rights, as the estate implies it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from collectors.mqtt_acl import AccountError, access, mosquitto
from sitewatch.estate_folder import load_folder
from sitewatch.screen import err


class AclFormat(StrEnum):
    """The brokers whose lists can be written."""

    MOSQUITTO = "mosquitto"


def acl(
    estate: Annotated[Path, typer.Option("--estate", help="the estate folder")],
    list_format: Annotated[
        AclFormat, typer.Option("--format", help="the broker that reads the list")
    ] = AclFormat.MOSQUITTO,
    sitewatch_user: Annotated[
        str, typer.Option("--sitewatch-user", help="sitewatch's account at the broker")
    ] = "sitewatch",
) -> None:
    """Print who may publish and read what at the broker; everything else is refused."""
    if not sitewatch_user or any(c.isspace() or c in ":#" for c in sitewatch_user):
        err.print("--sitewatch-user is an account: no spaces, ':' or '#'")
        raise typer.Exit(2)
    loaded = load_folder(estate)
    devices = [d for d in loaded.estate.devices.values() if d.profile.protocol == "mqtt"]
    try:
        given = access(devices, sitewatch_user)
    except AccountError as error:
        err.print(str(error))
        raise typer.Exit(2) from error
    writers = {AclFormat.MOSQUITTO: mosquitto}
    typer.echo(f"# {loaded.estate.id}, made by `sitewatch acl`: change the estate, not this file.")
    for line in writers[list_format](given):
        typer.echo(line)
