"""`sitewatch report`: a report without the page, also while the service runs."""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.console import Console, RenderableType

from api.quality_items import to_quality
from api.safety_items import to_safety
from api.schemas import EnergyReport
from api.unaccounted_items import to_unaccounted
from collectors.registry import SCHEMAS
from device_configs.estate import Estate, load_estate
from records.engine import make_engine, sqlite_url
from reports.energy import EnergyReportData, energy_report
from reports.errors import InvalidPeriodError, ReportsError, UnknownSiteError
from reports.periods import Step, parse_period
from reports.quality import By, QualityReportData, quality_report
from reports.render_csv import energy_csv
from reports.render_quality import quality_csv, quality_table
from reports.render_safety import safety_csv, safety_table
from reports.render_table import energy_table
from reports.render_unaccounted import unaccounted_csv, unaccounted_table
from reports.safety import safety_report
from reports.texts import Language
from reports.unaccounted_report import LIMIT, unaccounted_report
from sitewatch.data_folder import DataFolder
from sitewatch.errors import SitewatchError
from sitewatch.estate_folder import revision_of
from sitewatch.screen import out


class Kind(StrEnum):
    """The reports there are."""

    ENERGY = "energy"
    QUALITY = "quality"
    UNACCOUNTED = "unaccounted"
    SAFETY = "safety"


class Format(StrEnum):
    """How a report is shown."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclasses.dataclass(frozen=True)
class _Made:
    """A report in every form."""

    table: Callable[[Language], RenderableType]
    json: Callable[[], str]
    csv: Callable[[Language], str]


def report(
    kind: Annotated[Kind, typer.Argument(help="which report")],
    period: Annotated[
        str,
        typer.Option(help="2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-23 or two days joined by .."),
    ],
    estate: Annotated[Path, typer.Option(help="the estate folder")],
    data: Annotated[Path, typer.Option(help="the data folder of the service")],
    site: Annotated[str | None, typer.Option(help="a site; the whole estate if not given")] = None,
    step: Annotated[Step | None, typer.Option(help="energy: one row a day or a month")] = None,
    by: Annotated[By, typer.Option(help="quality: what a row is about")] = By.DEVICE,
    limit: Annotated[
        float, typer.Option(min=0, max=1, help="unaccounted: share of the inflow to mark")
    ] = LIMIT,
    operators: Annotated[int, typer.Option(min=1, help="safety: people on duty at a time")] = 1,
    form: Annotated[Format, typer.Option("--format", help="how to show it")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="write a file")] = None,
    language: Annotated[Language, typer.Option(help="of headings and notes")] = Language.ZH,
) -> None:
    """Print a report of a site and everything below it, or write it to a file."""
    if kind is Kind.ENERGY:
        made = _energy(period, estate, data, site, step)
    elif kind is Kind.UNACCOUNTED:
        made = _unaccounted(period, estate, data, site, limit)
    elif kind is Kind.SAFETY:
        made = _safety(period, estate, data, site, operators)
    else:
        made = _quality(period, estate, data, site, by)
    if form is Format.TABLE and output is None:
        out.print(made.table(language))
        return
    if form is Format.TABLE:
        text = _plain(made.table(language))
    else:
        text = made.json() if form is Format.JSON else made.csv(language)
    if output is None:
        typer.echo(text, nl=form is not Format.CSV)
        return
    try:
        # The lines end as the format says, on every system.
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SitewatchError(f"{output} cannot be written: {error.strerror}") from error


@contextmanager
def _database(data: Path) -> Iterator[sa.Engine]:
    """The service's database; what is asked wrongly of it is a wrong argument."""
    file = DataFolder(data).records
    if not file.is_file():
        raise ReportsError(f"there is no database in {data}; give the service's --data folder")
    engine = make_engine(sqlite_url(file))
    try:
        yield engine
    except (UnknownSiteError, InvalidPeriodError) as error:
        raise typer.BadParameter(str(error)) from error
    finally:
        engine.dispose()


def _energy(period: str, estate: Path, data: Path, site: str | None, step: Step | None) -> _Made:
    loaded = load_estate(estate, SCHEMAS)
    wanted = step or (Step.MONTH if len(period) == len("2026") else Step.DAY)
    with _database(data) as engine:
        made = energy_report(
            engine,
            loaded,
            loaded.id if site is None else site,
            period,
            wanted,
            now_ms=time.time_ns() // 1_000_000,
            revision=revision_of(estate),
        )
    return _Made(
        lambda language: energy_table(made, language),
        lambda: _energy_json(made),
        lambda language: energy_csv(made, language),
    )


def _energy_json(made: EnergyReportData) -> str:
    shape = EnergyReport.model_validate(dataclasses.asdict(made) | {"meters": list(made.meters)})
    return shape.model_dump_json(indent=2)


def _unaccounted(period: str, estate: Path, data: Path, site: str | None, limit: float) -> _Made:
    loaded = load_estate(estate, SCHEMAS)
    with _database(data) as engine:
        made = unaccounted_report(
            engine,
            loaded,
            loaded.id if site is None else site,
            period,
            now_ms=time.time_ns() // 1_000_000,
            revision=revision_of(estate),
            limit=limit,
        )
    return _Made(
        lambda language: unaccounted_table(made, language),
        lambda: to_unaccounted(made).model_dump_json(indent=2),
        lambda language: unaccounted_csv(made, language),
    )


def _safety(period: str, estate: Path, data: Path, site: str | None, operators: int) -> _Made:
    loaded = load_estate(estate, SCHEMAS)
    chosen = loaded.id if site is None else site
    now = time.time_ns() // 1_000_000
    with _database(data) as engine:
        made = safety_report(engine, loaded, chosen, period, now_ms=now, operators=operators)
    return _Made(
        lambda language: safety_table(made, language),
        lambda: to_safety(made).model_dump_json(indent=2),
        lambda language: safety_csv(made, language),
    )


def _quality(period: str, estate: Path, data: Path, site: str | None, by: By) -> _Made:
    if by is By.LINE:
        raise typer.BadParameter("lines are known to the running service only: GET quality?by=line")
    loaded = load_estate(estate, SCHEMAS)
    chosen = loaded.id if site is None else site
    with _database(data) as engine:
        made = _quality_of(engine, loaded, chosen, period, by)
    name = loaded.sites[chosen].name
    names = {"zh": name.zh, "en": name.en}
    return _Made(
        lambda language: quality_table(made, names, language),
        lambda: to_quality(made, reasons=True).model_dump_json(indent=2),
        lambda language: quality_csv(made, language),
    )


def _quality_of(
    engine: sa.Engine, estate: Estate, site: str, period: str, by: By
) -> QualityReportData:
    if site not in estate.sites:
        raise UnknownSiteError(f"the estate has no site {site!r}")
    asked = parse_period(period, estate.timezone)
    last = asked.end.date() - dt.timedelta(days=1)
    devices = estate.devices_in(site)
    return quality_report(engine, estate, devices, asked.start.date(), last, by, site=site)


def _plain(table: RenderableType) -> str:
    console = Console(width=140, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()
