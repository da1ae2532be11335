"""`sitewatch check`: everything that is wrong with an estate folder, at once."""

from pathlib import Path
from typing import Annotated

import typer

from alerts.offline import lines_without_internet
from alerts.route_check import lines_without_route
from reports.schedules import FILE as SCHEDULES
from sitewatch.estate_folder import load_folder
from sitewatch.screen import counted, err, out
from sitewatch.settings import load_settings


def check(folder: Annotated[Path, typer.Argument(help="the estate folder")]) -> None:
    """Validate the profiles, estate, rules and routes of a folder."""
    loaded = load_folder(folder)
    host = load_settings().mail.host
    warnings = [
        *lines_without_route(loaded.routes, loaded.rules),
        *lines_without_internet(loaded.routes, host),
    ]
    for warning in warnings:
        err.print(f"{folder}: warning: {warning}", highlight=False)
    if host is None and (folder / SCHEDULES).exists():
        err.print(f"{folder}: warning: {SCHEDULES} sends nothing without a mail server (mail.host)")
    estate = loaded.estate
    parts = sum(len(device.parts) for device in estate.devices.values())
    out.print(
        f"{folder}: good. {counted(len(estate.sites), 'site')}, "
        f"{counted(len(estate.devices), 'device')} with {counted(parts, 'part')}, "
        f"{len(estate.profiles)} profiles, {len(loaded.rules.rules)} rules, "
        f"{counted(len(loaded.routes.routes), 'route')}.",
        highlight=False,
    )
