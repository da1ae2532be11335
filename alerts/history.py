"""What SQL knows of earlier alarms: who leads a group, how often one was raised."""

import sqlalchemy as sa

from alerts.alarm import ANNOUNCES
from alerts.chatter import CHATTER_RAISES
from alerts.tables import alarm_events, alarms
from alerts.watch import Key

_LATELY = CHATTER_RAISES
"""How many alarms of a key, and raises of each, are looked at: more cannot matter."""


def leader_of(connection: sa.Connection, group_key: str) -> int | None:
    """The first alarm of the open group of this key; None: the group begins now."""
    query = (
        sa.select(alarms.c.group_id, alarms.c.id)
        .where(alarms.c.group_key == group_key, alarms.c.is_open)
        .order_by(alarms.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else int(row.group_id or row.id)


def raises_of(connection: sa.Connection, key: Key, below: int) -> tuple[list[int], int | None]:
    """When alarms of a key, numbers below, were raised, and until when they chatter [ms]."""
    query = (
        sa.select(alarms.c.id, alarms.c.chattering_until)
        .where(alarms.c.rule == key.rule, alarms.c.device == key.device)
        .where(alarms.c.point == key.point, alarms.c.id < below)
        .order_by(alarms.c.id.desc())
        .limit(_LATELY)
    )
    rows = connection.execute(query).all()
    found: list[int] = []
    for row in rows:
        raises = (
            sa.select(alarm_events.c.at)
            .where(alarm_events.c.alarm == row.id)
            .where(alarm_events.c.event.in_([one.value for one in sorted(ANNOUNCES)]))
            .order_by(alarm_events.c.id.desc())
            .limit(_LATELY)
        )
        found += connection.execute(raises).scalars()
        if len(found) >= _LATELY:
            break
    known = [row.chattering_until for row in rows if row.chattering_until is not None]
    return found[:_LATELY], max(known, default=None)
