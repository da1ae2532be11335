"""What a project is judged by: energy and temperature of each day or hour."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import sqlalchemy as sa

from analysis.energy_model import Observation
from collectors.sample import Quality
from device_configs.estate import Estate
from device_configs.holidays import Holidays
from device_configs.projects import Days, Project
from ingest.counters import COUNTS_PER_UNIT
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from ingest.stores.store import Aggregate
from ingest.virtual_meters import amounts_with_virtual
from reports.asked import Series as Readings
from reports.energy import figures_of_day
from reports.meter_tree import IMPORT, MeterTree, meter_tree, series_of
from reports.periods import Period, Step, days_between, steps_of

TEMPERATURE = "ambient_temperature"
HOUR_MS = 3_600_000
_WHOLE = 0.99
"""A step of which less is known is not known: half a day's energy is no day's energy."""


def observations(
    connection: sa.Connection,
    readings: Readings,
    estate: Estate,
    project: Project,
    holidays: Holidays,
    days: Days,
) -> list[Observation]:
    """Energy and temperature of each step of some days; NaN where one is not known."""
    period = days_between(days.from_, days.to, estate.timezone)
    spans = list(_steps(period, project.step))
    warm = _temperatures(readings, project.weather, period.span, spans)
    energy = _energies(connection, estate, project, spans)
    found = []
    for span in spans:
        start = dt.datetime.fromtimestamp(span.start / 1000, estate.timezone)
        found.append(
            Observation(
                start,
                energy.get(span.start, math.nan),
                warm.get(span.start, math.nan),
                holidays.is_rest(start.date()),
            )
        )
    return found


def _steps(period: Period, step: str) -> Iterator[Span]:
    for day in steps_of(period, Step.DAY):
        if step == "day":
            yield day.span
        else:
            yield from (
                Span(start, start + HOUR_MS)
                for start in range(day.span.start, day.span.end, HOUR_MS)
            )


def _temperatures(
    readings: Readings, station: str, whole: Span, spans: Sequence[Span]
) -> Mapping[int, float]:
    """The mean temperature of each step, of hourly means: a station read often weighs no more."""
    found = readings.series(
        station, [TEMPERATURE], whole.start, whole.end, HOUR_MS, Aggregate.MEAN, 10_000_000
    )
    hours: dict[int, float] = {}
    for reading in found.get(TEMPERATURE, ()):
        if reading.quality is Quality.GOOD and isinstance(reading.value, int | float):
            hours[reading.at - reading.at % HOUR_MS] = float(reading.value)
    means = {}
    for span in spans:
        mine = [hours[at] for at in range(span.start, span.end, HOUR_MS) if at in hours]
        # Half of a day's hours without a reading could all be its warm ones.
        if mine and len(mine) * HOUR_MS * 4 >= span.length * 3:
            means[span.start] = math.fsum(mine) / len(mine)
    return means


def _energies(
    connection: sa.Connection, estate: Estate, project: Project, spans: Sequence[Span]
) -> Mapping[int, float]:
    """The energy of each step of which all is known, in kWh."""
    tree = meter_tree(estate, project.site)
    meters = _meters(estate, project)
    series = meters or tree.series
    found = {}
    for span, amounts in zip(
        spans, amounts_with_virtual(connection, estate, series, spans), strict=True
    ):
        needed = meters or [one for each in tree.balances for one in each.series]
        if any(
            one not in amounts or amounts[one].known_ms < _WHOLE * span.length for one in needed
        ):
            continue
        counts = _counts(tree, meters, amounts)
        if counts is not None:
            found[span.start] = float(Fraction(counts, COUNTS_PER_UNIT["active_energy"] * 1000))
    return found


def _meters(estate: Estate, project: Project) -> list[Series]:
    return [
        one
        for meter in project.meters
        for one in series_of(estate.devices.get(meter) or estate.virtual_meters[meter], IMPORT)
    ]


def _counts(
    tree: MeterTree, meters: Sequence[Series], amounts: Mapping[Series, Amounts]
) -> int | None:
    if meters:
        return sum(amounts[one].amount for one in meters)
    return figures_of_day(tree, amounts).consumption


def signed_series(estate: Estate, project: Project) -> tuple[Sequence[Series], Sequence[Series]]:
    """The counters a project is judged by: those that are added and those that are taken off."""
    if meters := _meters(estate, project):
        return meters, ()
    tree = meter_tree(estate, project.site)
    plus = [one for each in tree.balances for one in (*each.imports, *each.sources)]
    return plus, [one for each in tree.balances for one in each.exports]


def adjustment_kwh(project: Project, days: Sequence[dt.date]) -> float:
    """The non-routine adjustments of some days, in kWh."""
    return math.fsum(
        float(one.kwh_a_day)
        for day in days
        for one in project.adjustments
        if one.days.from_ <= day <= one.days.to
    )
