"""The highest quarter of an hour of some counters together, by intervals that were measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, intervals
from ingest.rollup import Span
from ingest.virtual_meters import combination_of, combined, versions


@dataclass(frozen=True)
class Peak:
    """The highest mean power of a quarter of an hour."""

    counts: int
    """What was counted in that quarter. [counts]"""
    start_ms: int
    """When it began; the first one of several. [ms, UTC]"""
    measured_ms: int
    """Time of the span for which all counters were measured throughout. [ms]"""


def peak_in(
    connection: sa.Connection, estate: Estate, series: Sequence[Series], span: Span
) -> Peak | None:
    """The peak of a span; None where no quarter was measured by all counters.

    A bridged quarter has the mean of its gap and cannot say how high the power was.
    """
    if any(one.device in estate.virtual_meters for one in series):
        return _virtual_peak(connection, estate, series, span)
    columns = intervals.c
    wanted = sa.or_(
        *((columns.device == one.device) & (columns.point == one.point) for one in series)
    )
    quarters = (
        sa.select(columns.start_ms, sa.func.sum(columns.amount).label("counts"))
        .where(wanted, columns.start_ms >= span.start, columns.start_ms < span.end)
        .where(columns.covered_ms == INTERVAL_MS)
        .group_by(columns.start_ms)
        .having(sa.func.count() == len(series))
        .subquery()
    )
    measured = connection.execute(sa.select(sa.func.count()).select_from(quarters)).scalar_one()
    best = connection.execute(
        sa.select(quarters.c.counts, quarters.c.start_ms)
        .order_by(quarters.c.counts.desc(), quarters.c.start_ms)
        .limit(1)
    ).first()
    return None if best is None else Peak(int(best[0]), int(best[1]), measured * INTERVAL_MS)


def _virtual_peak(
    connection: sa.Connection, estate: Estate, series: Sequence[Series], span: Span
) -> Peak | None:
    sums: dict[int, list[int]] = {}
    for one in series:
        meter = estate.virtual_meters.get(one.device)
        spans = (
            [(span, {one: Fraction(1)})]
            if meter is None
            else [(inside, combination_of(estate, formula))
                  for inside, formula in versions(estate, meter, span)]
        )  # fmt: skip
        for inside, combination in spans:
            for start, (amounts,) in combined(connection, [combination], inside).items():
                if amounts.covered_ms == INTERVAL_MS:
                    sums.setdefault(start, []).append(amounts.amount)
    whole = {start: sum(each) for start, each in sums.items() if len(each) == len(series)}
    if not whole:
        return None
    start = min(whole, key=lambda one: (-whole[one], one))
    return Peak(whole[start], start, len(whole) * INTERVAL_MS)
