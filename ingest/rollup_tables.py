"""Roll-ups of intervals by hour, day and month of the estate's time zone, kept as intervals change.

Each row is the sum of its intervals to the last count, because every change of an interval is
added to its hour, day and month in the same transaction.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ingest.interval_tables import Series, intervals
from ingest.rollup import Amounts, Span
from records.engine import metadata


class Grain(StrEnum):
    """The length of a roll-up."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


rollups = sa.Table(
    "counter_rollups",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("point", sa.String(80), nullable=False),
    sa.Column("grain", sa.String(8), nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("recovered_amount", sa.BigInteger, nullable=False),
    sa.Column("covered_ms", sa.BigInteger, nullable=False),
    sa.Column("recovered_ms", sa.BigInteger, nullable=False),
    sa.Column("integrated_amount", sa.BigInteger, nullable=False),
    sa.Column("integrated_ms", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("device", "point", "grain", "start_ms"),
    sqlite_with_rowid=False,
)
"""Sums of `counter_intervals`; `start_ms` is the local beginning of the hour, day or month."""

rollup_zone = sa.Table(
    "counter_rollup_zone",
    metadata,
    sa.Column("name", sa.String(64), nullable=False),
    sa.PrimaryKeyConstraint("name"),
)
"""The one time zone that the roll-ups are cut in; no row while there are none."""

_ADD = sa.text("""
INSERT INTO counter_rollups (device, point, grain, start_ms, amount, recovered_amount,
  covered_ms, recovered_ms, integrated_amount, integrated_ms)
VALUES (:device, :point, :grain, :start_ms, :amount, :recovered_amount,
  :covered_ms, :recovered_ms, :integrated_amount, :integrated_ms)
ON CONFLICT (device, point, grain, start_ms) DO UPDATE SET
  amount = counter_rollups.amount + excluded.amount,
  recovered_amount = counter_rollups.recovered_amount + excluded.recovered_amount,
  covered_ms = counter_rollups.covered_ms + excluded.covered_ms,
  recovered_ms = counter_rollups.recovered_ms + excluded.recovered_ms,
  integrated_amount = counter_rollups.integrated_amount + excluded.integrated_amount,
  integrated_ms = counter_rollups.integrated_ms + excluded.integrated_ms
""")
_DEVICES_AT_ONCE = 200
_HOUR_MS = 3_600_000


@lru_cache(maxsize=65_536)
def starts_of(interval_ms: int, zone: ZoneInfo) -> Mapping[Grain, int]:
    """The local hour, day and month that an interval is in, each by its beginning [ms, UTC]."""
    moment = dt.datetime.fromtimestamp(interval_ms / 1000, zone)
    day = dt.datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    return {
        # Counted back, not made of the local time: an hour of a clock change comes twice.
        Grain.HOUR: interval_ms - moment.minute * 60_000,
        Grain.DAY: int(day.timestamp()) * 1000,
        Grain.MONTH: int(day.replace(day=1).timestamp()) * 1000,
    }


def add_to_rollups(
    connection: sa.Connection,
    deltas: Iterable[tuple[tuple[str, str, int], Amounts]],
    zone: ZoneInfo,
) -> None:
    """Add changes of intervals to their hours, days and months."""
    sums: dict[tuple[str, str, Grain, int], Amounts] = {}
    for (device, point, interval_ms), delta in deltas:
        for grain, start in starts_of(interval_ms, zone).items():
            key = (device, point, grain, start)
            sums[key] = sums[key] + delta if key in sums else delta
    rows: list[dict[str, object]] = [
        {
            "device": device,
            "point": point,
            "grain": grain.value,
            "start_ms": start,
            "amount": amounts.amount,
            "recovered_amount": amounts.recovered_amount,
            "covered_ms": amounts.covered_ms,
            "recovered_ms": amounts.recovered_ms,
            "integrated_amount": amounts.integrated_amount,
            "integrated_ms": amounts.integrated_ms,
        }
        for (device, point, grain, start), amounts in sums.items()
    ]
    if rows:
        connection.execute(_ADD, rows)


def is_cut_in(connection: sa.Connection, zone: ZoneInfo) -> bool:
    """Whether there are roll-ups of this time zone."""
    return connection.execute(sa.select(rollup_zone.c.name)).scalar() == zone.key


def ensure_rollups(connection: sa.Connection, zone: ZoneInfo) -> bool:
    """Make the roll-ups anew where there are none, or those of another zone; whether it did."""
    if is_cut_in(connection, zone):
        return False
    connection.execute(sa.delete(rollups))
    connection.execute(sa.delete(rollup_zone))
    devices = list(connection.execute(sa.select(intervals.c.device).distinct()).scalars())
    for begin in range(0, len(devices), _DEVICES_AT_ONCE):
        asked = devices[begin : begin + _DEVICES_AT_ONCE]
        rows = connection.execute(sa.select(intervals).where(intervals.c.device.in_(asked)))
        add_to_rollups(
            connection, (((row.device, row.point, row.start_ms), amounts_of(row)) for row in rows),
            zone,
        )  # fmt: skip
    connection.execute(sa.insert(rollup_zone).values(name=zone.key))
    return True


def rolled_up(
    connection: sa.Connection, series: Sequence[Series], grain: Grain, start_ms: int, end_ms: int
) -> Mapping[Series, Mapping[int, Amounts]]:
    """What each counter counted in each hour, day or month that begins in a stretch of time."""
    columns = rollups.c
    wanted = frozenset(series)
    devices = sorted({one.device for one in series})
    points = sorted({one.point for one in series})
    found: dict[Series, dict[int, Amounts]] = {}
    for begin in range(0, len(devices), _DEVICES_AT_ONCE):
        query = sa.select(rollups).where(
            columns.device.in_(devices[begin : begin + _DEVICES_AT_ONCE]),
            columns.point.in_(points),
            columns.grain == grain.value,
            columns.start_ms >= start_ms,
            columns.start_ms < end_ms,
        )
        for row in connection.execute(query):
            if (key := Series(row.device, row.point)) in wanted:
                found.setdefault(key, {})[row.start_ms] = amounts_of(row)
    return found


def known_hours(connection: sa.Connection, series: Series, span: Span) -> Sequence[tuple[int, int]]:
    """The hours of a span of which a counter is wholly known: beginning [ms, UTC] and amount."""
    columns = rollups.c
    query = sa.select(columns.start_ms, columns.amount).where(
        columns.device == series.device,
        columns.point == series.point,
        columns.grain == Grain.HOUR.value,
        columns.start_ms >= span.start,
        columns.start_ms < span.end,
        columns.covered_ms + columns.recovered_ms + columns.integrated_ms >= _HOUR_MS,
    )
    return connection.execute(query).all()


def summed_hours(
    connection: sa.Connection, series: Sequence[Series], span: Span
) -> Mapping[Series, Amounts]:
    """What each counter counted in the hours that begin in a span, added up by the database."""
    columns = rollups.c
    wanted = frozenset(series)
    devices = sorted({one.device for one in series})
    sums = [sa.func.sum(columns[name]) for name in Amounts.__dataclass_fields__]
    found: dict[Series, Amounts] = {}
    for begin in range(0, len(devices), _DEVICES_AT_ONCE):
        query = (
            sa.select(columns.device, columns.point, *sums)
            .where(columns.device.in_(devices[begin : begin + _DEVICES_AT_ONCE]))
            .where(columns.point.in_(sorted({one.point for one in series})))
            .where(columns.grain == Grain.HOUR.value)
            .where(columns.start_ms >= span.start, columns.start_ms < span.end)
            .group_by(columns.device, columns.point)
        )
        for device, point, *amounts in connection.execute(query):
            if (one := Series(device, point)) in wanted:
                found[one] = Amounts(*(int(each) for each in amounts))
    return found


def amounts_of(row: sa.Row[tuple[object, ...]]) -> Amounts:
    """The amounts of a row of intervals or roll-ups."""
    return Amounts(
        row.amount, row.recovered_amount, row.covered_ms, row.recovered_ms,
        row.integrated_amount, row.integrated_ms,
    )  # fmt: skip
