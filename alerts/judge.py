"""The judge: reads the bus, judges, and commits alarms, outbox and cursor in one transaction."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import sqlalchemy as sa
import structlog

from alerts.ahead import MOST, Ahead, is_urgent
from alerts.clock_watch import ClockWatch
from alerts.deviations import Finding
from alerts.engine import State
from alerts.evaluator import Evaluator
from alerts.feed import AlarmFeed
from alerts.flood import RULE as FLOOD
from alerts.ledger import CONSUMER, Committed, Ledger, Restored, Stretch
from alerts.routes import Routes
from alerts.rules import RuleSet
from alerts.watch import Key
from collectors.pulse import Pulse
from collectors.sample import Lane, Sample
from device_configs.estate import Estate
from ingest.bus import Cursor, IngestError, Log

_LOG = structlog.get_logger(__name__)

_T = TypeVar("_T")

_TICK_S = 0.2
_QUIET_COMMIT_MS = 1000
_LOOK_MS = 1000
_RECENT_MS = 600_000
_READ_LIMIT = 500
_PORTIONS = (5, 200)
"""How many alarms are written at once at least and at most. [P]"""
_PORTION_MS = 200
"""About as long as one portion may take: a fire waits for what is being written. [ms] [P]"""
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
        bus: Log,
        estate: Estate,
        rules: RuleSet,
        routes: Routes,
        *,
        now_ms: Callable[[], int],
        feed: AlarmFeed | None = None,
        wake: Callable[[], None] = lambda: None,
        steady_ms: Callable[[], int] | None = None,
    ) -> None:
        """`wake` is called after a commit that may have put something into the outbox.

        `steady_ms` is a clock that nobody sets; by it the judge knows when the other one was set.
        """
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
        self._read_until = Cursor()
        self._ahead = Ahead()
        self._drained = True
        """Whether nothing waits in the bus, as far as the last look tells."""
        self._committed_at = 0
        self._clocks = (0, 0)
        self._findings: list[Finding] = []
        self._looked_at = -_LOOK_MS
        self._upkeep = False
        self._steady_ms = steady_ms or now_ms
        self._clock_watch = ClockWatch(now_ms, self._steady_ms)
        self._portion = _PORTIONS[0] * 4
        self._set_back = False
        """Whether samples from before the clock was set back may still be read."""
        self.health = JudgeHealth()
        self.pulse = Pulse()

    def clock_set_recently(self) -> int:
        """By how much our clock was set in the last ten minutes [ms]; 0 where it was not."""
        return self._clock_watch.recently(_RECENT_MS)

    @property
    def routes(self) -> Routes:
        """The routes of now."""
        return self._given[2]

    @property
    def devices(self) -> Set[str]:
        """The devices that are judged now."""
        return self._given[0].devices.keys()

    def replace(self, estate: Estate, rules: RuleSet, routes: Routes) -> None:
        """Take up a new revision at the next turn; callable from any thread.

        Open alarms stay; one whose rule or device is gone is withdrawn: it ends as if its
        condition had, and a latched one still waits for its reset.
        """
        with self._lock:
            self._next = (estate, rules, routes)

    def tell(self, found: Sequence[Finding]) -> None:
        """Take up at the next turn what was counted and expected; callable from any thread."""
        with self._lock:
            self._findings += found

    async def run(self) -> None:
        """Judge until cancelled; waits and tries again while the database or the bus is down."""
        evaluator = await self._restored(self._now_ms())
        while True:
            self.pulse.beat()
            evaluator = await self._replaced(evaluator)
            await self._look(evaluator)
            samples = await self._read()
            by_ms = self._clock_watch.set_by()
            if by_ms:
                await self._clock_set(evaluator, by_ms)
            self._judge(evaluator, samples)
            if self._must_commit(evaluator):
                await self._commit(evaluator)

    async def _clock_set(self, evaluator: Evaluator, by_ms: int) -> None:
        """Our clock was set: nothing may be raised, cleared or held up by that."""
        _LOG.error("the clock of this machine was set", seconds=by_ms / 1000)
        await self._commit(evaluator)
        now = self._now_ms()
        if by_ms < 0:
            self._set_back = True
            await self._persistently(lambda: self._ledger.set_back(now))
            await self._persistently(lambda: self._ledger.free_outbox(now))
        evaluator.clock_set(by_ms, now)
        self._clocks = (min(self._clocks[0] + by_ms, now), min(self._clocks[1] + by_ms, now))
        self._committed_at = now

    async def _restored(self, now_ms: int) -> Evaluator:
        estate, rules, _ = self._given
        evaluator = Evaluator(estate, rules, now_ms)

        def known() -> Restored:
            # The clock may have been set back while nobody judged.
            self._ledger.set_back(now_ms)
            return self._ledger.restore()

        restored = await self._persistently(known)
        evaluator.restore(restored)
        self._cursor = self._committed = self._read_until = restored.cursor
        self._ahead.clear()
        return evaluator

    async def _replaced(self, evaluator: Evaluator) -> Evaluator:
        with self._lock:
            given, self._next = self._next, None
        if given is None:
            return evaluator
        await self._commit(evaluator)
        self._given = given
        self._looked_at = -_LOOK_MS
        fresh = await self._restored(self._now_ms())
        fresh.take_over(evaluator)
        return fresh

    async def _look(self, evaluator: Evaluator) -> None:
        """Once a second: what people have announced, and what is due by time alone."""
        now = self._now_ms()
        if 0 <= now - self._looked_at < _LOOK_MS:
            return
        found = await self._persistently(lambda: self._ledger.look(now))
        self._looked_at, self._upkeep = now, found.due
        evaluator.announce(found.drills, now)

    async def _read(self) -> Sequence[Sample]:
        """The next samples in their turn."""
        if self._ahead:
            self._drained = False
            return self._ahead.take(_READ_LIMIT)
        found = await self._read_bus(_TICK_S)
        self._drained = len(found) < _READ_LIMIT
        fresh = self._not_read(found)
        self._read_until = self._read_until.advanced(fresh)
        return fresh

    async def _look_ahead(self, evaluator: Evaluator) -> None:
        """While a flood is written: judge what came in meanwhile and is urgent."""
        while len(self._ahead) < MOST:
            found = await self._read_bus(0.0)
            fresh = [one for one in self._not_read(found) if one.lane is Lane.SAFETY]
            self._read_until = self._read_until.advanced(fresh)
            self._ahead.add(fresh)
            if not fresh:
                break
        watches, now = evaluator.watches, self._now_ms()
        urgent = self._ahead.urgent(lambda one: is_urgent(watches.of(one.device), one))
        evaluator.samples([_not_later(one, now) for one in urgent] if self._set_back else urgent)

    def _not_read(self, found: Sequence[Sample]) -> Sequence[Sample]:
        """Those that were not read before: the bus gives whole batches."""
        safety, routine = self._read_until.safety, self._read_until.routine
        return [s for s in found if s.seq > (safety if s.lane is Lane.SAFETY else routine)]

    async def _read_bus(self, wait_s: float) -> Sequence[Sample]:
        try:
            found = await self._bus.read(self._read_until, _READ_LIMIT, wait_s)
        except IngestError as error:
            self._trouble("bus", error)
            await asyncio.sleep(_TICK_S)
            return ()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # A bus that waits with wait_for can swallow a cancellation in Python 3.11.
            raise asyncio.CancelledError
        self.health.reason = None
        return found

    def _judge(self, evaluator: Evaluator, samples: Sequence[Sample]) -> None:
        now = self._now_ms()
        with self._lock:
            found, self._findings = self._findings, []
        evaluator.findings(found, now)
        drained = self._drained
        if self._set_back:
            samples = [_not_later(sample, now) for sample in samples]
            self._set_back = not drained
        evaluator.samples(self._ahead.still_to_judge(samples))
        self._cursor = self._cursor.advanced(samples)
        safety, routine = _clocks_of(samples, now, drained)
        self._clocks = (max(self._clocks[0], safety), max(self._clocks[1], routine))
        evaluator.tick(*self._clocks)
        self.health.judged += len(samples)
        self.health.judged_until = min(self._clocks)

    def _must_commit(self, evaluator: Evaluator) -> bool:
        if evaluator.loud() or self._upkeep:
            return True
        something = self._cursor != self._committed or evaluator.staged or evaluator.facts
        return bool(something) and self._now_ms() - self._committed_at >= _QUIET_COMMIT_MS

    async def _commit(self, evaluator: Evaluator) -> None:
        """Write what is staged: in portions where it is much, what is urgent first.

        The cursor goes with the last portion: whatever dies in between, nothing is unjudged.
        """
        changes, facts = evaluator.pending()
        while len(changes) > self._portion:
            self.pulse.beat()
            urgent = [change for change in changes if change.rule.urgent]
            first = (urgent or changes)[: self._portion]
            states = await self._write(Stretch(first, (), self._committed))
            evaluator.settle(states, whole=False)
            await self._look_ahead(evaluator)
            changes, facts = evaluator.pending()
        states = await self._write(Stretch(changes, facts, self._cursor, self._upkeep))
        self._upkeep = False
        evaluator.settle(states)
        self._committed, self._committed_at = self._cursor, self._now_ms()
        try:
            await self._bus.commit(CONSUMER, self._committed)
        except IngestError as error:
            self._trouble("bus", error)

    async def _write(self, stretch: Stretch) -> Mapping[Key, State]:
        flood_rule = self._given[1].find(FLOOD)

        def write() -> Committed:
            return self._ledger.commit(stretch, self.routes, self._now_ms(), flood_rule)

        began = self._steady_ms()
        committed = await self._persistently(write)
        if self._steady_ms() - began > _PORTION_MS:
            self._portion = max(_PORTIONS[0], self._portion // 2)
        elif len(stretch.changes) >= self._portion:
            self._portion = min(_PORTIONS[1], self._portion + self._portion // 4 + 1)
        self.health.commits += 1
        if committed.told:
            if self._feed is not None:
                self._feed.publish(committed.told)
            self._wake()
        return committed.states

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


def _not_later(sample: Sample, now_ms: int) -> Sample:
    """A sample that came before the clock was set back, as of now."""
    if sample.received_at <= now_ms:
        return sample
    return msgspec.structs.replace(sample, received_at=now_ms)


def _clocks_of(samples: Sequence[Sample], now_ms: int, drained: bool) -> tuple[int, int]:
    """How far each lane has been judged [ms, UTC].

    While a backlog is judged, time is that of the samples, so that no delay or silence runs
    out over data that waits in the journal.
    """
    if drained:
        return now_ms, now_ms
    routine = next((s for s in reversed(samples) if s.lane is Lane.ROUTINE), None)
    if routine is not None:
        return now_ms, min(now_ms, routine.received_at)
    return min(now_ms, samples[-1].received_at), 0
