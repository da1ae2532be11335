"""The evidence of what was done to work orders: events are only ever added, each seals the last."""

import json
from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from alerts.work_order_tables import order_events, work_orders
from alerts.work_orders import OrderEvent
from records import chain
from records.chain import Head, Link, Verdict

_LOCK = 0x5157_574F
"""Key of PostgreSQL's advisory lock of this chain."""
EVENT = ("id", "work_order", "at", "event", "actor", "note", "detail")
ABOUT = ("origin", "site", "device", "alarm", "plan", "due_day", "created_at")
"""What of the order is sealed with each of its events."""


def lock(connection: sa.Connection) -> None:
    """Let nobody else add an event before this transaction ends; call it before locking a row."""
    chain.lock(connection, _LOCK)


def add(
    connection: sa.Connection,
    order: int,
    event: OrderEvent,
    at: int,
    actor: str,
    note: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> int:
    """Add one event of an order, which is stored already; returns the event's number.

    `detail` is plain JSON.
    """
    lock(connection)
    last = head(connection)
    row = {
        "id": last.seq + 1, "work_order": order, "at": at, "event": event.value, "actor": actor,
        "note": note or None,
        "detail": json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
    columns = [work_orders.c[name] for name in ABOUT]
    found = connection.execute(sa.select(*columns).where(work_orders.c.id == order))
    sealed = chain.seal(_fields(row, dict(found.mappings().one())), last.hash)
    connection.execute(sa.insert(order_events).values(**row, previous=last.hash, hash=sealed))
    return last.seq + 1


def _fields(event: Mapping[str, object], about: Mapping[str, object]) -> list[object]:
    return [*(event[name] for name in EVENT), *(about[name] for name in ABOUT)]


def head(connection: sa.Connection) -> Head:
    """The newest event's number and hash."""
    return chain.newest(connection, order_events.c.id, order_events.c.hash)


def exported(connection: sa.Connection, start_ms: int, end_ms: int) -> Iterator[dict[str, object]]:
    """Every event of a time with what its order is about and its seal, oldest first."""
    chosen = _joined().where(order_events.c.at >= start_ms, order_events.c.at < end_ms)
    for row in connection.execute(chosen.execution_options(yield_per=1000)).mappings():
        yield dict(row)


def verify(connection: sa.Connection, kept: Head | None = None) -> Verdict:
    """Read the whole chain of events and say where it is broken; see `records.chain.verify`."""
    rows = connection.execute(_joined().execution_options(yield_per=1000)).mappings()
    links = (
        Link(row["id"], _fields(row, row), row["previous"], row["hash"]) for row in map(dict, rows)
    )
    return chain.verify(links, kept)


def _joined() -> sa.Select[tuple[object, ...]]:
    columns = [order_events.c[name] for name in (*EVENT, "previous", "hash")]
    about = [work_orders.c[name] for name in ABOUT]
    # An event whose order is gone must be read too, and shows.
    joined = order_events.outerjoin(work_orders, work_orders.c.id == order_events.c.work_order)
    return sa.select(*columns, *about).select_from(joined).order_by(order_events.c.id)
