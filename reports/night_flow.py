"""The flow of a meter at night, from its quarter-hour intervals."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from analysis.leaks import NIGHT_HOURS, Night
from device_configs.estate import Estate
from ingest.counters import COUNTS_PER_UNIT, INTERVAL_MS
from ingest.interval_tables import Series, intervals
from reports.periods import Period

QUARTERS = (NIGHT_HOURS[1] - NIGHT_HOURS[0]) * 4
"""Quarters of an hour in a night."""
QUARTERS_AN_HOUR = 4
DAY_MS = 24 * 4 * INTERVAL_MS
_MOST_DEVICES = 500
"""Devices in one statement; SQLite and PostgreSQL bound the number of parameters."""


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
    by_night: dict[tuple[Series, dt.date], list[float]] = defaultdict(list)
    for run in _runs(days, now_ms):
        for one, start, amount in _quarters(connection, series, run):
            night = dt.datetime.fromtimestamp(start / 1000, estate.timezone).date()
            by_night[one, night].append(amount / scale * QUARTERS_AN_HOUR)
    found: dict[Series, list[Night]] = {one: [] for one in series}
    for (one, night), flows in sorted(by_night.items()):
        if len(flows) == QUARTERS:
            found[one].append(Night(night, sum(flows) / QUARTERS, min(flows)))
    return found


def _runs(days: Sequence[Period], now_ms: int) -> Sequence[Sequence[int]]:
    """The beginnings of nights that have passed [ms, UTC], those a day apart in one run.

    Where clocks change, a new run begins.
    """
    runs: list[list[int]] = []
    for day in days:
        start = int(day.start.replace(hour=NIGHT_HOURS[0]).timestamp()) * 1000
        if start + QUARTERS * INTERVAL_MS > now_ms:
            continue
        if runs and start - runs[-1][-1] == DAY_MS:
            runs[-1].append(start)
        else:
            runs.append([start])
    return runs


def _quarters(
    connection: sa.Connection, series: Sequence[Series], run: Sequence[int]
) -> Iterator[tuple[Series, int, int]]:
    """Each measured quarter of an hour of the nights of a run: counter, beginning, counts."""
    columns, wanted = intervals.c, frozenset(series)
    points = sorted({one.point for one in series})
    devices = sorted({one.device for one in series})
    into_day = (columns.start_ms - sa.literal(run[0])) % sa.literal(DAY_MS)
    for begin in range(0, len(devices), _MOST_DEVICES):
        query = sa.select(columns.device, columns.point, columns.start_ms, columns.amount).where(
            columns.device.in_(devices[begin : begin + _MOST_DEVICES]),
            columns.point.in_(points),
            columns.start_ms >= run[0],
            columns.start_ms < run[-1] + QUARTERS * INTERVAL_MS,
            into_day < QUARTERS * INTERVAL_MS,
            columns.covered_ms == INTERVAL_MS,
        )
        for device, point, start, amount in connection.execute(query):
            if (one := Series(device, point)) in wanted:
                yield one, int(start), int(amount)
