"""`sitewatch duty`: people, teams and shifts as one file, also while the service runs."""

import datetime as dt
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
import yaml
from pydantic import ValidationError
from rich.table import Table

from alerts import duty_book
from alerts.contacts import Directory, DutyList
from alerts.duty import gaps, on_duty, wall
from alerts.duty_audit import GAP_AHEAD_MS, unreachable
from device_configs.faults import InvalidConfigError, from_validation
from device_configs.yaml_file import read_yaml
from ingest.clock import wall_clock_ms
from records.engine import reading, transaction
from sitewatch.commands.users import ConfigOption, DataOption, actor, records
from sitewatch.estate_folder import load_folder
from sitewatch.screen import err, out

duty_app = typer.Typer(help="Who is told: contacts, teams, duty schedules.", no_args_is_help=True)

_AHEAD_MS = 28 * GAP_AHEAD_MS
"""How far ahead gaps are looked for after an import. [ms]"""


def read_list(file: Path) -> DutyList:
    """Read a duty list.

    Raises:
        InvalidConfigError: with every fault, each with its line.
    """
    document = read_yaml(file)
    try:
        return DutyList.model_validate(document.data or {})
    except ValidationError as error:
        faults = from_validation(error, file, document.lines, model=DutyList)
        raise InvalidConfigError(faults) from error


@duty_app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="the list as YAML")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Make the list this file: what is not in it is removed. Prints gaps of the next 28 days."""
    listed = read_list(file)
    now = wall_clock_ms()
    with records(config, data) as engine, transaction(engine) as connection:
        done = duty_book.replace(connection, listed, actor(), now)
    out.print(", ".join(f"{count} {what}" for what, count in done.items()), highlight=False)
    for line in gap_lines(Directory.of(listed), now, _AHEAD_MS):
        err.print(line, highlight=False)


@duty_app.command("export")
def export_list(config: ConfigOption = None, data: DataOption = None) -> None:
    """Print the list as `import` takes it."""
    with records(config, data) as engine, reading(engine) as connection:
        listed = duty_book.listed(connection)
    content = listed.model_dump(mode="json", exclude_defaults=True)
    typer.echo(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), nl=False)


@duty_app.command("show")
def show(
    at: Annotated[dt.datetime | None, typer.Option("--at", help="2026-12-01T20:30:00")] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Who is on duty now, or at a time on the wall of each schedule."""
    with records(config, data) as engine, reading(engine) as connection:
        people = duty_book.directory(connection)
    table = Table("schedule", "at", "on duty", "wanted")
    for one in people.schedules.values():
        zone = ZoneInfo(one.timezone)
        now = wall_clock_ms() if at is None else round(at.replace(tzinfo=zone).timestamp() * 1000)
        names = [people.contacts[who].name for who in on_duty(one, now, people.calendar)]
        moment = wall(zone, now).isoformat(" ", "minutes")
        table.add_row(one.id, moment, ", ".join(names) or "-", str(one.people))
    out.print(table)


@duty_app.command("check")
def check_list(
    estate: Annotated[Path | None, typer.Option("--estate", help="the estate folder")] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Find gaps of the next 28 days, and whom routes and escalations name and do not reach."""
    now = wall_clock_ms()
    with records(config, data) as engine, reading(engine) as connection:
        people = duty_book.directory(connection)
    found = gap_lines(people, now, _AHEAD_MS)
    if estate is not None:
        found += unreachable(load_folder(estate).routes, people, now)
    for line in found:
        err.print(line, highlight=False)
    if found:
        raise typer.Exit(1)
    out.print("good", highlight=False)


def gap_lines(people: Directory, now_ms: int, ahead_ms: int) -> list[str]:
    """One sentence for each time in which too few are on duty."""
    found = []
    for one in people.schedules.values():
        zone = ZoneInfo(one.timezone)
        for gap in gaps(one, now_ms, now_ms + ahead_ms, people.calendar):
            began = wall(zone, gap.start).isoformat(" ", "minutes")
            ended = wall(zone, gap.end).isoformat(" ", "minutes")
            found.append(
                f"schedule {one.id}: {gap.present} of {one.people} on duty, {began} to {ended}"
            )
    return found
