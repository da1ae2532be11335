"""Meter changes as counters need them: those of the estate folder and those entered by hand.

What the intervals were made with is kept (`counter_changes`), so that a change that was entered,
corrected or taken back later shows as a difference, and what it alters is counted again.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from device_configs.estate import Device, Estate
from device_configs.quantities import conversion
from ingest.counter_terms import Changes, counter_spec
from ingest.counters import MeterChange, to_count
from ingest.interval_tables import Series
from records.engine import metadata
from records.meter_changes import RecordedChange

SHOWN_UNITS = {"Wh": "kWh", "varh": "kvarh"}
"""The unit of a counter as people read it off the meter, where it is not the stored one."""

counter_changes = sa.Table(
    "counter_changes",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("point", sa.String(80), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("last_count", sa.BigInteger, nullable=False),
    sa.Column("first_count", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("device", "point", "at_ms"),
)
"""The meter changes that the intervals were made with."""


def to_stored(value: float, unit: str) -> float:
    """A counter as people read it off the meter (kWh, m3) in its stored unit."""
    shown = SHOWN_UNITS.get(unit, unit)
    return conversion(shown, unit).apply(value)


def meter_changes(estate: Estate, recorded: Iterable[RecordedChange]) -> Changes:
    """The changes of every counter, in order of time.

    Of two at one moment the one entered by hand counts, and of those the later: it was entered
    by somebody who saw the other.
    """
    found: dict[Series, dict[int, MeterChange]] = {}
    for device in estate.devices.values():
        for series, change in _written(estate, device):
            found.setdefault(series, {})[change.at_ms] = change
    for one in recorded:
        spec = counter_spec(estate, one.device, one.point)
        if spec is not None and spec.quantity is not None:
            last, first = (to_count(value, spec.quantity) for value in (one.last, one.first))
            change = MeterChange(one.at_ms, last, first)
            found.setdefault(Series(one.device, one.point), {})[one.at_ms] = change
    return {
        series: tuple(change for _, change in sorted(changes.items()))
        for series, changes in found.items()
    }


def _written(estate: Estate, device: Device) -> Iterable[tuple[Series, MeterChange]]:
    """The changes that the estate's file names for one device."""
    for entry in device.entry.meter_changes:
        moment = entry.at if entry.at.tzinfo else entry.at.replace(tzinfo=estate.timezone)
        name = f"{device.id}/{entry.part}" if entry.part else device.id
        for point, (last, first) in entry.readings.items():
            series = Series(name, point)
            spec = counter_spec(estate, *series)
            if spec is not None and spec.quantity is not None:
                yield (
                    series,
                    MeterChange(
                        int(moment.timestamp() * 1000),
                        to_count(to_stored(last, spec.unit), spec.quantity),
                        to_count(to_stored(first, spec.unit), spec.quantity),
                    ),
                )


def read_applied(connection: sa.Connection) -> Changes:
    """The changes that the intervals were made with."""
    table = counter_changes
    found: dict[Series, list[MeterChange]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.at_ms)):
        change = MeterChange(row.at_ms, row.last_count, row.first_count)
        found.setdefault(Series(row.device, row.point), []).append(change)
    return {series: tuple(changes) for series, changes in found.items()}


def put_applied(connection: sa.Connection, changes: Changes) -> None:
    """Note the changes that the intervals are made with from now on."""
    connection.execute(sa.delete(counter_changes))
    rows = [
        {
            "device": series.device,
            "point": series.point,
            "at_ms": one.at_ms,
            "last_count": one.last,
            "first_count": one.first,
        }
        for series, each in changes.items()
        for one in each
    ]
    if rows:
        connection.execute(sa.insert(counter_changes), rows)


def moved(before: Changes, after: Changes) -> Mapping[Series, tuple[int, ...]]:
    """The moments of each counter at which a change was entered, altered or taken back."""
    found = {}
    for series in before.keys() | after.keys():
        differing = set(before.get(series, ())) ^ set(after.get(series, ()))
        if differing:
            found[series] = tuple(sorted({one.at_ms for one in differing}))
    return found
