"""What a project's savings are worth, by contract year and tariff period, and who gets it.

A model of days says how much was saved on a day and not when. Saved energy is taken to lie in the
tariff periods as the energy used in the same stretch of days does; nothing measured says better.
The fen is rounded once for each month and tariff period, and divided without a rest.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from analysis.energy_model import EnergyModel, Observation
from analysis.savings import savings
from device_configs.projects import Project
from device_configs.tariff_hours import TariffPeriod
from device_configs.tariffs import Due
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from reports.asked import Asked
from reports.cost import Cell, Payer, Stretch, Use, cost_of, energy_of, priced, stretches
from reports.cost_units import Drawn, read_drawn
from reports.fen import divided, rounded
from reports.project_data import adjustment_kwh, signed_series

COUNTS_PER_KWH = 1_000_000
Days = tuple[dt.date, dt.date]
"""A day and the one after the last."""


@dataclass(frozen=True)
class Worth:
    """The savings of one contract year in one tariff period."""

    year: int
    """The contract year, from 1."""
    period: TariffPeriod
    saved: int
    """[counts]"""
    fen: int | None
    """None where a price is not known."""
    institution: int | None
    """What the institution keeps of it [fen]; None where no share is known."""

    @property
    def company(self) -> int | None:
        """What the energy service company gets [fen]."""
        known = self.fen is not None and self.institution is not None
        return (self.fen or 0) - (self.institution or 0) if known else None


@dataclass(frozen=True)
class Money:
    """The worth of one project's savings."""

    lines: Sequence[Worth]
    dues: Sequence[Due]
    """The tariffs that it was priced by."""


def money_of(
    connection: sa.Connection,
    asked: Asked,
    payer: Payer,
    project: Project,
    model: EnergyModel,
    steps: Sequence[Observation],
) -> Money:
    """Price what was saved in some steps that follow each other."""
    days = [one.start.date() for one in steps]
    if not days:
        return Money((), ())
    years = list(contract_years(project, days[0], days[-1] + dt.timedelta(days=1)))
    cuts = stretches(payer, project.site, [inside for _, inside in years])
    plus, minus = signed_series(asked.estate, project)
    drawn = read_drawn(
        connection, asked.estate, {project.site: cuts}, {project.site: [*plus, *minus]}
    )
    uses: list[Use] = []
    for stretch in cuts:
        inside = [one for one in steps if stretch.first <= one.start.date() < stretch.after]
        saved = _saved(project, model, inside)
        if saved is not None:
            parts = divided(saved, _shares(drawn, stretch, plus, minus))
            uses += [
                Use(project.site, stretch, period, Amounts(counts, covered_ms=1), 0)
                for period, counts in parts.items()
            ]
    cells = priced(uses)
    dues = {id(use.stretch.due): use.stretch.due for use in uses if use.stretch.due is not None}
    return Money(list(_lines(project, years, cells)), list(dues.values()))


def contract_years(project: Project, first: dt.date, after: dt.date) -> Iterator[tuple[int, Days]]:
    """The contract years, counted from the first day of reporting, that some days lie in."""
    begin, number = project.reporting_from, 1
    while begin < after:
        end = _years_later(project.reporting_from, number)
        if end > first:
            yield number, (max(begin, first), min(end, after))
        begin, number = end, number + 1


def _years_later(day: dt.date, years: int) -> dt.date:
    if (day.month, day.day) == (2, 29):
        day = dt.date(day.year, 3, 1)
    return day.replace(year=day.year + years)


def _saved(project: Project, model: EnergyModel, steps: Sequence[Observation]) -> int | None:
    known = sorted({one.start.date() for one in steps if one.known})
    if not known:
        return None
    found = savings(model, steps, adjustment_kwh(project, known))
    return round(found.saved * COUNTS_PER_KWH)


def _shares(
    drawn: Drawn, stretch: Stretch, plus: Sequence[Series], minus: Sequence[Series]
) -> Mapping[TariffPeriod, Fraction]:
    """What was used in each tariff period; by their hours where that is not known."""
    added, taken = drawn.of(stretch, plus), drawn.of(stretch, minus)
    used = {
        period: max(0, amounts.amount - taken.get(period, Amounts()).amount)
        for period, amounts in sorted(added.items())
    }
    if not any(used.values()):
        used = {one: stretch.slots.count(one) for one in sorted(set(stretch.slots))}
    return {period: Fraction(counts) for period, counts in used.items()}


def _lines(
    project: Project, years: Sequence[tuple[int, Days]], cells: Sequence[Cell]
) -> Iterator[Worth]:
    found: dict[tuple[int, TariffPeriod], list[Cell]] = defaultdict(list)
    for cell in cells:
        found[years[cell.use.stretch.step][0], cell.use.period].append(cell)
    for (year, period), each in sorted(found.items()):
        fen, share = cost_of(each), project.share_in(year)
        own = None if fen is None or share is None else rounded(fen * Fraction(share))
        yield Worth(year, period, energy_of(each).amount, fen, own)
