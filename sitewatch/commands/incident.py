"""`sitewatch incident`: makes something happen in a running demo, and ends it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from collectors.simulator.control import RefusedError, ask
from sitewatch.screen import err, out

DEMO_DATA = Path("demo-data")
"""Where a demo keeps its data unless told otherwise."""


def incident(
    name: Annotated[str, typer.Argument(help="what happens; `list` shows the names")],
    device: Annotated[str | None, typer.Option(help="the device it happens to")] = None,
    part: Annotated[str | None, typer.Option(help="a part of it, as p001")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="end it instead")] = False,
    data: Annotated[Path, typer.Option(help="the demo's data folder")] = DEMO_DATA,
) -> None:
    """Make an incident happen in a running demo, end it, or list what there is."""
    if name == "list":
        _show(ask(data, {"list": True}))
        return
    if device is None:
        err.print("name the device with --device; `sitewatch incident list` shows what fits")
        raise typer.Exit(2)
    request = {"incident": name, "device": device, "part": part, "clear": clear}
    try:
        answer = ask(data, request)
    except RefusedError as error:
        err.print(str(error))
        raise typer.Exit(2) from error
    out.print(f"{name} {'ended' if clear else 'begun'} at {answer['at']}", highlight=False)


def _show(answer: dict[str, Any]) -> None:
    for known in answer["incidents"]:
        kinds = ", ".join(known["kinds"]) or "any kind"
        out.print(f"{known['incident']:18} {kinds}: {known['summary']}", highlight=False)
    for active in answer["active"]:
        out.print(f"now: {active['incident']} at {active['at']}", highlight=False)
