"""The savings report: each project with its baseline, what it saved and how sure that is.

Planned, unverified and verified savings never stand in one sum (GB/T 28750: what is not verified is
not published as a saving).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from analysis.energy_model import EnergyModel, Observation
from analysis.savings import Savings, doubts, fit_model, savings
from device_configs.holidays import Holidays, load_holidays
from device_configs.projects import Days, Project, Status, load_projects
from device_configs.quantities import Label
from device_configs.tariffs import load_tariffs
from records.engine import reading
from reports.asked import Asked
from reports.charging_data import wh
from reports.cost import Payer, together
from reports.cost_sources import tariff_sources
from reports.document import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Note,
    Report,
    Row,
    Sheet,
    Source,
    SourceKind,
    Weight,
)
from reports.errors import ReportsError, UnreadableDatabaseError
from reports.forms import Form
from reports.holiday_notes import holiday_notes
from reports.periods import Period, Step, days_between, steps_of
from reports.project_data import adjustment_kwh, observations
from reports.report_texts import report_texts
from reports.savings_money import Money, money_of

KIND = "savings"
_PROJECTS = (
    Column("project", Form.TEXT), Column("status", Form.TEXT), Column("from", Form.TEXT),
    Column("to", Form.TEXT), Column("adjusted", Form.ENERGY), Column("used", Form.ENERGY),
    Column("saved", Form.ENERGY), Column("half_width", Form.ENERGY), Column("rate", Form.CHANGE),
    Column("sure", Form.TEXT), Column("outside", Form.COUNT),
)  # fmt: skip
_MODELS = (
    Column("project", Form.TEXT), Column("model", Form.TEXT), Column("observations", Form.COUNT),
    Column("r2", Form.FACTOR), Column("cv_rmse", Form.SHARE), Column("nmbe", Form.CHANGE),
    Column("correlation", Form.FACTOR), Column("doubts", Form.TEXT),
)  # fmt: skip
_MONTHS = (
    Column("month", Form.TEXT), Column("project", Form.TEXT), Column("status", Form.TEXT),
    Column("adjusted", Form.ENERGY), Column("used", Form.ENERGY), Column("saved", Form.ENERGY),
    Column("half_width", Form.ENERGY),
)  # fmt: skip
_MONEY = (
    Column("project", Form.TEXT), Column("status", Form.TEXT),
    Column("contract_year", Form.TEXT), Column("tariff_period", Form.TEXT),
    Column("saved", Form.ENERGY), Column("money", Form.MONEY),
    Column("institution", Form.MONEY), Column("company", Form.MONEY),
)  # fmt: skip
_SUMS = (Column("status", Form.TEXT), Column("projects", Form.COUNT), Column("saved", Form.ENERGY),
         Column("half_width", Form.ENERGY))  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """A project with what was found."""

    id: str
    project: Project
    model: EnergyModel | None
    """None where the baseline is too short or empty."""
    baseline: Sequence[Observation]
    reporting: Sequence[Observation]
    whole: Savings | None
    doubts: Sequence[str]
    money: Money = field(default_factory=lambda: Money((), ()))


def make(asked: Asked) -> Report:
    """Make the savings report of the projects at a site and below it; blocks.

    Raises:
        ReportsError: the time series cannot be read, and with it the weather.
        InvalidConfigError: projects or holidays are wrong.
        UnreadableDatabaseError: the database cannot be read.
    """
    estate = asked.estate
    if asked.readings is None:
        raise ReportsError(
            "the savings report needs the weather from the store, which belongs to the running "
            "service: ask it on the page or by GET reports/savings"
        )
    holidays = load_holidays(asked.folder)
    payer = Payer(estate, load_tariffs(asked.folder, estate), holidays)
    inside = estate.below(asked.site)
    if asked.places is not None:
        inside &= asked.places
    every = load_projects(asked.folder, frozenset(estate.sites), _meters(asked))
    judged = [
        _judged(asked, name, project, payer)
        for name, project in asked.through(every.items(), 0.0, 0.8)
        if project.site in inside
    ]
    return Report(
        KIND,
        asked.site,
        estate.sites[asked.site].name,
        asked.period,
        estate.timezone.key,
        asked.revision,
        asked.now_ms,
        [
            _projects(judged),
            _sums(judged),
            _by_month(asked, judged),
            _worth(judged),
            _models(judged),
        ],
        [Chart(ChartKind.BAR, "months", "month", ["adjusted", "used"])],
        [*_notes(judged), *_holiday_notes(asked, judged, holidays)],
        _sources(asked, judged),
    )


def _meters(asked: Asked) -> frozenset[str]:
    return frozenset({*asked.estate.devices, *asked.estate.virtual_meters})


def _judged(asked: Asked, name: str, project: Project, payer: Payer) -> Judged:
    holidays = payer.holidays
    baseline = _read(asked, project, holidays, project.baseline)
    days = _reporting(asked, project)
    reporting = [] if days is None else _read(asked, project, holidays, days)
    model = fit_model(baseline, project.step) if baseline else None
    known = [one for one in baseline if one.known]
    if model is None:
        return Judged(name, project, None, baseline, reporting, None, ["no_model"])
    length = (project.baseline.to - project.baseline.from_).days + 1
    found = doubts(model, length, len(known) / max(1, len(baseline)), project.step)
    whole = _saved(model, project, reporting) if reporting else None
    money = _money(asked, payer, project, model, reporting)
    return Judged(name, project, model, baseline, reporting, whole, found, money)


def _money(
    asked: Asked, payer: Payer, project: Project, model: EnergyModel, steps: Sequence[Observation]
) -> Money:
    try:
        with reading(asked.engine) as connection:
            return money_of(connection, asked, payer, project, model, steps)
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error


def _reporting(asked: Asked, project: Project) -> Days | None:
    """The days of the report's period that the project reports on; None where there are none."""
    today = dt.datetime.fromtimestamp(asked.now_ms / 1000, asked.estate.timezone).date()
    first = max(asked.period.start.date(), project.reporting_from)
    # Today is not over, and half a day is no day.
    last = min(asked.period.end.date() - dt.timedelta(days=1), today - dt.timedelta(days=1))
    return Days.model_validate({"from": first, "to": last}) if first <= last else None


