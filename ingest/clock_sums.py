"""What counters counted at each time of day over a run of days, added up by the database.

A tariff asks how much was drawn between 14:00 and 22:00 in a month, not at which quarter of which
day. From hours the answer is the same as from quarters, to the last count.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, intervals
from ingest.rollup import Amounts, Span
from ingest.rollup_tables import Grain, is_cut_in, rollups
from ingest.virtual_meters import combination_of, combined, versions

HOUR_MS = 4 * INTERVAL_MS
_DAY_MS = 96 * INTERVAL_MS
_DEVICES_AT_ONCE = 200


class AtTime(NamedTuple):
    """A counter at a quarter of the day, counted from midnight on the wall."""

    series: Series
    slot: int


class _Run(NamedTuple):
    """Days of 24 hours that follow each other, or one of another length (a clock change)."""

    start: int
    end: int
    slots: Mapping[int, int]
    """Quarters since the day's beginning to quarters on the wall, where they differ."""


def clock_sums(
    connection: sa.Connection,
    estate: Estate,
    series: Sequence[Series],
    first: dt.date,
    after: dt.date,
    *,
    by_hours: bool,
) -> Mapping[AtTime, Amounts]:
    """What each counter, real or virtual, counted at each time of day from one day up to another.

    Args:
        connection: the database with the intervals.
        estate: what the time zone and the formulas of virtual meters are from.
        series: the counters.
        first: the first day.
        after: the day after the last.
        by_hours: whether hours are fine enough; a slot then is the first of its hour.
    """  # fmt: skip
    zone = estate.timezone
    hourly = by_hours and is_cut_in(connection, zone)
    found: dict[AtTime, Amounts] = {}
    real = [one for one in series if one.device not in estate.virtual_meters]
    for run in _runs(first, after, zone):
        for key, amounts in _summed(connection, real, run, hourly=hourly):
            _add(found, key, amounts, by_hours=by_hours)
        for one in series:
            for key, amounts in _virtual(connection, estate, one, run):
                _add(found, key, amounts, by_hours=by_hours)
    return found


def _add(found: dict[AtTime, Amounts], key: AtTime, amounts: Amounts, *, by_hours: bool) -> None:
    at = AtTime(key.series, key.slot - key.slot % 4) if by_hours else key
    found[at] = found[at] + amounts if at in found else amounts


def _runs(first: dt.date, after: dt.date, zone: ZoneInfo) -> Iterator[_Run]:
    days = [first + dt.timedelta(days=n) for n in range((after - first).days)]
    edges = [midnight_ms(day, zone) for day in (*days, after)]
    lengths = [end - begin for begin, end in pairwise(edges)]
    for plain, group in groupby(range(len(days)), lambda n: lengths[n] == _DAY_MS):
        numbers = list(group)
        if plain:
            yield _Run(edges[numbers[0]], edges[numbers[-1] + 1], {})
            continue
        for number in numbers:
            yield _Run(
                edges[number], edges[number + 1], _wall(edges[number], lengths[number], zone)
            )


def _wall(start: int, length: int, zone: ZoneInfo) -> Mapping[int, int]:
    slots = {}
    for number in range(length // INTERVAL_MS):
        moment = dt.datetime.fromtimestamp((start + number * INTERVAL_MS) / 1000, zone)
        slots[number] = moment.hour * 4 + moment.minute // 15
    return slots


def midnight_ms(day: dt.date, zone: ZoneInfo) -> int:
    """The beginning of a day [ms, UTC]."""
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def _summed(
    connection: sa.Connection, series: Sequence[Series], run: _Run, *, hourly: bool
) -> Iterator[tuple[AtTime, Amounts]]:
    table = rollups if hourly else intervals
    columns, step = table.c, HOUR_MS if hourly else INTERVAL_MS
    in_day = run.end - run.start if run.slots else _DAY_MS
    since = columns.start_ms - sa.literal(run.start, literal_execute=True)
    number = (since % sa.literal(in_day, literal_execute=True)) // sa.literal(
        step, literal_execute=True
    )
    wanted = frozenset(series)
    devices, points = sorted({one.device for one in series}), sorted({one.point for one in series})
    for begin in range(0, len(devices), _DEVICES_AT_ONCE):
        query = (
            sa.select(
                columns.device, columns.point, number.label("number"),
                sa.func.sum(columns.amount), sa.func.sum(columns.recovered_amount),
                sa.func.sum(columns.covered_ms), sa.func.sum(columns.recovered_ms),
                sa.func.sum(columns.integrated_amount), sa.func.sum(columns.integrated_ms),
            )
            .where(columns.device.in_(devices[begin : begin + _DEVICES_AT_ONCE]))
            .where(columns.point.in_(points))
            .where(columns.start_ms >= run.start, columns.start_ms < run.end)
            .group_by(columns.device, columns.point, "number")
        )  # fmt: skip
        if hourly:
            query = query.where(rollups.c.grain == Grain.HOUR.value)
        for device, point, place, *sums in connection.execute(query):
            if (key := Series(device, point)) in wanted:
                slot = int(place) * (step // INTERVAL_MS)
                yield AtTime(key, run.slots.get(slot, slot)), Amounts(*(int(one) for one in sums))


def _virtual(
    connection: sa.Connection, estate: Estate, series: Series, run: _Run
) -> Iterator[tuple[AtTime, Amounts]]:
    meter = estate.virtual_meters.get(series.device)
    if meter is None or meter.point != series.point:
        return
    for inside, formula in versions(estate, meter, Span(run.start, run.end)):
        found = combined(connection, [combination_of(estate, formula)], inside)
        for start, (amounts,) in found.items():
            slot = (start - run.start) % (run.end - run.start if run.slots else _DAY_MS)
            slot //= INTERVAL_MS
            yield AtTime(series, run.slots.get(slot, slot)), amounts
