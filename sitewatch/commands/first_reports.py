"""The four reports that have a shape of their own: energy, quality, unaccounted, safety."""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
import typer
from rich.console import RenderableType

from api.quality_items import to_quality
from api.safety_items import to_safety
from api.schemas import EnergyReport
from api.unaccounted_items import to_unaccounted
from collectors.registry import SCHEMAS
from device_configs.estate import Estate, load_estate
from records.engine import make_engine, sqlite_url
from reports.energy import EnergyReportData, energy_report
from reports.errors import (
    InvalidOptionError,
    InvalidPeriodError,
    ReportsError,
    UnknownSiteError,
)
from reports.periods import Step, parse_period
from reports.quality import By, QualityReportData, quality_report
from reports.render_csv import energy_csv
from reports.render_quality import quality_csv, quality_table
from reports.render_safety import safety_csv, safety_table
from reports.render_table import energy_table
from reports.render_unaccounted import unaccounted_csv, unaccounted_table
from reports.safety import safety_report
from reports.texts import Language
from reports.unaccounted_report import unaccounted_report
from sitewatch.data_folder import DataFolder
from sitewatch.estate_folder import revision_of


@dataclasses.dataclass(frozen=True)
class Made:
    """A report in every form."""

    table: Callable[[Language], RenderableType]
    json: Callable[[Language], str]
    csv: Callable[[Language], str]


@contextmanager
def database(data: Path) -> Iterator[sa.Engine]:
    """The service's database; what is asked wrongly of it is a wrong argument."""
    file = DataFolder(data).records
    if not file.is_file():
        raise ReportsError(f"there is no database in {data}; give the service's --data folder")
    engine = make_engine(sqlite_url(file))
    try:
        yield engine
    except (UnknownSiteError, InvalidPeriodError, InvalidOptionError) as error:
        raise typer.BadParameter(str(error)) from error
    finally:
        engine.dispose()


def energy(period: str, estate: Path, data: Path, site: str | None, step: Step | None) -> Made:
    """What a site drew, made, fed in and charged."""
    loaded = load_estate(estate, SCHEMAS)
    wanted = step or (Step.MONTH if len(period) == len("2026") else Step.DAY)
    with database(data) as engine:
        made = energy_report(
            engine,
            loaded,
            loaded.id if site is None else site,
            period,
            wanted,
            now_ms=time.time_ns() // 1_000_000,
            revision=revision_of(estate),
        )
    return Made(
        lambda language: energy_table(made, language),
        lambda _: _energy_json(made),
        lambda language: energy_csv(made, language),
    )


def _energy_json(made: EnergyReportData) -> str:
    shape = EnergyReport.model_validate(dataclasses.asdict(made) | {"meters": list(made.meters)})
    return shape.model_dump_json(indent=2)


def unaccounted(period: str, estate: Path, data: Path, site: str | None, limit: float) -> Made:
    """The balances of the meter tree."""
    loaded = load_estate(estate, SCHEMAS)
    with database(data) as engine:
        made = unaccounted_report(
            engine,
            loaded,
            loaded.id if site is None else site,
            period,
            now_ms=time.time_ns() // 1_000_000,
            revision=revision_of(estate),
            limit=limit,
        )
    return Made(
        lambda language: unaccounted_table(made, language),
        lambda _: to_unaccounted(made).model_dump_json(indent=2),
        lambda language: unaccounted_csv(made, language),
    )


def safety(period: str, estate: Path, data: Path, site: str | None, operators: int) -> Made:
    """The alarms of a site."""
    loaded = load_estate(estate, SCHEMAS)
    chosen = loaded.id if site is None else site
    now = time.time_ns() // 1_000_000
    with database(data) as engine:
        made = safety_report(engine, loaded, chosen, period, now_ms=now, operators=operators)
    return Made(
        lambda language: safety_table(made, language),
        lambda _: to_safety(made).model_dump_json(indent=2),
        lambda language: safety_csv(made, language),
    )


def quality(period: str, estate: Path, data: Path, site: str | None, by: By) -> Made:
    """How good the data of a site is."""
    if by is By.LINE:
        raise typer.BadParameter("lines are known to the running service only: GET quality?by=line")
    loaded = load_estate(estate, SCHEMAS)
    chosen = loaded.id if site is None else site
    with database(data) as engine:
        made = _quality_of(engine, loaded, chosen, period, by)
    name = loaded.sites[chosen].name
    names = {"zh": name.zh, "en": name.en}
    return Made(
        lambda language: quality_table(made, names, language),
        lambda _: to_quality(made, reasons=True).model_dump_json(indent=2),
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
