"""A period in whole months where these say all that their days would say, and in days elsewhere.

What a day counts depends on whether all counters of a site are known on that day. In a month of
which each counter is known wholly or not at all, every day is judged alike, so that the month's
sums are those of its days and need not be read day by day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from ingest.virtual_meters import amounts_with_virtual
from reports.periods import Period, Step, steps_of

Counted = tuple[Period, Mapping[Series, Amounts]]
"""A month or a day with what counters counted in it; what is unknown is absent."""


def any_month(_month: Period) -> bool:
    """Every month may be taken whole."""
    return True


def no_month(_month: Period) -> bool:
    """Everything is taken day by day."""
    return False


def counted(
    connection: sa.Connection,
    estate: Estate,
    groups: Sequence[Sequence[Series]],
    period: Period,
    now_ms: int,
    may_be_whole: Callable[[Period], bool] = any_month,
) -> Sequence[Sequence[Counted]]:
    """What the counters of each group counted until now, in order; few reads for all groups.

    Args:
        connection: any connection.
        estate: with the virtual meters, and the time zone of the roll-ups.
        groups: counters that are judged together, those of a site.
        period: the days that begin in it and before `now_ms` are counted.
        now_ms: the moment of the report. [ms, UTC]
        may_be_whole: whether a month may be taken whole, where each day counts alike.
    """
    found: list[list[Counted]] = [[] for _ in groups]
    months, days = cuts_of(period, now_ms, may_be_whole)
    apart: list[set[Period]] = [set() for _ in groups]
    every = _unique(groups)
    read = amounts_with_virtual(connection, estate, every, [month.span for month, _ in months])
    for (month, _), amounts in zip(months, read, strict=True):
        for number, series in enumerate(groups):
            if _is_even(series, amounts, month):
                found[number].append((month, amounts))
            else:
                apart[number].add(month)
    uneven = [series for series, some in zip(groups, apart, strict=True) if some]
    inside = [day for month, each in months if any(month in some for some in apart) for day in each]
    for series, cut in ((every, days), (_unique(uneven), inside)):
        read = amounts_with_virtual(connection, estate, series, [day.span for day in cut])
        for day, amounts in zip(cut, read, strict=True):
            for number, some in enumerate(apart):
                if cut is days or any(month.start <= day.start < month.end for month in some):
                    found[number].append((day, amounts))
    return [sorted(each, key=lambda one: one[0].start) for each in found]


def summed(
    connection: sa.Connection,
    estate: Estate,
    series: Sequence[Series],
    period: Period,
    now_ms: int,
) -> Mapping[Series, Amounts]:
    """What each counter counted in a whole period until now, whatever is known of the others."""
    months, days = cuts_of(period, now_ms, any_month)
    found: dict[Series, Amounts] = {}
    for cut in ([month for month, _ in months], days):
        for amounts in amounts_with_virtual(connection, estate, series, [one.span for one in cut]):
            for one, amount in amounts.items():
                found[one] = found.get(one, Amounts()) + amount
    return found


def cuts_of(
    period: Period, now_ms: int, may_be_whole: Callable[[Period], bool]
) -> tuple[Sequence[tuple[Period, Sequence[Period]]], Sequence[Period]]:
    """The months that have passed, each with its days, and the days until now outside of them."""
    months, others = [], []
    for month, days in _by_month(day for day in steps_of(period, Step.DAY)):
        if month is not None and month.span.end <= now_ms and may_be_whole(month):
            months.append((month, days))
        else:
            others += [day for day in days if day.span.start < now_ms]
    return months, others


def _by_month(days: Iterable[Period]) -> Iterator[tuple[Period | None, Sequence[Period]]]:
    for _, found in groupby(days, key=lambda day: (day.start.year, day.start.month)):
        each = list(found)
        first, last = each[0], each[-1]
        if first.start.day == last.end.day == 1:
            yield Period(f"{first.start:%Y-%m}", first.start, last.end), each
        else:
            yield None, each


def _is_even(series: Sequence[Series], amounts: Mapping[Series, Amounts], month: Period) -> bool:
    """Whether each counter is known throughout a month, or not at all."""
    known = (amounts[one].known_ms for one in series if one in amounts)
    return all(each in (0, month.span.length) for each in known)


def _unique(groups: Iterable[Sequence[Series]]) -> list[Series]:
    return list(dict.fromkeys(one for series in groups for one in series))
