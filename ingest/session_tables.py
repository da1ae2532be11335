"""The tables of charging sessions, and the statements that fill them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from ingest.sessions import Ending, Mark, Session, Standing
from records.engine import metadata

CONSUMER = "sessions"
"""Name of the consumer whose cursor stands in `interval_cursors`."""
_MOST_DEVICES = 500
"""Devices in one statement; SQLite and PostgreSQL bound the number of parameters."""
_ENDINGS = {one.value: one for one in Ending}

sessions = sa.Table(
    "charging_sessions",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger),
    sa.Column("energy", sa.BigInteger),
    sa.Column("told", sa.BigInteger),
    sa.Column("plugged_ms", sa.BigInteger),
    sa.Column("charging_ms", sa.BigInteger, nullable=False),
    sa.Column("idle_ms", sa.BigInteger),
    sa.Column("fault_ms", sa.BigInteger, nullable=False),
    sa.Column("faults", sa.Integer, nullable=False),
    sa.Column("gap_ms", sa.BigInteger, nullable=False),
    sa.Column("ending", sa.String(16), nullable=False),
    sa.Column("marks", sa.String(80), nullable=False),
    sa.PrimaryKeyConstraint("device", "start_ms"),
    sqlite_with_rowid=False,
)
"""One row for each session (`ingest.sessions.Session`); energies in mWh, `marks` by commas."""

states = sa.Table(
    "charging_states",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("late_ms", sa.BigInteger),
    sa.PrimaryKeyConstraint("device"),
)
"""Where each connector stands (`ingest.sessions.Standing`, as JSON), and from when on readings have
come late and are to be counted again; NULL where none have."""


class Kept(NamedTuple):
    """A connector's row of `charging_states`."""

    standing: Standing
    late_ms: int | None


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


_PUT_SESSION, _PUT_STATE = map(_upsert, (sessions, states))


def put_sessions(connection: sa.Connection, found: Iterable[tuple[str, Session]]) -> None:
    """Write sessions whole."""
    rows: list[dict[str, object]] = [
        {
            "device": device,
            "start_ms": one.start_ms,
            "end_ms": one.end_ms,
            "energy": one.energy,
            "told": one.told,
            "plugged_ms": one.plugged_ms,
            "charging_ms": one.charging_ms,
            "idle_ms": one.idle_ms,
            "fault_ms": one.fault_ms,
            "faults": one.faults,
            "gap_ms": one.gap_ms,
            "ending": one.ending.value,
            "marks": ",".join(sorted(one.marks)),
        }
        for device, one in found
    ]
    if rows:
        connection.execute(_PUT_SESSION, rows)


def put_states(connection: sa.Connection, found: Mapping[str, Kept]) -> None:
    """Write how some connectors stand."""
    rows: list[dict[str, object]] = [
        {
            "device": device,
            "standing": msgspec.json.encode(one.standing).decode(),
            "late_ms": one.late_ms,
        }
        for device, one in found.items()
    ]
    if rows:
        connection.execute(_PUT_STATE, rows)


def read_states(connection: sa.Connection) -> dict[str, Kept]:
    """How all connectors stand."""
    return {
        row.device: Kept(msgspec.json.decode(row.standing, type=Standing), row.late_ms)
        for row in connection.execute(sa.select(states))
    }


def mark_late(connection: sa.Connection, device: str, at_ms: int) -> None:
    """Mark the sessions that a late reading may belong to."""
    columns = sessions.c
    around = (columns.start_ms <= at_ms) & ((columns.end_ms >= at_ms) | columns.end_ms.is_(None))
    query = sa.select(sessions).where(columns.device == device, around)
    found = [_session(row) for row in connection.execute(query)]
    put_sessions(connection, ((device, one.marked(Mark.LATE)) for one in found))


def session_around(connection: sa.Connection, device: str, at_ms: int) -> Session | None:
    """The session that a moment is in, its first and last included."""
    columns = sessions.c
    query = (
        sa.select(sessions)
        .where(columns.device == device, columns.start_ms <= at_ms)
        .where((columns.end_ms >= at_ms) | columns.end_ms.is_(None))
        .order_by(columns.start_ms)
    )
    row = connection.execute(query).first()
    return None if row is None else _session(row)


def drop_sessions(connection: sa.Connection, device: str, start_ms: int) -> None:
    """Delete the sessions of a connector that begin at a moment or after it."""
    columns = sessions.c
    connection.execute(
        sa.delete(sessions).where(columns.device == device, columns.start_ms >= start_ms)
    )


def sessions_in(
    connection: sa.Connection, devices: Sequence[str], start_ms: int, end_ms: int
) -> dict[str, list[Session]]:
    """The sessions of some connectors that have a part in `[start_ms, end_ms)`, in order."""
    columns = sessions.c
    found: dict[str, list[Session]] = {device: [] for device in devices}
    for begin in range(0, len(devices), _MOST_DEVICES):
        query = (
            sa.select(sessions)
            .where(columns.device.in_(devices[begin : begin + _MOST_DEVICES]))
            .where(columns.start_ms < end_ms)
            .where((columns.end_ms >= start_ms) | columns.end_ms.is_(None))
            .order_by(columns.device, columns.start_ms)
        )
        for row in connection.execute(query).all():
            found[row.device].append(_session(row))
    return found


def _session(row: sa.Row[Any]) -> Session:
    """A row of `sessions`, of which a year of an estate has tens of thousands."""
    each: Any = row  # Named attributes take three times as long.
    _, start, end, energy, told, plugged, charging, idle, fault, faults, gap, ending, marks = each
    return Session(
        start, end, energy, told, plugged, charging, idle, fault, faults, gap, _ENDINGS[ending],
        _marks(marks),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _marks(names: str) -> frozenset[Mark]:
    return frozenset(Mark(name) for name in names.split(",") if name)