def _read(asked: Asked, project: Project, holidays: Holidays, days: Days) -> Sequence[Observation]:
    if asked.readings is None:
        return []
    try:
        with reading(asked.engine) as connection:
            return observations(connection, asked.readings, asked.estate, project, holidays, days)
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error


def _saved(model: EnergyModel, project: Project, steps: Sequence[Observation]) -> Savings:
    whole_days = sorted({one.start.date() for one in steps if one.known})
    return savings(model, steps, adjustment_kwh(project, whole_days))


def _projects(judged: Sequence[Judged]) -> Sheet:
    words = report_texts(KIND).rows
    rows = []
    for one in judged:
        project, whole = one.project, one.whole
        head: list[Cell] = [project.name, words[project.status.value]]
        if whole is None or not whole.steps:
            rows.append(Row([*head, *[None] * 9], sources=[one.id]))
            continue
        days = [each.start.date() for each in one.reporting]
        cells: list[Cell] = [
            *head, f"{days[0]}", f"{days[-1]}", whole.adjusted * 1000, whole.used * 1000,
            whole.saved * 1000, whole.half_width * 1000, whole.rate,
            words["sure" if whole.sure else "not_sure"], whole.outside,
        ]  # fmt: skip
        rows.append(Row(cells, sources=[one.id]))
    return Sheet("projects", _PROJECTS, rows)


def _sums(judged: Sequence[Judged]) -> Sheet:
    """One sum for each status; there is none of all."""
    words = report_texts(KIND).rows
    rows = []
    for status in (Status.VERIFIED, Status.UNVERIFIED):
        mine = [
            one.whole for one in judged
            if one.project.status is status and one.whole is not None and one.whole.steps
        ]  # fmt: skip
        if mine:
            # Projects are independent of each other: their variances add up.
            width = sum(one.half_width**2 for one in mine) ** 0.5
            saved = sum(one.saved for one in mine)
            cells: list[Cell] = [words[status.value], len(mine), saved * 1000, width * 1000]
            rows.append(Row(cells, weight=Weight.SUBTOTAL))
    return Sheet("sums", _SUMS, rows)


