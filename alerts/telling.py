"""Puts messages into the outbox, or lets them wait in a digest, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from alerts import tables
from alerts.alarm import iso, to_json, told
from alerts.contacts import Told
from alerts.digests import Digest, Why, digest_for, joined, never_waits
from alerts.feed import AlarmChange
from alerts.hold_tables import digest_rows

_NAMED = 100
"""How many alarms a digest names; it counts them all."""

Row = Mapping[str, object]


def tell(
    connection: sa.Connection,
    people: Sequence[Told],
    change: AlarmChange,
    event: int,
    now_ms: int,
    *,
    flooded: bool = False,
    at_once: bool = False,
    wait_ms: int = 0,
) -> None:
    """Tell who is to be told of one event; of a held alarm nobody.

    With `wait_ms` it is sent only then, and can be taken back until then.
    """
    alarm = change.alarm
    if not told(alarm):
        return
    each = {one.target.name: one for one in people if alarm.point != one.target.name}
    if not each:
        return
    digest = None
    if not at_once and not never_waits(alarm, change.transition):
        digest = digest_for(alarm, change.transition, now_ms, flooded=flooded)
        digest = _waiting(connection, alarm.id, digest)
    rows = [_row(change, event, one) for one in each.values()]
    if digest is None:
        due_at = now_ms + wait_ms
        connection.execute(
            sa.insert(tables.outbox), [_to_send(row, now_ms, due_at) for row in rows]
        )
        return
    if digest.why is Why.CHATTER:
        _prolong(connection, digest)
    own = {
        "key": digest.key, "reason": digest.why.value,
        "first_at": digest.first_at, "due_at": digest.due_at,
    }  # fmt: skip
    connection.execute(sa.insert(digest_rows), [{**row, **own} for row in rows])


def _row(change: AlarmChange, event: int, one: Told) -> Row:
    payload = {**to_json(change.alarm), "transition": change.transition.value}
    return {
        "event": event,
        "alarm": change.alarm.id,
        "transition": change.transition.value,
        "rank": change.alarm.severity.rank,
        "channel": one.target.channel,
        "target": one.target.name,
        "parameters": one.target.parameters,
        "budget": one.target.budget,
        "payload": payload if one.contact is None else payload | {"contact": one.contact},
    }


def _to_send(row: Row, now_ms: int, due_at: int | None = None) -> Row:
    due = now_ms if due_at is None else due_at
    return {**row, "created_at": now_ms, "due_at": due, "attempts": 0, "claimed_until": 0}


def withdraw(connection: sa.Connection, alarm: int) -> bool:
    """Take back what was put off because it might be over; tells whether there was any."""
    table = tables.outbox
    waiting = sa.and_(
        table.c.alarm == alarm, table.c.sent_at.is_(None), table.c.failed_at.is_(None),
        table.c.attempts == 0, table.c.due_at > table.c.created_at,
    )  # fmt: skip
    return connection.execute(sa.delete(table).where(waiting)).rowcount > 0


def _waiting(connection: sa.Connection, alarm: int, digest: Digest | None) -> Digest | None:
    """What says more of an alarm that waits in a digest waits there as well: the order stays."""
    table = digest_rows
    query = sa.select(table.c.key, table.c.reason, table.c.first_at, table.c.due_at).limit(1)
    own = table.c.alarm == alarm
    if digest is not None:
        query = query.where(sa.or_(own, table.c.key == digest.key)).order_by(sa.desc(own))
    row = connection.execute(query if digest is not None else query.where(own)).one_or_none()
    if row is None:
        return digest
    found = Digest(row.key, Why(row.reason), row.first_at, row.due_at)
    if digest is None or digest.why is not found.why:
        return found
    return joined(replace(digest, key=found.key), found)


def _prolong(connection: sa.Connection, digest: Digest) -> None:
    table = digest_rows
    connection.execute(
        sa.update(table)
        .where(table.c.key == digest.key, table.c.due_at != digest.due_at)
        .values(due_at=digest.due_at)
    )


def send_digests(connection: sa.Connection, now_ms: int) -> int:
    """Send every digest whose time has come; tells how many messages that were."""
    table = digest_rows
    query = sa.select(table).where(table.c.due_at <= now_ms).order_by(table.c.id)
    together: dict[tuple[str, str, str], list[sa.RowMapping]] = {}
    for row in connection.execute(query).mappings():
        together.setdefault((row["key"], row["channel"], row["target"]), []).append(row)
    for rows in together.values():
        connection.execute(sa.insert(tables.outbox).values(**_to_send(_merged(rows), now_ms)))
    if together:
        connection.execute(sa.delete(table).where(table.c.due_at <= now_ms))
    return len(together)


def _merged(rows: Sequence[sa.RowMapping]) -> Row:
    """The newest message, with how many it stands for; one alone is as it would have been."""
    last = rows[-1]
    names = ("event", "alarm", "transition", "channel", "target", "parameters", "budget")
    merged = {name: last[name] for name in names}
    payload = dict(last["payload"])
    if len(rows) > 1:
        alarms = list(dict.fromkeys(row["alarm"] for row in rows))
        payload["digest"] = {
            "reason": last["reason"],
            "messages": len(rows),
            "alarms": len(alarms),
            "alarm_ids": alarms[:_NAMED],
            "since": iso(last["first_at"]),
        }
    return {**merged, "rank": min(row["rank"] for row in rows), "payload": payload}
