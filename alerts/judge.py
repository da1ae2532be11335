"""The judge: reads the bus, judges, and commits alarms, outbox and cursor in one transaction."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
import structlog

from alerts.evaluator import Evaluator
from alerts.feed import AlarmFeed
from alerts.ledger import CONSUMER, Committed, Ledger, Stretch
from alerts.routes import Routes
from alerts.rules import RuleSet
from collectors.pulse import Pulse
from collectors.sample import Lane, Sample
from device_configs.estate import Estate
from ingest.bus import Bus, Cursor, IngestError

_LOG = structlog.get_logger(__name__)

_T = TypeVar("_T")

_TICK_S = 0.2
_QUIET_COMMIT_MS = 1000
_READ_LIMIT = 500
_RETRY_S = (0.1, 0.5, 1.0, 2.0, 5.0)


@dataclass
class JudgeHealth:
    """How the judge is doing."""

    reason: str | None = "not started"
    """Why it does not judge; None while it does."""
    judged: int = 0
    """Samples judged since the start."""
    commits: int = 0
    judged_until: int = 0
    """Everything that arrived until then has been judged. [ms, UTC]"""


class Judge:
    """Turns samples into alarms. Consumer `judge` of the bus; its cursor is in SQL."""

    def __init__(
        self,
        engine: sa.Engine,
        bus: Bus,
        estate: Estate,
        rules: RuleSet,
        routes: Routes,
        *,
        now_ms: Callable[[], int],
        feed: AlarmFeed | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called after a commit that may have put something into the outbox."""
        self._ledger = Ledger(engine)
        self._bus = bus
        self._given = (estate, rules, routes)
        self._next: tuple[Estate, RuleSet, Routes] | None = None
        self._lock = threading.Lock()
        self._now_ms = now_ms
        self._feed = feed
        self._wake = wake
        self._cursor = Cursor()
        self._committed = Cursor()
        self._committed_at = 0
        self._clocks = (0, 0)
        self.health = JudgeHealth()
        self.pulse = Pulse()

    @property
    def routes(self) -> Routes:
        """The routes of now."""
        return self._given[2]

    def replace(self, estate: Estate, rules: RuleSet, routes: Routes) -> None:
        """Take up a new revision at the next turn; callable from any thread.

        Open alarms stay; one whose rule or device is gone is withdrawn: it ends as if its
        condition had, and a latched one still waits for its reset.
        """
        with self._lock:
            self._next = (estate, rules, routes)

    async def run(self) -> None:
        """Judge until cancelled; waits and tries again while the database or the bus is down."""
        evaluator = await self._restored(self._now_ms())
        while True:
            self.pulse.beat()
            evaluator = await self._replaced(evaluator)
            samples = await self._read()
            self._judge(evaluator, samples)
            if self._must_commit(evaluator):
                await self._commit(evaluator)

    async def _restored(self, now_ms: int) -> Evaluator:
        estate, rules, _ = self._given
        evaluator = Evaluator(estate, rules, now_ms)
        restored = await self._persistently(self._ledger.restore)
        evaluator.restore(restored)
        self._cursor = self._committed = restored.cursor
        return evaluator

    async def _replaced(self, evaluator: Evaluator) -> Evaluator:
        with self._lock:
            given, self._next = self._next, None
        if given is None:
            return evaluator
        await self._commit(evaluator)
        self._given = given
        fresh = await self._restored(self._now_ms())
        fresh.take_over(evaluator)
        return fresh

    async def _read(self) -> Sequence[Sample]:
        try:
            found = await self._bus.read(self._cursor, _READ_LIMIT, _TICK_S)
        except IngestError as error:
            self._trouble("bus", error)
            await asyncio.sleep(_TICK_S)
            return ()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # A bus that waits with wait_for can swallow a cancellation in Python 3.11.
            raise asyncio.CancelledError
        self.health.reason = None
        safety, routine = self._cursor.safety, self._cursor.routine
        return [s for s in found if s.seq > (safety if s.lane is Lane.SAFETY else routine)]

    def _judge(self, evaluator: Evaluator, samples: Sequence[Sample]) -> None:
        evaluator.samples(samples)
        self._cursor = self._cursor.advanced(samples)
        now = self._now_ms()
        drained = len(samples) < _READ_LIMIT
        safety, routine = evaluator.clocks(samples, now, drained)
        self._clocks = (max(self._clocks[0], safety), max(self._clocks[1], routine))
        evaluator.tick(*self._clocks)
        self.health.judged += len(samples)
        self.health.judged_until = min(self._clocks)

    def _must_commit(self, evaluator: Evaluator) -> bool:
        if evaluator.loud():
            return True
        something = self._cursor != self._committed or evaluator.staged or evaluator.facts
        return bool(something) and self._now_ms() - self._committed_at >= _QUIET_COMMIT_MS

    async def _commit(self, evaluator: Evaluator) -> None:
        changes, facts = evaluator.pending()
        stretch = Stretch(changes, facts, self._cursor)

        def write() -> Committed:
            return self._ledger.commit(stretch, self.routes, self._now_ms())

        committed = await self._persistently(write)
        evaluator.settle(committed.states)
        self._committed, self._committed_at = self._cursor, self._now_ms()
        self.health.commits += 1
        if committed.told:
            if self._feed is not None:
                self._feed.publish(committed.told)
            self._wake()
        try:
            await self._bus.commit(CONSUMER, self._committed)
        except IngestError as error:
            self._trouble("bus", error)

    async def _persistently(self, work: Callable[[], _T]) -> _T:
        """Do SQL in a thread, again and again until it works: nothing is judged before."""
        attempt = 0
        while True:
            try:
                result = await asyncio.to_thread(work)
            except sa.exc.SQLAlchemyError as error:
                self._trouble("database", error)
                self.pulse.beat()
                await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
                attempt += 1
            else:
                self.health.reason = None
                return result

    def _trouble(self, what: str, error: Exception) -> None:
        if self.health.reason is None or not self.health.reason.startswith(what):
            _LOG.error("the judge cannot go on", what=what, error=str(error))
        self.health.reason = f"{what}: {error}"
