"""How each channel did with the newest notifications: what waits, what went, what it last said."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from alerts.tables import outbox

NEWEST = 5000
"""So many notifications are looked back at: the whole history may be long."""


@dataclass(frozen=True)
class ChannelState:
    """One channel."""

    channel: str
    waiting: int
    given_up: int
    sent_at: int | None
    """When it last took one. [ms, UTC]"""
    last_error: str | None
    """Of the newest notification that was not taken."""
    failed_at: int | None
    """When that notification was made. [ms, UTC]"""


def channel_states(connection: sa.Connection) -> Sequence[ChannelState]:
    """The channels that have any of the newest notifications, by name."""
    newest = connection.execute(sa.select(sa.func.max(outbox.c.id))).scalar_one() or 0
    recent = outbox.c.id > newest - NEWEST
    waits = sa.and_(outbox.c.sent_at.is_(None), outbox.c.failed_at.is_(None))
    failed = sa.and_(outbox.c.sent_at.is_(None), outbox.c.last_error.is_not(None))
    query = (
        sa.select(
            outbox.c.channel,
            sa.func.sum(sa.case((waits, 1), else_=0)).label("waiting"),
            sa.func.sum(sa.case((outbox.c.failed_at.is_not(None), 1), else_=0)).label("given_up"),
            sa.func.max(outbox.c.sent_at).label("sent_at"),
            sa.func.max(sa.case((failed, outbox.c.id))).label("worst"),
        )
        .where(recent)
        .group_by(outbox.c.channel)
        .order_by(outbox.c.channel)
    )
    rows = connection.execute(query).all()
    worst = [row.worst for row in rows if row.worst is not None]
    said = {
        row.id: row
        for row in connection.execute(
            sa.select(outbox.c.id, outbox.c.last_error, outbox.c.created_at).where(
                outbox.c.id.in_(worst)
            )
        )
    }
    return [
        ChannelState(
            row.channel, int(row.waiting), int(row.given_up), row.sent_at,
            said[row.worst].last_error if row.worst in said else None,
            said[row.worst].created_at if row.worst in said else None,
        )
        for row in rows
    ]  # fmt: skip
