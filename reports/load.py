"""The load of a site over time: mean power by quarter of an hour or hour, from its balance.

A step of which one counter is not wholly known is left out: half a balance is a wrong number.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.counters import COUNTS_PER_UNIT, INTERVAL_MS
from ingest.interval_tables import Series
from ingest.rollup import Span
from ingest.rollup_tables import Grain, is_cut_in, rollups
from ingest.virtual_meters import Combination, combination_of, combined, versions
from reports.meter_tree import Balance, MeterTree

HOUR_MS = 3_600_000
NIGHT = (22, 6)
"""The hours that count as night, 22:00 to 06:00."""
BASE_SHARE = Fraction(1, 20)
"""The base load is the mean power that is exceeded in all but this share of the known steps."""
ENOUGH = Fraction(19, 20)
"""The share of the steps that must be known of a balance to be in the load of several."""
QUARTERS_UP_TO_DAYS = 92
"""Longer periods are looked at by the hour: a year of quarters of an estate takes too long."""


class LoadStep(StrEnum):
    """How finely the load is looked at."""

    QUARTER = "quarter"
    HOUR = "hour"

    @property
    def length_ms(self) -> int:
        """How long a step is."""
        return INTERVAL_MS if self is LoadStep.QUARTER else HOUR_MS


@dataclass(frozen=True)
class Load:
    """What a site drew in each step of which everything is known, in order of time."""

    step: LoadStep
    counts: Mapping[int, int]
    """Beginning of the step [ms, UTC] to energy [counts]."""
    due: int
    """Steps that have passed."""
    left_out: tuple[str, ...] = ()
    """Balances (by their site) of which too little is known to be in it."""

    def power_w(self, counts: Fraction | int) -> Fraction:
        """An energy of one step as mean power."""
        hours = Fraction(self.step.length_ms, HOUR_MS)
        return Fraction(counts) / COUNTS_PER_UNIT["active_energy"] / hours

    @property
    def peak(self) -> tuple[int, Fraction] | None:
        """When the load was highest and how high [W]; the first of equals."""
        if not self.counts:
            return None
        at = max(self.counts, key=lambda start: (self.counts[start], -start))
        return at, self.power_w(self.counts[at])

    @property
    def base_w(self) -> Fraction | None:
        """The mean power that is exceeded in all but a twentieth of the steps."""
        if not self.counts:
            return None
        ordered = sorted(self.counts.values())
        return self.power_w(ordered[int(len(ordered) * BASE_SHARE)])

    @property
    def mean_w(self) -> Fraction | None:
        """The mean power of the steps that are known."""
        if not self.counts:
            return None
        return self.power_w(Fraction(sum(self.counts.values()), len(self.counts)))

    def share(self, zone: ZoneInfo, inside: Callable[[dt.datetime], bool]) -> Fraction | None:
        """The share of the energy in the steps whose local beginning is inside."""
        every = sum(self.counts.values())
        if every <= 0:
            return None
        chosen = sum(
            counts
            for start, counts in self.counts.items()
            if inside(dt.datetime.fromtimestamp(start / 1000, zone))
        )
        return Fraction(chosen, every)

    def curve(
        self, zone: ZoneInfo, inside: Callable[[dt.date], bool]
    ) -> Mapping[int, Fraction | None]:
        """Mean power by the local time of day [minutes since midnight], of some days [W]."""
        sums: dict[int, list[int]] = {}
        for start, counts in self.counts.items():
            moment = dt.datetime.fromtimestamp(start / 1000, zone)
            if inside(moment.date()):
                pair = sums.setdefault(moment.hour * 60 + moment.minute, [0, 0])
                pair[0] += counts
                pair[1] += 1
        minutes = range(0, 24 * 60, self.step.length_ms // 60_000)
        return {
            minute: self.power_w(Fraction(*sums[minute])) if minute in sums else None
            for minute in minutes
        }


def is_night(moment: dt.datetime) -> bool:
    """Whether a local moment is at night."""
    begin, end = NIGHT
    return moment.hour >= begin or moment.hour < end


def load_of(
    connection: sa.Connection, estate: Estate, tree: MeterTree, span: Span, now_ms: int
) -> Load:
    """The load of a site in a span until now: the sum of its balances where all are known.

    A balance of which less than 95 % is known is left out of the sum, and named, rather than that
    one dead meter hides the load of all others.
    """
    days = span.length / (24 * HOUR_MS)
    step = LoadStep.QUARTER if days <= QUARTERS_UP_TO_DAYS else LoadStep.HOUR
    passed = Span(span.start, max(span.start, min(span.end, now_ms)))
    due = passed.length // step.length_ms
    each = {
        balance.site: _of_balance(connection, estate, balance, passed, step)
        for balance in tree.balances
    }
    enough = {site: found for site, found in each.items() if len(found) >= due * ENOUGH}
    chosen = list((enough or each).values())
    common = set(chosen[0]).intersection(*chosen[1:]) if chosen else set()
    counts = {start: sum(found[start] for found in chosen) for start in sorted(common)}
    left_out = tuple(sorted(set(each) - set(enough))) if enough else ()
    return Load(step, counts, due, left_out)


def _of_balance(
    connection: sa.Connection, estate: Estate, balance: Balance, span: Span, step: LoadStep
) -> Mapping[int, int]:
    found: dict[int, int] = {}
    for inside, combination in _stretches(estate, balance, span):
        found |= _summed(connection, estate, combination, inside, step)
    return found


def _stretches(estate: Estate, balance: Balance, span: Span) -> Sequence[tuple[Span, Combination]]:
    """The balance as counters with factors, anew where the formula of a virtual meter changes."""
    signed = [(one, 1) for one in (*balance.imports, *balance.sources)]
    signed += [(one, -1) for one in balance.exports]
    virtual = [
        estate.virtual_meters[one.device]
        for one, _ in signed
        if one.device in estate.virtual_meters
    ]
    edges = {span.start, span.end}
    for meter in virtual:
        edges |= {inside.start for inside, _ in versions(estate, meter, span)}
    cuts = sorted(edges)
    found = []
    for start, end in pairwise(cuts):
        inside = Span(start, end)
        combination = _combination(estate, signed, inside)
        if combination is not None:
            found.append((inside, combination))
    return found


def _combination(
    estate: Estate, signed: Sequence[tuple[Series, int]], span: Span
) -> Combination | None:
    """The counters of a balance; None where a virtual meter has no formula yet, or none is."""
    total: dict[Series, Fraction] = {}
    for series, sign in signed:
        meter = estate.virtual_meters.get(series.device)
        parts: Combination = {series: Fraction(1)}
        if meter is not None:
            holding = [formula for _, formula in versions(estate, meter, span)]
            if not holding:
                return None
            parts = combination_of(estate, holding[0])
        for one, factor in parts.items():
            total[one] = total.get(one, Fraction(0)) + sign * factor
    return total or None


def _summed(
    connection: sa.Connection,
    estate: Estate,
    combination: Combination,
    span: Span,
    step: LoadStep,
) -> Mapping[int, int]:
    whole = all(factor.denominator == 1 for factor in combination.values())
    if step is LoadStep.QUARTER or not (whole and is_cut_in(connection, estate.timezone)):
        quarters = {
            start: amounts.amount
            for start, (amounts,) in combined(connection, [combination], span).items()
        }
        return quarters if step is LoadStep.QUARTER else _hours(quarters)
    return _by_database(connection, combination, span)


def _hours(quarters: Mapping[int, int]) -> Mapping[int, int]:
    sums: dict[int, list[int]] = {}
    for start, counts in quarters.items():
        sums.setdefault(start - start % HOUR_MS, []).append(counts)
    return {start: sum(each) for start, each in sums.items() if len(each) == 4}


def _by_database(
    connection: sa.Connection, combination: Combination, span: Span
) -> Mapping[int, int]:
    """The hours of which every counter is wholly known, added up by the database."""
    columns = rollups.c
    wanted = (
        sa.values(
            sa.column("device", sa.String), sa.column("point", sa.String),
            sa.column("factor", sa.BigInteger), name="wanted",
        )
        .data([(*one, int(factor)) for one, factor in combination.items()])
        .cte()
    )  # fmt: skip
    known = columns.covered_ms + columns.recovered_ms + columns.integrated_ms
    query = (
        sa.select(columns.start_ms, sa.func.sum(columns.amount * wanted.c.factor))
        .join_from(
            wanted,
            rollups,
            (columns.device == wanted.c.device) & (columns.point == wanted.c.point),
        )
        .where(
            columns.grain == Grain.HOUR.value,
            columns.start_ms >= span.start,
            columns.start_ms < span.end,
        )
        .group_by(columns.start_ms)
        .having(sa.func.count() == len(combination), sa.func.min(known) >= HOUR_MS)
    )
    return {int(start): int(total) for start, total in connection.execute(query)}
