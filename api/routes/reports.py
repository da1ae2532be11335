"""The reports as JSON and CSV."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from api.auth import Asking
from api.errors import language_of
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.report_items import MEDIA, files_of
from api.safety_items import to_safety
from api.schemas import EnergyReport, EnergyRow
from api.schemas_safety import SafetyReport
from api.schemas_unaccounted import UnaccountedReport
from api.unaccounted_items import to_unaccounted
from reports.energy import EnergyReportData, energy_report
from reports.periods import Step
from reports.render_csv import energy_csv
from reports.render_safety import safety_csv
from reports.render_unaccounted import unaccounted_csv
from reports.safety import safety_report
from reports.texts import Language
from reports.unaccounted_report import LIMIT, unaccounted_report

router = APIRouter(tags=["reports"])

PERIOD = "2026, 2026-H2, 2026-Q4, 2026-11, 2026-W48, 2026-11-23 or 2026-11-03..2026-11-20"
"""How a period is written."""


@router.get("/reports/energy", response_model=EnergyReport, responses=files_of("csv"))
async def get_energy_report(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    period: Annotated[str, Query(max_length=22, description=PERIOD)],
    site: str | None = None,
    step: Step | None = None,
    format: Literal["json", "csv"] = "json",
    language: Language | None = None,
    accept_language: Annotated[str, Header()] = "",
) -> Response | EnergyReport:
    """What a site drew, made, fed in and charged, by day; a year without `step`, by month.

    `language` is that of the CSV's headings; without it, the one the browser asks for.
    """
    chosen = site or index.estate.id
    cut = step or (Step.MONTH if len(period) == len("2026") else Step.DAY)
    caller.within(index.estate, chosen)
    found = await threads.query(
        lambda: energy_report(
            house.engine, index.estate, chosen, period, cut,
            now_ms=house.now_ms(), revision=house.revision(),
        )
    )  # fmt: skip
    if format == "json":
        return to_report(found)
    spoken = language or Language(language_of(accept_language))
    return _file(energy_csv(found, spoken), f"energy-{chosen}-{period}.csv")


@router.get("/reports/unaccounted", response_model=UnaccountedReport, responses=files_of("csv"))
async def get_unaccounted_report(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    period: Annotated[str, Query(max_length=22, description=PERIOD)],
    site: str | None = None,
    limit: Annotated[float, Query(ge=0, le=1, description="share that is marked")] = LIMIT,
    format: Literal["json", "csv"] = "json",
    language: Language | None = None,
    accept_language: Annotated[str, Header()] = "",
) -> Response | UnaccountedReport:
    """What flowed into each node of the meter tree, and how much of it no sub-meter counted."""
    chosen = site or index.estate.id
    caller.within(index.estate, chosen)
    found = await threads.query(
        lambda: unaccounted_report(
            house.engine, index.estate, chosen, period,
            now_ms=house.now_ms(), revision=house.revision(), limit=limit,
        )
    )  # fmt: skip
    if format == "json":
        return to_unaccounted(found)
    spoken = language or Language(language_of(accept_language))
    return _file(unaccounted_csv(found, spoken), f"unaccounted-{chosen}-{period}.csv")


def _file(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=MEDIA["csv"], headers=headers)


@router.get("/reports/safety", response_model=SafetyReport, responses=files_of("csv"))
async def get_safety_report(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    period: Annotated[str, Query(max_length=22, description=PERIOD)],
    site: str | None = None,
    operators: Annotated[int, Query(ge=1, le=1000)] = 1,
    format: Literal["json", "csv"] = "json",
    language: Language | None = None,
    accept_language: Annotated[str, Header()] = "",
) -> Response | SafetyReport:
    """How many alarms a site had, how people dealt with them, and how often in a flood."""
    chosen = site or index.estate.id
    sites = caller.within(index.estate, chosen)
    places = None if caller.everywhere(index.estate) else sites
    found = await threads.query(
        lambda: safety_report(
            house.engine, index.estate, chosen, period,
            now_ms=house.now_ms(), operators=operators, places=places,
        )
    )  # fmt: skip
    if format == "json":
        return to_safety(found)
    spoken = language or Language(language_of(accept_language))
    headers = {"Content-Disposition": f'attachment; filename="safety-{chosen}-{period}.csv"'}
    return Response(safety_csv(found, spoken), media_type=MEDIA["csv"], headers=headers)


def to_report(data: EnergyReportData) -> EnergyReport:
    """The report in the interface's shape."""
    return EnergyReport(
        site=data.site,
        site_name=dict(data.site_name),
        period=data.period,
        step=data.step,
        timezone=data.timezone,
        revision=data.revision,
        meters=list(data.meters),
        rows=[EnergyRow(**vars(row)) for row in data.rows],
        total=EnergyRow(**vars(data.total)),
        notes=list(data.notes),
    )
