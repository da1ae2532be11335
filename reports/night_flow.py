"""The flow of a meter at night, from its quarter-hour intervals."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from analysis.leaks import NIGHT_HOURS, Night
from device_configs.estate import Estate
from ingest.counters import COUNTS_PER_UNIT, INTERVAL_MS
from ingest.interval_tables import Series
from ingest.rollup import Span, amounts_in
from reports.periods import Period

QUARTERS = (NIGHT_HOURS[1] - NIGHT_HOURS[0]) * 4
"""Quarters of an hour in a night."""
QUARTERS_AN_HOUR = 4


def nights_of(
    connection: sa.Connection,
    estate: Estate,
    series: Sequence[Series],
    days: Sequence[Period],
    now_ms: int,
    quantity: str,
) -> Mapping[Series, list[Night]]:
    """Each meter's nights that are wholly known and measured, in order.

    A night of which a quarter was bridged is left out: its flow was spread evenly, which says
    nothing about when it flowed.
    """
    scale = COUNTS_PER_UNIT[quantity]
    spans = [span for day in days for span in _quarters(day) if span.end <= now_ms]
    by_night: dict[tuple[Series, dt.date], list[float]] = defaultdict(list)
    for span, amounts in zip(spans, amounts_in(connection, series, spans), strict=True):
        night = dt.datetime.fromtimestamp(span.start / 1000, estate.timezone).date()
        for one, amount in amounts.items():
            if amount.covered_ms == INTERVAL_MS:
                flow = amount.amount / scale * QUARTERS_AN_HOUR
                by_night[one, night].append(flow)
    found: dict[Series, list[Night]] = {one: [] for one in series}
    for (one, night), flows in sorted(by_night.items()):
        if len(flows) == QUARTERS:
            found[one].append(Night(night, sum(flows) / QUARTERS, min(flows)))
    return found


def _quarters(day: Period) -> list[Span]:
    first = day.start.replace(hour=NIGHT_HOURS[0])
    start = int(first.timestamp()) * 1000
    return [Span(start + n * INTERVAL_MS, start + (n + 1) * INTERVAL_MS) for n in range(QUARTERS)]