def _by_month(asked: Asked, judged: Sequence[Judged]) -> Sheet:
    words = report_texts(KIND).rows
    rows = []
    for cut in _cuts(asked.period):
        for one in judged:
            steps = [each for each in one.reporting if cut.start <= each.start < cut.end]
            if one.model is None or not steps:
                continue
            found = _saved(one.model, one.project, steps)
            if not found.steps:
                continue
            cells: list[Cell] = [
                cut.name, one.project.name, words[one.project.status.value],
                found.adjusted * 1000, found.used * 1000, found.saved * 1000,
                found.half_width * 1000,
            ]  # fmt: skip
            rows.append(Row(cells, sources=[one.id]))
    return Sheet("months", _MONTHS, rows)


def _worth(judged: Sequence[Judged]) -> Sheet:
    words = report_texts(KIND).rows
    rows = []
    for one in judged:
        lines = one.money.lines
        status = words[one.project.status.value]
        for line in lines:
            cells: list[Cell] = [
                one.project.name, status, str(line.year), words[line.period.value],
                wh(line.saved), line.fen, line.institution, line.company,
            ]  # fmt: skip
            rows.append(Row(cells, sources=[one.id]))
        if lines:
            sums = (
                together(line.fen for line in lines),
                together(line.institution for line in lines),
                together(line.company for line in lines),
            )
            saved = wh(sum(line.saved for line in lines))
            cells = [one.project.name, status, None, None, saved, *sums]
            rows.append(Row(cells, sources=[one.id], weight=Weight.SUBTOTAL))
    return Sheet("money", _MONEY, rows)


def _cuts(period: Period) -> Sequence[Period]:
    return steps_of(period, Step.MONTH) if period.of_whole_months else (period,)


def _models(judged: Sequence[Judged]) -> Sheet:
    rows = []
    for one in judged:
        said = _doubts(one.doubts)
        if one.model is None:
            rows.append(Row([one.project.name, *[None] * 6, said], sources=[one.id]))
            continue
        good = one.model.goodness
        cells: list[Cell] = [
            one.project.name, one.model.name, good.observations, good.r2, good.cv_rmse,
            good.nmbe, good.correlation, said,
        ]  # fmt: skip
        rows.append(Row(cells, sources=[one.id]))
    return Sheet("models", _MODELS, rows)


def _doubts(keys: Sequence[str]) -> Label:
    texts = [report_texts(KIND).rows[key] for key in keys or ["no_doubt"]]
    return Label(zh="；".join(one.zh for one in texts), en="; ".join(one.en for one in texts))


def _notes(judged: Sequence[Judged]) -> list[Note]:
    notes = [Note("interval")]
    if not judged:
        notes.append(Note("no_project"))
    if any(one.project.status is not Status.VERIFIED for one in judged):
        notes.append(Note("unverified"))
    if any(one.whole is not None and one.whole.outside for one in judged):
        notes.append(Note("outside"))
    if any(one.project.adjustments for one in judged):
        notes.append(Note("adjusted"))
    lines = [line for one in judged for line in one.money.lines]
    notes += [Note("money")] if lines else []
    notes += [Note("money_unpriced")] if any(line.fen is None for line in lines) else []
    if any(line.fen is not None and line.institution is None for line in lines):
        notes.append(Note("share_unknown"))
    return notes


def _holiday_notes(asked: Asked, judged: Sequence[Judged], holidays: Holidays) -> Iterator[Note]:
    """Days of rest are in the model: a year that has its weekends only makes it worse."""
    zone = asked.estate.timezone
    spans = [one.project.baseline for one in judged]
    periods = [days_between(one.from_, one.to, zone) for one in spans]
    return holiday_notes(holidays, *periods, *([asked.period] if judged else []))


def _sources(asked: Asked, judged: Sequence[Judged]) -> list[Source]:
    found: list[Source] = []
    for one in judged:
        project = one.project
        told = [f"site {project.site}", f"weather {project.weather}"]
        told += [f"meters {', '.join(project.meters)}"] if project.meters else []
        told += [
            f"{each.days.from_}..{each.days.to}: {each.kwh_a_day} kWh a day, {each.reason} "
            f"({each.approved_by})"
            for each in project.adjustments
        ]
        if project.verified_by is not None:
            told.append(f"verified by {project.verified_by} on {project.verified_on}")
        baseline = f"{project.baseline.from_}..{project.baseline.to}"
        found.append(
            Source(one.id, SourceKind.RULE, project.name, "; ".join(told), baseline,
                   project.status.value)
        )  # fmt: skip
    dues = [due for one in judged for due in one.money.dues]
    return [*found, *tariff_sources(dues)]
