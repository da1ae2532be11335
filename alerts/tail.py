"""Follows alarms in SQL and tells the feed of this process what other processes did to them."""

import asyncio
import time
from collections.abc import Callable, Sequence
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
_SETTLED_S = 10.0
"""PostgreSQL gives numbers before the commit: one may appear so long after a higher one. [s]"""
_AT_ONCE = 500
_KNOWN = {transition.value for transition in Transition}


class AlarmTail:
    """Publishes each event that is written from now on, once, in the order of the numbers."""

    def __init__(
        self,
        engine: sa.Engine,
        feed: AlarmFeed,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        look_s: float = _LOOK_S,
    ) -> None:
        self._engine = engine
        self._feed = feed
        self._monotonic = monotonic
        self._look_s = look_s
        self._floor: int | None = None
        """Everything up to it was told."""
        self._told: dict[int, float] = {}
        """Events above it that were told, and when. [s, monotonic]"""
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

        Raises:
            sa.exc.SQLAlchemyError: the database cannot be read.
        """
        table = tables.alarm_events
        with reading(self._engine) as connection:
            if self._floor is None:
                newest = connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one()
                self._floor = newest or 0
                return
            query = sa.select(table.c.id).where(table.c.id > self._floor).order_by(table.c.id)
            fresh = [n for n in connection.execute(query).scalars() if n not in self._told]
            for begin in range(0, len(fresh), _AT_ONCE):
                portion = fresh[begin : begin + _AT_ONCE]
                self._feed.publish(_changes(connection, portion))
                self._told.update(dict.fromkeys(portion, self._monotonic()))
        self._settle()

    def _settle(self) -> None:
        before = self._monotonic() - _SETTLED_S
        for number in sorted(self._told):
            if self._told[number] > before:
                break
            self._floor = number
            del self._told[number]


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
