"""The tables of data quality, and the statements that fill them.

Rows are put whole, as the book has them, in one transaction with the cursor.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ingest.bus import Cursor
from ingest.quality_book import LONGEST_SETTLED_DAYS, DayRow, DeviceState
from records.engine import metadata

CONSUMER = "quality"
"""Name of the consumer whose cursor stands in these tables."""
_MOST_DEVICES = 500
"""Devices in one statement; SQLite and PostgreSQL bound the number of parameters."""

days = sa.Table(
    "quality_days",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("samples", sa.BigInteger, nullable=False),
    sa.Column("good", sa.BigInteger, nullable=False),
    sa.Column("due", sa.BigInteger),
    sa.Column("counted", sa.Integer, nullable=False),
    sa.Column("online", sa.Integer, nullable=False),
    sa.Column("covered", sa.Integer, nullable=False),
    sa.Column("down", sa.Integer, nullable=False),
    sa.Column("suspect", sa.Text, nullable=False),
    sa.Column("missing", sa.Text, nullable=False),
    sa.Column("heard_ms", sa.BigInteger),
    sa.Column("allowed_ms", sa.BigInteger, nullable=False),
    sa.Column("marks", sa.LargeBinary),
    sa.Column("covered_marks", sa.LargeBinary),
    sa.Column("from_store", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.PrimaryKeyConstraint("device", "day"),
    sqlite_with_rowid=False,
)
"""One row for each device and local day (`ingest.quality_book.DayRow`); `day` is the ordinal of
its date. The marks, 180 bytes each, go when the day is closed."""

states = sa.Table(
    "quality_states",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Column("settled_ms", sa.BigInteger, nullable=False),
    sa.Column("absent", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("device"),
)
"""Where each device stands (`ingest.quality_book.DeviceState`)."""

runs = sa.Table(
    "quality_runs",
    metadata,
    sa.Column("started_ms", sa.BigInteger, autoincrement=False, nullable=False),
    sa.Column("alive_ms", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("started_ms", name="pk_quality_runs"),
)
"""Each run of sitewatch, from its start to its last sign of life [ms, UTC]; between two of them it
was not running."""

cursors = sa.Table(
    "quality_cursors",
    metadata,
    sa.Column("consumer", sa.String(32), nullable=False),
    sa.Column("safety", sa.BigInteger, nullable=False),
    sa.Column("routine", sa.BigInteger, nullable=False),
    sa.Column("booked_ms", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("consumer"),
)
"""How far the consumer has read the journal, and until when all is booked [ms, UTC]."""

recounts = sa.Table(
    "quality_recounts",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("day", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("device", "day", name="pk_quality_recounts"),
)
"""Days that are to be counted again from the store (`ingest.quality_recount`)."""


def _upsert(table: sa.Table) -> sa.TextClause:
    # One text serves SQLite and PostgreSQL: both know this form of ON CONFLICT.
    keys = [column.name for column in table.primary_key]
    names = [column.name for column in table.columns]
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return sa.text(
        f"INSERT INTO {table.name} ({', '.join(names)})"
        f" VALUES ({', '.join(f':{name}' for name in names)})"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
    )


_PUT_DAY, _PUT_STATE, _PUT_RUN, _PUT_CURSOR = map(_upsert, (days, states, runs, cursors))


def put_days(connection: sa.Connection, rows: Iterable[DayRow]) -> None:
    """Write rows whole."""
    values = [
        {
            "device": row.device,
            "day": row.day,
            "samples": row.samples,
            "good": row.good,
            "due": row.due,
            "counted": row.counted,
            "online": row.online,
            "covered": row.covered,
            "down": row.down,
            "suspect": json.dumps(row.suspect) if row.suspect else "{}",
            "missing": json.dumps(row.missing) if row.missing else "{}",
            "heard_ms": row.heard_ms,
            "allowed_ms": row.allowed_ms,
            "marks": _to_bytes(row.marks),
            "covered_marks": _to_bytes(row.covered_marks),
            "from_store": row.from_store,
        }
        for row in rows
    ]
    if values:
        connection.execute(_PUT_DAY, values)


def to_row(row: sa.Row[tuple[object, ...]]) -> DayRow:
    """A row of `days` as it was put."""
    values = dict(row._mapping)
    for name in ("suspect", "missing"):
        values[name] = Counter(json.loads(values[name]))
    for name in ("marks", "covered_marks"):
        values[name] = int.from_bytes(values.get(name) or b"", "little")
    return DayRow(**values)


def read_days(connection: sa.Connection, first: int) -> list[DayRow]:
    """The rows of a day and all after it."""
    return [to_row(row) for row in connection.execute(sa.select(days).where(days.c.day >= first))]


def days_of(
    connection: sa.Connection, devices: Sequence[str], first: int, last: int
) -> Iterator[DayRow]:
    """The rows of some devices from one day to another, without their marks."""
    plain = [column for column in days.columns if column.name not in ("marks", "covered_marks")]
    for begin in range(0, len(devices), _MOST_DEVICES):
        some = days.c.device.in_(devices[begin : begin + _MOST_DEVICES])
        query = sa.select(*plain).where(some, days.c.day.between(first, last))
        yield from map(to_row, connection.execute(query))


@dataclass(frozen=True, slots=True)
class DaySums:
    """What the days of one device come to."""

    good: int
    """Of each day at most as many as were due."""
    due: int | None
    """None of a device that reports when it likes."""
    covered: int
    counted: int

    @property
    def completeness(self) -> float | None:
        """Good readings of those due, or the time a good value covers; None where unknown."""
        part, whole = (self.covered, self.counted) if self.due is None else (self.good, self.due)
        return part / whole if whole else None


def sums_of(
    connection: sa.Connection, devices: Sequence[str], first: int, last: int
) -> Mapping[str, DaySums]:
    """The days of some devices from one to another, added up by the database."""
    columns = days.c
    good = sa.case(
        (columns.good < columns.due, columns.good), else_=sa.func.coalesce(columns.due, 0)
    )
    found: dict[str, DaySums] = {}
    for begin in range(0, len(devices), _MOST_DEVICES):
        query = (
            sa.select(
                columns.device, sa.func.sum(good), sa.func.sum(columns.due),
                sa.func.sum(columns.covered), sa.func.sum(columns.counted),
            )
            .where(columns.device.in_(devices[begin : begin + _MOST_DEVICES]))
            .where(columns.day.between(first, last))
            .group_by(columns.device)
        )  # fmt: skip
        for device, *sums in connection.execute(query):
            at_most, due, covered, counted = (None if one is None else int(one) for one in sums)
            found[device] = DaySums(at_most or 0, due, covered or 0, counted or 0)
    return found


def put_recounts(connection: sa.Connection, found: Iterable[tuple[str, int]]) -> None:
    """Note devices and days that are to be counted again."""
    values = [{"device": device, "day": day} for device, day in found]
    if values:
        text = "INSERT INTO quality_recounts (device, day) VALUES (:device, :day)"
        connection.execute(sa.text(f"{text} ON CONFLICT DO NOTHING"), values)


def read_recounts(connection: sa.Connection, before: int) -> dict[str, list[int]]:
    """The days before one that are to be counted again, in order, by device."""
    found: dict[str, list[int]] = {}
    query = sa.select(recounts).where(recounts.c.day < before).order_by(*recounts.primary_key)
    for row in connection.execute(query):
        found.setdefault(row.device, []).append(row.day)
    return found


def drop_recounts(connection: sa.Connection, device: str, first: int, last: int) -> None:
    """Let go of days of a device that were counted."""
    chosen = recounts.c.device == device, recounts.c.day.between(first, last)
    connection.execute(sa.delete(recounts).where(*chosen))


def close_days(
    connection: sa.Connection, devices: Iterable[str], open_from: int, kept: int
) -> None:
    """Drop the marks of days that are closed, and days more than `kept` before them.

    Asked device by device, so that each statement goes by the key and none reads the whole table.
    """
    names = [{"name": device} for device in devices]
    if not names:
        return
    ours = days.c.device == sa.bindparam("name")
    closed = days.c.day.between(open_from - LONGEST_SETTLED_DAYS, open_from - 1)
    unmarked = {"marks": None, "covered_marks": None}
    connection.execute(sa.update(days).where(ours, closed).values(unmarked), names)
    connection.execute(sa.delete(days).where(ours, days.c.day < open_from - kept), names)


def put_states(connection: sa.Connection, found: Iterable[DeviceState]) -> None:
    """Write the states of devices."""
    values = [
        {
            "device": state.device,
            "first_ms": state.first_ms,
            "settled_ms": state.settled_ms,
            "absent": json.dumps(sorted(state.absent)),
        }
        for state in found
    ]
    if values:
        connection.execute(_PUT_STATE, values)


def read_states(connection: sa.Connection) -> list[DeviceState]:
    """The states of all devices."""
    return [
        DeviceState(row.device, row.first_ms, row.settled_ms, frozenset(json.loads(row.absent)))
        for row in connection.execute(sa.select(states))
    ]


def put_run(connection: sa.Connection, started_ms: int, alive_ms: int) -> None:
    """Write that a run is alive."""
    connection.execute(_PUT_RUN, {"started_ms": started_ms, "alive_ms": alive_ms})


def read_runs(connection: sa.Connection, since_ms: int = 0) -> list[tuple[int, int]]:
    """The runs that were alive since a moment, by start and last sign of life [ms, UTC].

    The newest of those before it is among them, so that the gap between them is known.
    """
    alive = sa.select(runs).where(runs.c.alive_ms >= since_ms)
    before = sa.select(runs).where(runs.c.alive_ms < since_ms)
    newest = before.order_by(runs.c.alive_ms.desc()).limit(1)
    rows = [*connection.execute(newest), *connection.execute(alive)]
    return [(row.started_ms, row.alive_ms) for row in rows]


def forget_runs(connection: sa.Connection, before_ms: int) -> None:
    """Drop runs that ended long ago."""
    connection.execute(sa.delete(runs).where(runs.c.alive_ms < before_ms))


def read_cursor(connection: sa.Connection) -> tuple[Cursor, int]:
    """How far the consumer is, and until when all is booked; the beginning where it never ran."""
    row = connection.execute(sa.select(cursors).where(cursors.c.consumer == CONSUMER)).first()
    return (Cursor(), 0) if row is None else (Cursor(row.safety, row.routine), row.booked_ms)


def put_cursor(connection: sa.Connection, cursor: Cursor, booked_ms: int) -> None:
    """Write how far the consumer is."""
    values = {
        "consumer": CONSUMER,
        "safety": cursor.safety,
        "routine": cursor.routine,
        "booked_ms": booked_ms,
    }
    connection.execute(_PUT_CURSOR, values)


def _to_bytes(marks: int) -> bytes:
    return marks.to_bytes((marks.bit_length() + 7) // 8, "little")
