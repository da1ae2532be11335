"""What energy costs: amounts by tariff period and month, priced exactly and rounded once.

The fen is rounded once for each site, month and tariff period; days and price components are parts
of that sum to the last fen. What has no tariff or no price costs an unknown amount, never 0.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from device_configs.estate import Estate
from device_configs.holidays import Holidays
from device_configs.tariff import Component, price_of
from device_configs.tariff_hours import FLAT_DAY, TariffPeriod, slots_on
from device_configs.tariffs import Due, Tariffs
from ingest.rollup import Amounts
from reports.fen import fen_of, settled


@dataclass(frozen=True)
class Stretch:
    """Days that follow each other and on which a site pays the same at the same hours."""

    first: dt.date
    after: dt.date
    step: int
    """Which row of the report they are in."""
    due: Due | None
    slots: tuple[TariffPeriod, ...]
    """The period of each quarter of the day."""

    @property
    def month(self) -> dt.date:
        """The first of the month they are in."""
        return self.first.replace(day=1)

    @property
    def hours(self) -> "Hours":
        """What must be read for it, whatever the price."""
        return Hours(self.first, self.after, self.slots)


class Hours(NamedTuple):
    """Days with one plan of hours."""

    first: dt.date
    after: dt.date
    slots: tuple[TariffPeriod, ...]


@dataclass(frozen=True)
class Payer:
    """What says what a site pays on a day."""

    estate: Estate
    tariffs: Tariffs
    holidays: Holidays
    instead: str | None = None
    """A tariff that is tried in the place of every site's own."""

    def due(self, site: str, day: dt.date) -> Due | None:
        """What a site pays on a day for electricity."""
        return self.tariffs.due(self.estate, site, day, instead=self.instead)


def stretches(
    payer: Payer, site: str, steps: Sequence[tuple[dt.date, dt.date]]
) -> tuple[Stretch, ...]:
    """Cut the steps of a report into stretches of one month, tariff, price and plan of hours.

    The steps follow each other without a gap.
    """
    found: list[Stretch] = []
    due: Due | None = None
    known = False
    for step, (first, after) in enumerate(steps):
        for number in range((after - first).days):
            day = first + dt.timedelta(days=number)
            if not known or day in payer.tariffs.edges:
                due, known = payer.due(site, day), True
            slots = FLAT_DAY if due is None else slots_on(due.version.hours, day, payer.holidays)
            end = day + dt.timedelta(days=1)
            last = found[-1] if found else None
            if last is not None and _goes_on(last, step, day, due, slots):
                found[-1] = Stretch(last.first, end, step, last.due, slots)
            else:
                found.append(Stretch(day, end, step, due, slots))
    return tuple(found)


def _goes_on(
    last: Stretch, step: int, day: dt.date, due: Due | None, slots: tuple[TariffPeriod, ...]
) -> bool:
    if (last.step, last.month) != (step, day.replace(day=1)) or last.slots != slots:
        return False
    if last.due is None or due is None:
        return last.due is due
    return (
        last.due.version is due.version
        and last.due.prices is due.prices
        and last.due.demand is due.demand
    )


@dataclass(frozen=True)
class Use:
    """What a site drew in one tariff period of one stretch."""

    site: str
    stretch: Stretch
    period: TariffPeriod
    amounts: Amounts
    expected_ms: int
    """Time until now that the counters could have counted in. [ms]"""


@dataclass(frozen=True)
class Cell:
    """A use with its price."""

    use: Use
    fen: Mapping[Component, int] | None
    """None where there is no tariff or no price; never 0 for that."""

    @property
    def total(self) -> int | None:
        """All components [fen]."""
        return None if self.fen is None else sum(self.fen.values())


def priced(uses: Iterable[Use]) -> list[Cell]:
    """Price uses: rounded once for each site, month and period."""
    groups: dict[tuple[str, dt.date, TariffPeriod], list[Use]] = defaultdict(list)
    for use in uses:
        groups[use.site, use.stretch.month, use.period].append(use)
    return [cell for group in groups.values() for cell in _priced(group)]


def _priced(group: Sequence[Use]) -> Iterable[Cell]:
    exact: dict[tuple[int, Component], Fraction] = {}
    known = set()
    for number, use in enumerate(group):
        prices = prices_of(use)
        if prices is not None:
            known.add(number)
            for component, price in prices.items():
                exact[number, component] = fen_of(use.amounts.amount, price)
    fen: dict[int, dict[Component, int]] = defaultdict(dict)
    for (number, component), part in settled(exact).items():
        fen[number][component] = part
    for number, use in enumerate(group):
        yield Cell(use, fen[number] if number in known else None)


def prices_of(use: Use) -> Mapping[Component, Fraction] | None:
    """The price of a use by component [yuan/kWh]; None where it is not known."""
    due = use.stretch.due
    if due is None or due.prices is None:
        return None
    found = price_of(due.prices, due.version, use.period)
    return None if found is None else {name: Fraction(price) for name, price in found.items()}


def energy_of(cells: Iterable[Cell]) -> Amounts:
    """What was drawn together."""
    return sum((cell.use.amounts for cell in cells), Amounts())


def cost_of(cells: Iterable[Cell]) -> int | None:
    """What it costs together [fen]; None where nothing was counted, or some has no price."""
    counted = [cell for cell in cells if cell.use.amounts.known_ms > 0]
    sums = [cell.total for cell in counted]
    known = [one for one in sums if one is not None]
    return sum(known) if known and len(known) == len(sums) else None


def together(parts: Iterable[int | None]) -> int | None:
    """A sum of fen; None where one part is unknown, or there is none."""
    listed = list(parts)
    known = [one for one in listed if one is not None]
    return sum(known) if known and len(known) == len(listed) else None
