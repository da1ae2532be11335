"""The rows of shelved alarms: one at a time for each rule, device or part, and point."""

import sqlalchemy as sa

from alerts.alarm import Shelf
from alerts.hold_tables import shelves
from alerts.watch import Key


def _of(key: Key) -> sa.ColumnElement[bool]:
    return sa.and_(
        shelves.c.rule == key.rule,
        shelves.c.device == key.device,
        shelves.c.point == key.point,
        shelves.c.ended_at.is_(None),
    )


def key_of(row: sa.RowMapping) -> Key:
    """What an alarm's row, or a shelf's, is about."""
    return Key(row["rule"], row["device"], row["point"])


def put(connection: sa.Connection, key: Key, shelf: Shelf, now_ms: int) -> None:
    """Shelve; what was shelved already is shelved anew."""
    end(connection, key, now_ms)
    connection.execute(
        sa.insert(shelves).values(
            rule=key.rule, device=key.device, point=key.point, until=shelf.until,
            once=shelf.once, by=shelf.by, reason=shelf.reason, created_at=now_ms,
        )
    )  # fmt: skip


def end(connection: sa.Connection, key: Key, now_ms: int) -> None:
    """End whatever shelf there is."""
    connection.execute(sa.update(shelves).where(_of(key)).values(ended_at=now_ms))


def end_once(connection: sa.Connection, key: Key, now_ms: int) -> None:
    """End a shelf that was for one occurrence only."""
    connection.execute(sa.update(shelves).where(_of(key), shelves.c.once).values(ended_at=now_ms))


def expired(connection: sa.Connection, now_ms: int) -> list[Key]:
    """What is shelved no longer; each is told once."""
    over = sa.and_(shelves.c.ended_at.is_(None), shelves.c.until <= now_ms)
    rows = connection.execute(sa.select(shelves).where(over)).mappings().all()
    if rows:
        connection.execute(sa.update(shelves).where(over).values(ended_at=now_ms))
    return [key_of(row) for row in rows]
