"""`sitewatch report`: a report without the page, also while the service runs."""

import dataclasses
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.schemas import EnergyReport
from collectors.registry import SCHEMAS
from device_configs.estate import load_estate
from records.engine import make_engine, sqlite_url
from reports.energy import EnergyReportData, energy_report
from reports.errors import InvalidPeriodError, ReportsError, UnknownSiteError
from reports.periods import Step
from reports.render_csv import energy_csv
from reports.render_table import energy_table
from reports.texts import Language
from sitewatch.data_folder import DataFolder
from sitewatch.errors import SitewatchError
from sitewatch.estate_folder import revision_of
from sitewatch.screen import out


class Kind(StrEnum):
    """The reports there are."""

    ENERGY = "energy"


class Format(StrEnum):
    """How a report is shown."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def report(
    kind: Annotated[Kind, typer.Argument(help="which report")],
    period: Annotated[str, typer.Option(help="2026, 2026-11 or 2026-11-23")],
    estate: Annotated[Path, typer.Option(help="the estate folder")],
    data: Annotated[Path, typer.Option(help="the data folder of the service")],
    site: Annotated[str | None, typer.Option(help="a site; the whole estate if not given")] = None,
    step: Annotated[Step | None, typer.Option(help="one row a day or a month")] = None,
    form: Annotated[Format, typer.Option("--format", help="how to show it")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="write a file")] = None,
    language: Annotated[Language, typer.Option(help="of headings and notes")] = Language.ZH,
) -> None:
    """Print a report of a site and everything below it, or write it to a file."""
    made = _energy(period, estate, data, site, step)
    if form is Format.TABLE and output is None:
        out.print(energy_table(made, language))
        return
    text = {Format.TABLE: _table, Format.JSON: _json, Format.CSV: energy_csv}[form](made, language)
    if output is None:
        typer.echo(text, nl=form is not Format.CSV)
        return
    try:
        # The lines end as the format says, on every system.
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SitewatchError(f"{output} cannot be written: {error.strerror}") from error


def _energy(
    period: str, estate: Path, data: Path, site: str | None, step: Step | None
) -> EnergyReportData:
    loaded = load_estate(estate, SCHEMAS)
    file = DataFolder(data).records
    if not file.is_file():
        raise ReportsError(f"there is no database in {data}; give the service's --data folder")
    wanted = step or (Step.MONTH if len(period) == len("2026") else Step.DAY)
    engine = make_engine(sqlite_url(file))
    try:
        return energy_report(
            engine,
            loaded,
            loaded.id if site is None else site,
            period,
            wanted,
            now_ms=time.time_ns() // 1_000_000,
            revision=revision_of(estate),
        )
    except (UnknownSiteError, InvalidPeriodError) as error:
        raise typer.BadParameter(str(error)) from error
    finally:
        engine.dispose()


def _json(made: EnergyReportData, _language: Language) -> str:
    shape = EnergyReport.model_validate(dataclasses.asdict(made) | {"meters": list(made.meters)})
    return shape.model_dump_json(indent=2)


def _table(made: EnergyReportData, language: Language) -> str:
    console = Console(width=140, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(energy_table(made, language))
    return capture.get()
