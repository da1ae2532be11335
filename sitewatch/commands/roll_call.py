"""`sitewatch roll-call`: the duty desk of a site is asked to answer (查岗)."""

from pathlib import Path
from typing import Annotated

import typer

from alerts.roll_call import RollCalls
from ingest.clock import wall_clock_ms
from sitewatch.commands.users import ConfigOption, DataOption, actor, records
from sitewatch.estate_folder import load_folder
from sitewatch.screen import out
from sitewatch.settings import load_settings


def roll_call(
    site: Annotated[str, typer.Argument(help="the site whose duty desk is called")],
    estate: Annotated[Path, typer.Option("--estate", help="the estate folder of the service")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Call the duty desk of a site; the service sends it and keeps whether it was answered."""
    loaded = load_folder(estate)
    minutes = load_settings(config).roll_call.minutes
    with records(config, data) as engine:
        calls = RollCalls(
            engine, now_ms=wall_clock_ms, routes=lambda: loaded.routes,
            rules=lambda: loaded.rules, estate=lambda: loaded.estate, minutes=minutes,
        )  # fmt: skip
        made = calls.ask(site, actor())
    out.print(f"{site} is called (alarm {made.alarm}); it has {minutes} min to answer")
