"""The bill of each site: energy, demand or capacity, power factor; and what feed-in earned."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.tariff import Component
from device_configs.tariffs import Due
from ingest.interval_tables import Series
from ingest.peaks import peak_in
from ingest.rollup import Amounts, Span
from ingest.virtual_meters import amounts_with_virtual
from reports.cost import Cell, Payer, Stretch, cost_of, energy_of, priced, stretches, together
from reports.cost_units import Drawn, Unit, read_drawn, uses_of
from reports.demand import DemandCharge, FactorCharge, demand_charge, factor_charge
from reports.fen import fen_of, settled
from reports.meter_tree import series_of
from reports.periods import Period

REACTIVE = ("reactive_energy_import", "reactive_energy_export")
REACTIVE_TOTAL = ("reactive_energy_total",)


@dataclass(frozen=True)
class FeedIn:
    """What was fed in during one stretch, and what is paid for it."""

    stretch: Stretch
    amounts: Amounts
    fen: int | None
    """None where energy was fed in and no price is known."""


@dataclass(frozen=True)
class Bill:
    """All that a site pays in the period of a report."""

    unit: Unit
    cells: Sequence[Cell]
    demands: Sequence[DemandCharge]
    factors: Sequence[FactorCharge]
    feed_ins: Sequence[FeedIn]

    @property
    def monthly(self) -> tuple[int | None, ...]:
        """The charges by the month [fen]."""
        return (*(one.fen for one in self.demands), *(one.fen for one in self.factors))

    @property
    def total(self) -> int | None:
        """Energy and monthly charges, without what was paid for feed-in [fen]."""
        return together((cost_of(self.cells), *self.monthly))

    @property
    def dues(self) -> tuple[Due, ...]:
        """What was paid, each once."""
        found = {}
        for cell in self.cells:
            if (due := cell.use.stretch.due) is not None:
                found[id(due.version), id(due.prices)] = due
        return tuple(found.values())


@dataclass(frozen=True)
class Frame:
    """What all bills of a report have in common."""

    estate: Estate
    steps: Sequence[tuple[dt.date, dt.date]]
    """The rows of the report: first day and the day after the last."""
    months: Sequence[Period]
    """The whole months of the period that have begun."""
    now_ms: int
    with_parts: bool = False
    """Whether sub-meters and sources are read, too."""


@dataclass(frozen=True)
class Bills:
    """The bills with the counters that they are made of."""

    bills: Sequence[Bill]
    drawn: Drawn
    cuts: Mapping[str, Sequence[Stretch]]


def bills_of(connection: sa.Connection, payer: Payer, units: Sequence[Unit], frame: Frame) -> Bills:
    """Make the bill of each unit."""
    cuts = {unit.site: stretches(payer, unit.site, frame.steps) for unit in units}
    series = {
        unit.site: unit.series if frame.with_parts else (*unit.imports, *unit.exports)
        for unit in units
    }
    drawn = read_drawn(connection, frame.estate, cuts, series)
    bills = [_bill(connection, payer, unit, cuts[unit.site], drawn, frame) for unit in units]
    return Bills(bills, drawn, cuts)


def _bill(
    connection: sa.Connection, payer: Payer, unit: Unit, cuts: Sequence[Stretch], drawn: Drawn,
    frame: Frame,
) -> Bill:  # fmt: skip
    zone = frame.estate.timezone
    cells = priced(uses_of(drawn, unit, cuts, zone, frame.now_ms))
    demands: list[DemandCharge] = []
    factors: list[FactorCharge] = []
    for month in frame.months if unit.billed else ():
        first = month.start.date()
        due = payer.due(unit.site, first)
        if due is None:
            continue
        inside = [cell for cell in cells if cell.use.stretch.month == first]
        demand = _demand(connection, frame.estate, unit, month, due)
        demands += [demand] if demand is not None else []
        factor = _factor(connection, frame.estate, unit, month, due, inside, demand)
        factors += [factor] if factor is not None else []
    return Bill(unit, cells, demands, factors, _feed_ins(drawn, unit, cuts))


def _demand(
    connection: sa.Connection, estate: Estate, unit: Unit, month: Period, due: Due
) -> DemandCharge | None:
    if due.demand is None:
        return None
    peak = peak_in(connection, estate, unit.imports, month.span)
    return demand_charge(unit.site, month.start.date(), due, peak)


def _factor(
    connection: sa.Connection, estate: Estate, unit: Unit, month: Period, due: Due,
    cells: Sequence[Cell], demand: DemandCharge | None,
) -> FactorCharge | None:  # fmt: skip
    terms = due.version.power_factor
    if terms is None:
        return None
    energy = energy_of(cells)
    base = together([_adjusted(cells, with_funds=terms.with_funds)])
    if demand is not None:
        base = together([base, demand.fen])
    return factor_charge(
        unit.site,
        month.start.date(),
        due,
        energy.amount if energy.known_ms else None,
        _reactive(connection, estate, unit, month.span),
        base,
    )


def _adjusted(cells: Sequence[Cell], *, with_funds: bool) -> int | None:
    """The energy charge that the power factor raises or lowers."""
    if cost_of(cells) is None:
        return None
    return sum(
        part
        for cell in cells
        for name, part in (cell.fen or {}).items()
        if with_funds or name is not Component.FUNDS
    )


def _reactive(connection: sa.Connection, estate: Estate, unit: Unit, span: Span) -> int | None:
    """The reactive energy of both directions; None where a grid meter's is not known at all."""
    total = 0
    for device in dict.fromkeys(one.device for one in unit.imports):
        node = estate.devices.get(device)
        if node is None:
            return None
        series = [one for name in REACTIVE for one in series_of(node, (name,))]
        series = series or list(series_of(node, REACTIVE_TOTAL))
        (found,) = amounts_with_virtual(connection, estate, series, [span])
        if not series or any(one not in found for one in series):
            return None
        total += sum(amounts.amount for amounts in found.values())
    return total


def _feed_ins(drawn: Drawn, unit: Unit, cuts: Sequence[Stretch]) -> tuple[FeedIn, ...]:
    """What was fed in, the revenue rounded once a month."""
    months: dict[dt.date, list[Stretch]] = defaultdict(list)
    for stretch in cuts if unit.exports else ():
        months[stretch.month].append(stretch)
    found: list[FeedIn] = []
    for inside in months.values():
        amounts = [drawn.sum(one, unit.exports) for one in inside]
        exact: dict[int, Fraction] = {}
        for number, (stretch, each) in enumerate(zip(inside, amounts, strict=True)):
            prices = stretch.due.prices if stretch.due is not None else None
            if prices is not None and prices.feed_in is not None:
                exact[number] = fen_of(each.amount, Fraction(prices.feed_in))
            elif not each.amount:
                exact[number] = Fraction(0)
        fen = settled(exact)
        found += [
            FeedIn(stretch, each, fen.get(number))
            for number, (stretch, each) in enumerate(zip(inside, amounts, strict=True))
        ]
    return tuple(found)


def revenue_of(feed_ins: Iterable[FeedIn]) -> int | None:
    """What was paid for feed-in [fen]; None where nothing is known or some has no price."""
    return together(one.fen for one in feed_ins if one.amounts.known_ms > 0)


def meters_of_bill(unit: Unit) -> tuple[Series, ...]:
    """The counters that a bill comes from."""
    return (*unit.imports, *unit.exports)
