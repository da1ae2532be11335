"""What sites consumed of each carrier, day by day or month by month; one read for all of them.

Electricity is the balance of the meter tree (grid import plus PV less export), so it is the same
figure as in the energy report; water, gas and heat are what the meters of their own trees counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.estate import Estate
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from reports.carriers import Intake, intake
from reports.drawn import Drawn, drawn_of
from reports.energy import figures_of_day
from reports.meter_tree import MeterTree, meter_tree
from reports.periods import Period, Step, steps_of
from reports.stretches import any_month, counted, no_month, summed

CARRIERS = (Carrier.ELECTRICITY, Carrier.WATER, Carrier.GAS, Carrier.HEAT)
"""The carriers that are metered, in the order of a report."""
_MONTHS_FROM_DAYS = 62
"""Periods longer than two months are shown by the month, where they are whole months."""


def shown_by(period: Period) -> Step:
    """What one row of a report over a period covers."""
    days = (period.end.date() - period.start.date()).days
    return Step.MONTH if period.of_whole_months and days > _MONTHS_FROM_DAYS else Step.DAY


def shown_cuts(period: Period, now_ms: int) -> Sequence[Period]:
    """The rows of a report over a period that have begun."""
    cuts = steps_of(period, shown_by(period))
    return [cut for cut in cuts if cut.span.start < now_ms]


@dataclass(frozen=True)
class SiteMeters:
    """How a site is metered."""

    site: str
    tree: MeterTree
    intakes: Mapping[Carrier, Intake]
    """Of water, gas and heat."""

    @property
    def series(self) -> list[Series]:
        """Every counter of the site's figures."""
        others = [one for each in self.intakes.values() for one in each.series]
        return list(dict.fromkeys([*self.tree.series, *others]))

    def has(self, carrier: Carrier) -> bool:
        """Whether anything counts the carrier."""
        if carrier is Carrier.ELECTRICITY:
            return bool(self.tree.balances)
        return bool(self.intakes[carrier].series)


def site_meters(estate: Estate, site: str) -> SiteMeters:
    """Find the meters of a site.

    Raises:
        UnknownSiteError: the estate has no such site.
    """
    others = [carrier for carrier in CARRIERS if carrier is not Carrier.ELECTRICITY]
    return SiteMeters(
        site, meter_tree(estate, site), {one: intake(estate, site, one) for one in others}
    )


@dataclass(frozen=True)
class Day:
    """One day of one site, or a whole month that is judged like each of its days."""

    period: Period
    drawn: Mapping[Carrier, Drawn]
    pv: Drawn
    """Generated there, whether used or fed in."""
    bought: Drawn
    """Electricity from the grid; where there is no grid meter, what sub-meters counted."""


def days_of(
    connection: sa.Connection,
    estate: Estate,
    sites: Sequence[SiteMeters],
    period: Period,
    now_ms: int,
    *,
    by_day: bool = False,
) -> Mapping[str, Sequence[Day]]:
    """Each day of each site until now; whole months as one where they say as much, unless `by_day`.

    Sums over whole months and over the period are the same either way.
    """
    months = no_month if by_day else any_month
    groups = [each.series for each in sites]
    found = counted(connection, estate, groups, period, now_ms, months)
    return {
        each.site: [_day(each, day, amounts, now_ms) for day, amounts in every]
        for each, every in zip(sites, found, strict=True)
    }


def sums_of(
    connection: sa.Connection,
    estate: Estate,
    series: Sequence[Series],
    period: Period,
    now_ms: int,
) -> Mapping[Series, Amounts]:
    """What each of some counters counted in a period until now; nothing where it is unknown."""
    found = summed(connection, estate, series, period, now_ms)
    return {one: found.get(one, Amounts()) for one in series}


def _day(meters: SiteMeters, day: Period, amounts: Mapping[Series, Amounts], now_ms: int) -> Day:
    drawn = {
        carrier: drawn_of(each, amounts, day.span, now_ms)
        for carrier, each in meters.intakes.items()
    }
    drawn[Carrier.ELECTRICITY] = _electricity(meters.tree, amounts, day.span, now_ms)
    pv = drawn_of(Intake(Carrier.ELECTRICITY, meters.tree.pv), amounts, day.span, now_ms)
    imports = tuple(dict.fromkeys(one for each in meters.tree.balances for one in each.imports))
    bought = drawn_of(Intake(Carrier.ELECTRICITY, imports), amounts, day.span, now_ms)
    return Day(day, drawn, pv, bought)


def _electricity(
    tree: MeterTree, amounts: Mapping[Series, Amounts], span: Span, now_ms: int
) -> Drawn:
    passed = max(0, min(span.end, now_ms) - span.start)
    series = list(dict.fromkeys(one for balance in tree.balances for one in balance.series))
    due = passed * len(series)
    consumed = figures_of_day(tree, amounts).consumption
    if consumed is None:
        return Drawn(due_ms=due)
    known = [amounts[one] for one in series if one in amounts]
    return Drawn(
        consumed,
        sum(min(one.known_ms, passed) for one in known),
        due,
        sum(one.recovered_amount for one in known),
        sum(one.integrated_amount for one in known),
    )


def total(days: Sequence[Day], carrier: Carrier, cut: Period | None = None) -> Drawn:
    """The sum of a carrier over days; of those that begin in a part of the period, if given."""
    return sum(
        (
            day.drawn[carrier]
            for day in days
            if cut is None or cut.start <= day.period.start < cut.end
        ),
        Drawn(),
    )
