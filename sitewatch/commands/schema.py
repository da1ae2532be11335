"""`sitewatch schema`: JSON Schema of the files a person writes, for editors."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from collectors.registry import SCHEMAS
from device_configs.json_schema import (
    devices_schema,
    estate_schema,
    profile_schema,
    tariff_schema,
    tariffs_schema,
)


class Which(StrEnum):
    """The files that have a schema."""

    PROFILE = "profile"
    ESTATE = "estate"
    DEVICES = "devices"
    TARIFF = "tariff"
    TARIFFS = "tariffs"


def schema(which: Annotated[Which, typer.Argument(help="which file's schema")]) -> None:
    """Print the JSON Schema of a profile, estate.yaml, devices, a tariff or tariffs.yaml."""
    found = {
        Which.PROFILE: lambda: profile_schema(SCHEMAS),
        Which.ESTATE: estate_schema,
        Which.DEVICES: devices_schema,
        Which.TARIFF: tariff_schema,
        Which.TARIFFS: tariffs_schema,
    }[which]()
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
