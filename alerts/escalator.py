"""Runs the steps of escalation that are due.

A step is taken, its notifications and its event are written, and what follows it is written, in one
transaction: a crash before the commit leaves it due, one after it leaves it run. There is no lease,
because nothing is done outside of the transaction.

The wall clock decides when a step is due. Set forward, it makes steps early, never late. Set back
while sitewatch runs, what is pending is brought forward by as much; set back while it did not run,
a step written in what is now the future waits its time from the start on. A step that ran is marked
as run and cannot run again, whatever the clock says.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from alerts import duty_book, escalation_steps
from alerts.alarm import Transition
from alerts.escalation import thawed
from alerts.feed import AlarmChange, AlarmFeed
from alerts.routes import Routes, told_by
from alerts.writer import Writer, to_alarm
from collectors.pulse import Pulse
from records.engine import reading, transaction

_LOG = structlog.get_logger(__name__)
_POLL_S = 0.5
_AT_ONCE = 50
_JUMP_MS = 2000
"""A difference between wall and monotonic clock that is a step and not drift. [ms] [P]"""


@dataclass
class EscalatorHealth:
    """How the escalator is doing."""

    reason: str | None = "not started"
    """Why no step runs; None while they do."""
    ran: int = 0


def run_step(
    engine: sa.Engine, routes: Routes, step: int, alarm: int, now_ms: int
) -> Sequence[AlarmChange]:
    """Run one step that is due, unless somebody was faster: a person or another escalator."""
    with transaction(engine) as connection:
        writer = Writer(connection, routes, now_ms)
        row = writer.row(alarm)
        if row is None or row["acked"] or not row["is_open"]:
            escalation_steps.cancel(connection, alarm, now_ms)
            return ()
        taken = escalation_steps.take(connection, step, now_ms)
        if taken is None:
            return ()
        seen = to_alarm(row)
        people = duty_book.directory(connection)
        told = told_by(list(thawed(taken["notify"])), seen, people, now_ms, routes.usable)
        names = dict.fromkeys(one.contact or one.target.channel for one in told)
        note = f"{taken['chain']}: {', '.join(names) or '-'}"
        writer.event(alarm, Transition.ESCALATED, now_ms, note=note, value=taken["step"], also=told)
        escalation_steps.told(connection, step, len(told))
        escalation_steps.go_on(connection, taken, seen, now_ms)
    return writer.told


def run_due(engine: sa.Engine, routes: Routes, now_ms: int) -> Sequence[AlarmChange]:
    """Run every step that is due, emergencies first."""
    told: list[AlarmChange] = []
    with reading(engine) as connection:
        due = escalation_steps.due(connection, now_ms, _AT_ONCE)
    for step, alarm in due:
        told += run_step(engine, routes, step, alarm, now_ms)
    return told


class Escalator:
    """Looks every half second what is due."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        now_ms: Callable[[], int],
        routes: Callable[[], Routes],
        wake: Callable[[], None] = lambda: None,
        feed: AlarmFeed | None = None,
        monotonic_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        """`wake` tells the dispatcher that there is something to send."""
        self._engine = engine
        self._now_ms = now_ms
        self._routes = routes
        self._wake = wake
        self._feed = feed
        self._monotonic_ms = monotonic_ms
        self._offset: int | None = None
        """Wall clock less monotonic clock at the last turn; None before the first. [ms]"""
        self.health = EscalatorHealth()
        self.pulse = Pulse()

    async def run(self) -> None:
        """Run steps until cancelled; waits while the database is down."""
        while True:
            self.pulse.beat()
            try:
                told = await asyncio.to_thread(self.turn)
            except sa.exc.SQLAlchemyError as error:
                if self.health.reason is None:
                    _LOG.error("escalation cannot go on", error=str(error))
                self.health.reason = f"database: {error}"
            else:
                self.health.reason = None
                self._tell(told)
            await asyncio.sleep(_POLL_S)

    def turn(self) -> Sequence[AlarmChange]:
        """One look: first at the clock, then at what is due. Blocks."""
        now = self._now_ms()
        self._watch_clock(now)
        return run_due(self._engine, self._routes(), now)

    def _watch_clock(self, now: int) -> None:
        offset = now - self._monotonic_ms()
        if self._offset is None:
            with transaction(self._engine) as connection:
                escalation_steps.from_the_future(connection, now)
        elif self._offset - offset > _JUMP_MS:
            with transaction(self._engine) as connection:
                moved = escalation_steps.clock_went_back(connection, self._offset - offset)
            _LOG.warning("the clock was set back", by_ms=self._offset - offset, steps=moved)
        self._offset = offset

    def _tell(self, told: Sequence[AlarmChange]) -> None:
        if told:
            self.health.ran += len(told)
            self._wake()
            if self._feed is not None:
                self._feed.publish(told)
