"""What counters counted at each time of day over a run of days, added up by the database.

A tariff asks how much was drawn between 14:00 and 22:00 in a month, not at which quarter of which
day. From hours the answer is the same as from quarters, to the last count.
"""

import datetime as dt
from collections import defaultdict
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


class InGroup(NamedTuple):
    """A counter and a group of quarters of the day."""

    series: Series
    group: int


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
    groups: Sequence[int],
) -> Mapping[InGroup, Amounts]:
    """What each counter, real or virtual, counted in groups of times of day over some days.

    Args:
        connection: the database with the intervals.
        estate: what the time zone and the formulas of virtual meters are from.
        series: the counters.
        first: the first day.
        after: the day after the last.
        groups: the group of each of the 96 quarters of an hour from midnight on the wall. Where
            none cuts an hour, the roll-ups of hours are added up.
    """  # fmt: skip
    zone = estate.timezone
    whole_hours = all(group == groups[slot - slot % 4] for slot, group in enumerate(groups))
    hourly = whole_hours and is_cut_in(connection, zone)
    found: dict[InGroup, Amounts] = {}
    real = [one for one in series if one.device not in estate.virtual_meters]
    for run in _runs(first, after, zone):
        for key, amounts in _summed(connection, real, run, groups, hourly=hourly):
            found[key] = found[key] + amounts if key in found else amounts
        for one in series:
            for key, amounts in _virtual(connection, estate, one, run, groups):
                found[key] = found[key] + amounts if key in found else amounts
    return found


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
    connection: sa.Connection, series: Sequence[Series], run: _Run, groups: Sequence[int], *,
    hourly: bool,
) -> Iterator[tuple[InGroup, Amounts]]:  # fmt: skip
    table = rollups if hourly else intervals
    columns, step = table.c, HOUR_MS if hourly else INTERVAL_MS
    in_day = run.end - run.start if run.slots else _DAY_MS
    since = columns.start_ms - sa.literal(run.start, literal_execute=True)
    place = (since % sa.literal(in_day, literal_execute=True)) // sa.literal(
        step, literal_execute=True
    )
    places: dict[int, list[int]] = defaultdict(list)
    for number in range(in_day // step):
        slot = number * (step // INTERVAL_MS)
        places[groups[run.slots.get(slot, slot)]].append(number)
    # Written into the statement: PostgreSQL takes two bound copies of one term for two terms.
    group = sa.case(*(
        (place.in_([sa.literal(one, literal_execute=True) for one in listed]),
         sa.literal(name, literal_execute=True))
        for name, listed in places.items()
    ))  # fmt: skip
    wanted = frozenset(series)
    devices, points = sorted({one.device for one in series}), sorted({one.point for one in series})
    for begin in range(0, len(devices), _DEVICES_AT_ONCE):
        query = (
            sa.select(
                columns.device, columns.point, group.label("part"),
                sa.func.sum(columns.amount), sa.func.sum(columns.recovered_amount),
                sa.func.sum(columns.covered_ms), sa.func.sum(columns.recovered_ms),
                sa.func.sum(columns.integrated_amount), sa.func.sum(columns.integrated_ms),
            )
            .where(columns.device.in_(devices[begin : begin + _DEVICES_AT_ONCE]))
            .where(columns.point.in_(points))
            .where(columns.start_ms >= run.start, columns.start_ms < run.end)
            .group_by(columns.device, columns.point, "part")
        )  # fmt: skip
        if hourly:
            query = query.where(rollups.c.grain == Grain.HOUR.value)
        for device, point, name, *sums in connection.execute(query):
            if (key := Series(device, point)) in wanted:
                yield InGroup(key, int(name)), Amounts(*(int(one) for one in sums))


def _virtual(
    connection: sa.Connection, estate: Estate, series: Series, run: _Run, groups: Sequence[int]
) -> Iterator[tuple[InGroup, Amounts]]:
    meter = estate.virtual_meters.get(series.device)
    if meter is None or meter.point != series.point:
        return
    for inside, formula in versions(estate, meter, Span(run.start, run.end)):
        found = combined(connection, [combination_of(estate, formula)], inside)
        for start, (amounts,) in found.items():
            slot = (start - run.start) % (run.end - run.start if run.slots else _DAY_MS)
            slot //= INTERVAL_MS
            yield InGroup(series, groups[run.slots.get(slot, slot)]), amounts
