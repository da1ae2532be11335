"""What time alone brings: shelves, windows, chatter and floods end, digests are sent.

All of it is decided and written in the transaction of the judge, so that each end is told once,
whatever dies in between.
"""

import sqlalchemy as sa

from alerts import shelf_rows
from alerts.alarm import Hold, Transition
from alerts.chatter import is_flood
from alerts.flood import flooded_communities, new_alarms
from alerts.hold_tables import digest_rows, shelves, windows
from alerts.in_force import Held, InForce, in_force
from alerts.rule import Rule
from alerts.tables import alarms
from alerts.telling import send_digests
from alerts.writer import Writer, flood_change, to_alarm


def _edges(now_ms: int) -> sa.ColumnElement[bool]:
    """Windows that begin or end and have not been seen to."""
    begins = sa.and_(windows.c.begun_at.is_(None), windows.c.starts_at <= now_ms)
    return sa.and_(windows.c.finished_at.is_(None), sa.or_(begins, windows.c.ends_at <= now_ms))


def is_due(connection: sa.Connection, now_ms: int) -> bool:
    """Whether there is something to do."""
    over = (
        sa.and_(shelves.c.ended_at.is_(None), shelves.c.until <= now_ms),
        _edges(now_ms),
        alarms.c.chattering_until <= now_ms,
        digest_rows.c.due_at <= now_ms,
    )
    query = sa.select(sa.or_(*(sa.exists().where(one) for one in over)))
    if connection.execute(query).scalar_one():
        return True
    return any(
        not is_flood(new_alarms(connection, one, now_ms), flooded=True)
        for one in flooded_communities(connection)
    )


def keep_up(
    connection: sa.Connection, writer: Writer, now_ms: int, flood_rule: Rule | None
) -> None:
    """Do what is due."""
    _end_shelves(connection, writer, now_ms)
    _turn_windows(connection, writer, now_ms)
    _end_chatter(connection, writer, now_ms)
    _end_floods(connection, writer, now_ms, flood_rule)
    send_digests(connection, now_ms)


def _end_shelves(connection: sa.Connection, writer: Writer, now_ms: int) -> None:
    for key in shelf_rows.expired(connection, now_ms):
        row = writer.open_row(key)
        if row is not None:
            writer.let_go(row, Hold.SHELVED, now_ms, None, "its time is over")


def _turn_windows(connection: sa.Connection, writer: Writer, now_ms: int) -> None:
    edges = connection.execute(sa.select(windows.c.id).where(_edges(now_ms))).all()
    if not edges:
        return
    connection.execute(
        sa.update(windows)
        .where(windows.c.begun_at.is_(None), windows.c.starts_at <= now_ms)
        .values(begun_at=now_ms)
    )
    connection.execute(
        sa.update(windows)
        .where(windows.c.finished_at.is_(None), windows.c.ends_at <= now_ms)
        .values(finished_at=now_ms)
    )
    apply_windows(connection, writer, now_ms)


def apply_windows(
    connection: sa.Connection, writer: Writer, now_ms: int, actor: str | None = None
) -> None:
    """Hold and let go open alarms as the windows of now say."""
    now = in_force(connection, now_ms)
    numbers = connection.execute(sa.select(alarms.c.id).where(alarms.c.is_open)).scalars().all()
    for number in numbers:
        row = writer.row(number)
        if row is not None:
            _apply(writer, row, now, actor)


def _apply(writer: Writer, row: sa.RowMapping, now: InForce, actor: str | None) -> None:
    window = now.window_of(to_alarm(row))
    held = Hold.OUT_OF_SERVICE in row["held"]
    if window is not None and not held:
        reason = Held(actor or window.created_by, window.note())
        writer.put_on_hold(row, Hold.OUT_OF_SERVICE, reason, now.now_ms)
    elif window is None and held:
        writer.let_go(row, Hold.OUT_OF_SERVICE, now.now_ms, actor, "no maintenance window any more")


def _end_chatter(connection: sa.Connection, writer: Writer, now_ms: int) -> None:
    over = alarms.c.chattering_until <= now_ms
    for row in connection.execute(sa.select(alarms.c.id, alarms.c.is_open).where(over)).all():
        writer.update(row.id, {"chattering_until": None})
        if row.is_open:
            writer.event(row.id, Transition.CHATTER_ENDED, now_ms)


def _end_floods(connection: sa.Connection, writer: Writer, now_ms: int, rule: Rule | None) -> None:
    for community in flooded_communities(connection):
        if rule is not None and not is_flood(
            new_alarms(connection, community, now_ms), flooded=True
        ):
            writer.apply(flood_change(rule, community, now_ms))
