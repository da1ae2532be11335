"""Follows alarms in SQL and tells the feed of this process what other processes did to them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy as sa
import structlog

from alerts import tables
from alerts.alarm import Transition
from alerts.feed import AlarmChange, AlarmFeed
from alerts.writer import to_alarm
from records.engine import reading

_LOG = structlog.get_logger(__name__)
_LOOK_S = 1.0
"""How often the table is looked at although nobody called. [s]"""
_AT_ONCE = 500
_KNOWN = {transition.value for transition in Transition}


class AlarmTail:
    """Publishes each event that is written from now on, once, in the order of the numbers."""

    def __init__(self, engine: sa.Engine, feed: AlarmFeed, *, look_s: float = _LOOK_S) -> None:
        self._engine = engine
        self._feed = feed
        self._look_s = look_s
        self._told: int | None = None
        """Number of the newest event that was told; None before the first look."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._called = asyncio.Event()

    def wake(self) -> None:
        """There may be something new; callable from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._called.set)

    async def run(self) -> None:
        """Follow until cancelled; waits and looks again while the database is away."""
        self._loop = asyncio.get_running_loop()
        lost = False
        while True:
            self._called.clear()
            try:
                await asyncio.to_thread(self.look)
                lost = False
            except sa.exc.SQLAlchemyError as error:
                if not lost:
                    _LOG.error("the alarms cannot be followed", error=str(error))
                lost = True
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_s):
                    await self._called.wait()

    def look(self) -> None:
        """Tell what is new; blocks. The first look only notes where to begin.

        Events are sealed one after the other (`alerts.evidence`): none appears below a higher one.

        Raises:
            sa.exc.SQLAlchemyError: the database cannot be read.
        """
        column = tables.alarm_events.c.id
        with reading(self._engine) as connection:
            if self._told is None:
                newest = connection.execute(sa.select(sa.func.max(column))).scalar_one()
                self._told = newest or 0
                return
            query = sa.select(column).where(column > self._told).order_by(column)
            fresh = list(connection.execute(query).scalars())
            for begin in range(0, len(fresh), _AT_ONCE):
                portion = fresh[begin : begin + _AT_ONCE]
                self._feed.publish(_changes(connection, portion))
                self._told = portion[-1]


def _changes(connection: sa.Connection, numbers: Sequence[int]) -> list[AlarmChange]:
    events, alarms = tables.alarm_events, tables.alarms
    query = (
        sa.select(alarms, events.c.event.label("transition"))
        .join(events, events.c.alarm == alarms.c.id)
        .where(events.c.id.in_(numbers))
        .order_by(events.c.id)
    )
    rows = connection.execute(query).mappings()
    return [
        AlarmChange(to_alarm(row), Transition(row["transition"]))
        for row in rows
        if row["transition"] in _KNOWN
    ]
