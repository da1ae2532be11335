"""What water, gas and heat cost: flat or in tiers over the month or year."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.estate import Estate
from device_configs.tariff import PerSpan, Tier
from device_configs.tariffs import Due, Tariffs
from ingest.clock_sums import midnight_ms
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from ingest.virtual_meters import amounts_with_virtual
from reports.carriers import intake
from reports.fen import rounded
from reports.meter_tree import node_of

_COUNTS = {
    "m3": Fraction(1_000_000),
    "kWh": Fraction(1_000_000),
    "GJ": Fraction(10**12, 3600),
}
"""Counts of a counter (`ingest.counters`) in one unit of a tariff."""


@dataclass(frozen=True)
class CarrierMonth:
    """One site, carrier and month."""

    site: str
    carrier: Carrier
    month: dt.date
    amounts: Amounts
    fen: int | None
    """None where there is no tariff, or nothing is known."""
    dues: tuple[Due, ...]
    meters: tuple[Series, ...]


def tiered(tiers: Sequence[Tier], before: Fraction, after: Fraction) -> Fraction:
    """What the amount between two readings since the tiers began costs [yuan]."""
    return _from_start(tiers, after) - _from_start(tiers, before)


def _from_start(tiers: Sequence[Tier], amount: Fraction) -> Fraction:
    total, low = Fraction(0), Fraction(0)
    for tier in tiers:
        high = amount if tier.up_to is None else min(amount, Fraction(tier.up_to))
        if high <= low:
            break
        total += (high - low) * Fraction(tier.price)
        low = high
    return total


def meters_of_carrier(
    estate: Estate, site: str, carrier: Carrier, places: frozenset[str] | None
) -> Mapping[str, tuple[Series, ...]]:
    """The counters that are paid for, by the community (or site) that pays: those of consumption.

    What is outside the statistics' boundary below one of them is on its bill all the same.
    """
    below = estate.below(site)
    found: dict[str, list[Series]] = defaultdict(list)
    for one in intake(estate, site, carrier).counted:
        community = estate.community_of(node_of(estate, one.device).place)
        where = estate.id if community is None else community.id
        found[where if where in below else site].append(one)
    return {
        where: tuple(series) for where, series in found.items() if places is None or where in places
    }


def carrier_months(
    connection: sa.Connection,
    estate: Estate,
    tariffs: Tariffs,
    heads: Mapping[str, tuple[Series, ...]],
    carrier: Carrier,
    first: dt.date,
    after: dt.date,
) -> Iterator[CarrierMonth]:
    """The months of a carrier from one day up to another; tiers count from the year's beginning."""
    begin = first.replace(month=1, day=1)
    days = [begin + dt.timedelta(days=n) for n in range((after - begin).days)]
    zone = estate.timezone
    spans = [
        Span(midnight_ms(day, zone), midnight_ms(day + dt.timedelta(days=1), zone)) for day in days
    ]
    every = tuple(one for series in heads.values() for one in series)
    found = amounts_with_virtual(connection, estate, every, spans)
    for site, series in heads.items():
        each = {
            day: sum((counted[one] for one in series if one in counted), Amounts())
            for day, counted in zip(days, found, strict=True)
        }
        yield from _months(estate, tariffs, site, carrier, series, each, first)


def _months(
    estate: Estate,
    tariffs: Tariffs,
    site: str,
    carrier: Carrier,
    series: tuple[Series, ...],
    each: Mapping[dt.date, Amounts],
    first: dt.date,
) -> Iterator[CarrierMonth]:
    since: dict[PerSpan, int] = dict.fromkeys(PerSpan, 0)
    yuan: dict[dt.date, list[Fraction | None]] = defaultdict(list)
    sums: dict[dt.date, Amounts] = defaultdict(Amounts)
    dues: dict[dt.date, list[Due]] = defaultdict(list)
    for begin, amounts in _pieces(each, {first, *tariffs.edges}):
        if begin.day == 1:
            since[PerSpan.MONTH] = 0
        if begin.day == 1 and begin.month == 1:
            since[PerSpan.YEAR] = 0
        if begin >= first:
            month = begin.replace(day=1)
            sums[month] += amounts
            due = tariffs.due(estate, site, begin, carrier)
            if amounts.known_ms > 0:
                yuan[month].append(_cost(due, since, amounts.amount))
                dues[month] += [due] if due is not None else []
        since = {span: counts + amounts.amount for span, counts in since.items()}
    for month, amounts in sums.items():
        parts = [one for one in yuan[month] if one is not None]
        known = bool(parts) and len(parts) == len(yuan[month])
        fen = rounded(sum(parts, Fraction(0)) * 100) if known else None
        yield CarrierMonth(site, carrier, month, amounts, fen, tuple(dues[month]), series)


def _pieces(
    each: Mapping[dt.date, Amounts], edges: Set[dt.date]
) -> Iterator[tuple[dt.date, Amounts]]:
    """Days that follow each other as one sum, up to the end of a month or an edge."""
    begin, total = None, Amounts()
    for day, amounts in each.items():
        if begin is not None and (day.day == 1 or day in edges):
            yield begin, total
            begin, total = None, Amounts()
        begin = begin or day
        if amounts.known_ms:
            total += amounts
    if begin is not None:
        yield begin, total


def _cost(due: Due | None, since: Mapping[PerSpan, int], counts: int) -> Fraction | None:
    if due is None:
        return None
    per = _COUNTS[due.tariff.unit]
    before = since[due.version.tiers_per]
    return tiered(due.version.tiers, before / per, (before + counts) / per)
