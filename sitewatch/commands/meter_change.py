"""`sitewatch meter-change`: an exchanged meter with its last and first readings, for the record."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from collectors.registry import SCHEMAS
from device_configs.estate import Estate, load_estate
from ingest.clock import wall_clock_ms
from ingest.counter_terms import counter_spec
from ingest.meter_changes import SHOWN_UNITS, to_stored
from records import meter_changes as recorded
from records.engine import reading, transaction
from sitewatch.commands.users import ConfigOption, DataOption, JsonOption, actor, records
from sitewatch.screen import out

meter_change_app = typer.Typer(help="Meters that were exchanged.", no_args_is_help=True)

EstateOption = Annotated[Path, typer.Option("--estate", help="the estate folder")]
ReadingOption = Annotated[
    list[str],
    typer.Option("--reading", help="COUNTER=LAST,FIRST in kWh, kvarh or m3; one for each counter"),
]


@meter_change_app.command("enter")
def enter(
    device: Annotated[str, typer.Argument(help="the device, or device/part")],
    at: Annotated[str, typer.Option(help="when: 2026-11-23T14:30, in the estate's time zone")],
    readings: ReadingOption,
    estate: EstateOption,
    note: Annotated[str, typer.Option(help="who, why, the new meter's number")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Enter a meter change; what it alters is counted again by the running service."""
    loaded = load_estate(estate, SCHEMAS)
    now_ms = wall_clock_ms()
    moment_ms = _moment_ms(at, loaded)
    if moment_ms > now_ms:
        raise typer.BadParameter(f"{at} is still to come")
    changes = [_change(loaded, device, moment_ms, text, note) for text in readings]
    with records(config, data) as engine, transaction(engine) as connection:
        for change in changes:
            number = recorded.enter(connection, actor(), change, now_ms)
            out.print(f"meter change {number}: {device} {change.point}")


@meter_change_app.command("withdraw")
def withdraw(
    number: Annotated[int, typer.Argument(help="as `list` shows it")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Take back a meter change that was entered wrongly; the record of both stays."""
    with records(config, data) as engine, transaction(engine) as connection:
        recorded.withdraw(connection, actor(), number, wall_clock_ms())
    out.print(f"meter change {number} no longer counts")


@meter_change_app.command("list")
def list_changes(
    config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Show the meter changes that count and were entered by hand."""
    with records(config, data) as engine, reading(engine) as connection:
        found = recorded.in_force(connection)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    out.print(_table(found))


def _table(found: Sequence[recorded.RecordedChange]) -> Table:
    table = Table("number", "device", "counter", "at (UTC)", "last", "first", "note")
    for one in found:
        at = dt.datetime.fromtimestamp(one.at_ms / 1000, dt.UTC)
        table.add_row(
            str(one.id), one.device, one.point, f"{at:%Y-%m-%d %H:%M}", f"{one.last:g}",
            f"{one.first:g}", one.note,
        )  # fmt: skip
    return table


def _moment_ms(text: str, estate: Estate) -> int:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date and time: 2026-11-23T14:30") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=estate.timezone)
    return int(moment.timestamp() * 1000)


def _change(
    estate: Estate, device: str, moment_ms: int, text: str, note: str
) -> recorded.NewChange:
    point, _, values = text.partition("=")
    spec = counter_spec(estate, device, point)
    if spec is None:
        raise typer.BadParameter(f"{device} has no counter {point!r}")
    try:
        last, first = (float(value) for value in values.split(","))
    except ValueError as error:
        unit = SHOWN_UNITS.get(spec.unit, spec.unit)
        wanted = f"{point}=LAST,FIRST in {unit}"
        raise typer.BadParameter(f"{text!r} is not {wanted}") from error
    if not 0 <= last < float("inf") or not 0 <= first < float("inf"):
        raise typer.BadParameter(f"{text!r}: a meter shows a number from 0 on")
    last, first = (to_stored(value, spec.unit) for value in (last, first))
    return recorded.NewChange(device, point, moment_ms, last, first, note)
