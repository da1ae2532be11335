"""`sitewatch check`: everything that is wrong with an estate folder, at once."""

from pathlib import Path
from typing import Annotated

import typer

from sitewatch.estate_folder import load_folder
from sitewatch.screen import counted, out


def check(folder: Annotated[Path, typer.Argument(help="the estate folder")]) -> None:
    """Validate the profiles, estate, rules and routes of a folder."""
    loaded = load_folder(folder)
    estate = loaded.estate
    parts = sum(len(device.parts) for device in estate.devices.values())
    out.print(
        f"{folder}: good. {counted(len(estate.sites), 'site')}, "
        f"{counted(len(estate.devices), 'device')} with {counted(parts, 'part')}, "
        f"{len(estate.profiles)} profiles, {len(loaded.rules.rules)} rules, "
        f"{counted(len(loaded.routes.routes), 'route')}.",
        highlight=False,
    )
