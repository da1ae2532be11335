"""The evidence of what happened to alarms: events are only ever added, and each seals the last.

An event seals with its own content what its alarm is about, so that neither can be changed
unnoticed. The present state of an alarm is no evidence and is not sealed: it follows from events.
"""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from alerts import tables
from records import chain
from records.chain import Head, Link, Verdict

_LOCK = 0x5157_4545
"""Key of PostgreSQL's advisory lock of this chain."""
EVENT = ("id", "alarm", "at", "event", "actor", "note", "source_at", "value")
ABOUT = ("rule", "alarm_class", "severity", "device", "point", "place")
"""What of the alarm is sealed with each of its events."""


class Sealer:
    """Adds events inside one transaction, in which nobody else adds any.

    Make it before the transaction locks a row: so two of them wait for each other and never both.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._head: Head | None = None
        chain.lock(connection, _LOCK)

    def add(self, event: Mapping[str, object], about: Mapping[str, object]) -> int:
        """Add one event of an alarm; returns its number.

        Args:
            event: the columns of `EVENT` without the number; what is absent is None.
            about: the alarm's row.
        """
        last = self._head or head(self._connection)
        row = {name: event.get(name) for name in EVENT} | {"id": last.seq + 1}
        row["value"] = _plain(row["value"])
        sealed = chain.seal(_fields(row, about), last.hash)
        values = row | {"previous": last.hash, "hash": sealed}
        self._connection.execute(sa.insert(tables.alarm_events).values(**values))
        self._head = Head(last.seq + 1, sealed)
        return self._head.seq


def _plain(value: object) -> object:
    """A number as both databases give it back: SQLite keeps 50.0 as 50, PostgreSQL as 50.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fields(event: Mapping[str, object], about: Mapping[str, object]) -> list[object]:
    return [*(event[name] for name in EVENT), *(about[name] for name in ABOUT)]


def _link(row: dict[str, object], sealed: str, previous: str) -> Link:
    """A row as it was sealed.

    Before 2026-11-25 a whole number that was read as a float was sealed as `50.0`, and then given
    back by SQLite as `50`. It is the same number, and nobody has changed it.
    """
    row["value"] = _plain(row["value"])
    fields = _fields(row, row)
    value = row["value"]
    if type(value) is int and chain.seal(fields, previous) != sealed:
        as_float = _fields(row | {"value": float(value)}, row)
        if chain.seal(as_float, previous) == sealed:
            fields = as_float
    return Link(int(str(row["id"])), fields, previous, sealed)


def head(connection: sa.Connection) -> Head:
    """The newest event's number and hash."""
    return chain.newest(connection, tables.alarm_events.c.id, tables.alarm_events.c.hash)


def exported(connection: sa.Connection, start_ms: int, end_ms: int) -> Iterator[dict[str, object]]:
    """Every event of a time with what its alarm is about and its seal, oldest first."""
    table = tables.alarm_events
    chosen = _joined().where(table.c.at >= start_ms, table.c.at < end_ms)
    for row in connection.execute(chosen.execution_options(yield_per=1000)).mappings():
        yield dict(row)


def verify(connection: sa.Connection, kept: Head | None = None) -> Verdict:
    """Read the whole chain of events and say where it is broken; see `records.chain.verify`."""
    rows = connection.execute(_joined().execution_options(yield_per=1000)).mappings()
    links = (_link(dict(row), row["hash"], row["previous"]) for row in rows)
    return chain.verify(links, kept)


def _joined() -> sa.Select[tuple[object, ...]]:
    events, alarms = tables.alarm_events, tables.alarms
    columns = [events.c[name] for name in (*EVENT, "previous", "hash")]
    about = [alarms.c[name] for name in ABOUT]
    # An event whose alarm is gone must be read too, and shows.
    joined = events.outerjoin(alarms, alarms.c.id == events.c.alarm)
    return sa.select(*columns, *about).select_from(joined).order_by(events.c.id)
