"""One physical line: who is asked when, so that nobody waits for a silent neighbour.

Protocol-neutral: what a poll is, the pollers know. One request is on a line at a time; each device
has its interval, starts are spread, an overrun skips polls and never overlaps, a device that fails
is asked less and less often. What is due first goes first, safety a head start before routine.
"""

import asyncio
import random
import zlib
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from collectors.driver import CollectorsError, DeviceHealth, LineHealth, Wiring
from collectors.reading import LinkLostError
from collectors.sample import Lane, Reason, Sample
from collectors.supervise import pass_on_cancellation

BACK_OFF_CAP_S = 60.0
"""Longest wait before a failing device is asked again. [s]"""
SAFETY_BACK_OFF_CAP_S = 15.0
"""The same for a device with safety points: while it is silent, nobody is protected by it. [s]"""
HEAD_START_S = 5.0
"""How much later a safety device may fall due and still be asked before a routine one. [s]"""
RECALL_S = 1.0
"""Over how long the devices of a line that is back are asked. [s]"""
_NEWEST_CYCLES = 1_000
"""Polls whose lateness is remembered."""
OUTBOX_LIMIT = 10_000
"""Samples that may wait for the journal before the line stops asking for more."""
GATHER_S = 0.005
"""How long routine samples wait for others, so that the journal gets batches. [s]"""
BATCH_LIMIT = 1_000
"""Samples given to the journal at once."""
APPEND_TIMEOUT_S = 60.0
"""How long the journal may take for a batch before the line starts again. [s]"""
_LINK_BACK_OFF_S = (0.5, 30.0)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What one poll of one device brought."""

    samples: Sequence[Sample]
    failure: Reason | None = None


class Poller(Protocol):
    """Polls one device over a link."""

    @property
    def device(self) -> str:
        """The device's id."""
        ...

    @property
    def interval_s(self) -> float:
        """How often it is to be polled, in seconds."""
        ...

    @property
    def urgent(self) -> bool:
        """Whether it has safety points."""
        ...

    @property
    def refused(self) -> Mapping[str, str]:
        """Points that the device says it does not have, each with its word."""
        ...

    async def poll(self) -> Outcome:
        """Poll once.

        Raises:
            LinkLostError: the connection broke.
        """
        ...

    def lost(self, reason: Reason) -> Sequence[Sample]:
        """The samples of a device that could not be asked at all."""
        ...


class Link(Protocol):
    """The connection that the pollers of a line share."""

    @property
    def connected(self) -> bool:
        """Whether the connection stands, as far as is known."""
        ...

    @property
    def counters(self) -> Mapping[str, int]:
        """Statistics for `LineHealth`."""
        ...

    async def open(self) -> None:
        """Connect, within a time-out.

        Raises:
            LinkLostError: it cannot be opened.
        """
        ...

    def close(self) -> None:
        """Close it; it can be opened again."""
        ...


def back_off(failures: int, interval_s: float, cap_s: float, jitter: float) -> float:
    """How long to wait after a failed poll, in seconds.

    Args:
        failures: Failed polls in a row, this one included.
        interval_s: The device's own interval; it is never asked more often. [s]
        cap_s: Longest wait, where the interval itself is not longer. [s]
        jitter: Between 0 and 1: takes up to a fifth off, so that devices do not fall in step.
    """
    wait = interval_s * 2.0 ** min(failures - 1, 32)
    return max(interval_s, min(wait, cap_s) * (1.0 - 0.2 * jitter))


def next_due(due: float, interval_s: float, now: float) -> tuple[float, int]:
    """The next poll on the device's own beat that is not past, and how many beats were missed."""
    missed = max(0, int((now - due) // interval_s))
    return due + (missed + 1) * interval_s, missed


class _Turn:
    """Where one device stands in the schedule."""

    def __init__(self, poller: Poller, due: float = 0.0) -> None:
        self.poller = poller
        self.due = due
        self.failures = 0
        self.reason: Reason | None = None
        self.connected: bool | None = None
        self.last_answer_at: int | None = None
        self.link_was_down = False
        self.head_start = HEAD_START_S if poller.urgent else 0.0

    def health(self) -> DeviceHealth:
        reason = self.reason.value if self.reason is not None else None
        return DeviceHealth(
            self.poller.device, self.connected, self.last_answer_at, self.failures, reason,
            self.poller.refused,
        )  # fmt: skip


class PolledLine:
    """A `Line` whose devices are polled one after the other."""

    def __init__(
        self,
        name: str,
        link: Link,
        pollers: Sequence[Poller],
        wiring: Wiring,
        chance: random.Random | None = None,
    ) -> None:
        self._name = name
        self._link = link
        self._pollers = pollers
        self._wiring = wiring
        self._chance = chance or random.Random()  # noqa: S311
        self._turns = [_Turn(poller) for poller in pollers]
        self._counters: Counter[str] = Counter()
        self._lateness_s: deque[float] = deque([0.0], _NEWEST_CYCLES)
        self._outbox = _Outbox()
        self._link_failures = 0
        self._link_due = 0.0

    @property
    def name(self) -> str:
        """Name of the line in statistics and of its task."""
        return self._name

    def health(self) -> LineHealth:
        """The present state."""
        counters = Counter(self._counters)
        counters.update(self._link.counters)
        counters["waiting"] = len(self._outbox)
        devices = tuple(turn.health() for turn in self._turns)
        late = sorted(self._lateness_s)
        worst = late[min(len(late) - 1, len(late) * 99 // 100)]
        return LineHealth(
            self._name, self._link.connected, devices, counters,
            round(self._lateness_s[-1] * 1000, 1), round(worst * 1000, 1),
        )  # fmt: skip

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            CollectorsError: the journal does not take samples.
        """
        start = asyncio.get_running_loop().time()
        known = {turn.poller.device: turn for turn in self._turns}
        self._turns = []
        for poller in self._pollers:
            spread = min(poller.interval_s, self._wiring.spread_s)
            turn = _Turn(poller, start + _share(poller.device) * spread)
            if (old := known.get(poller.device)) is not None:
                turn.failures, turn.reason = old.failures, old.reason
                turn.connected, turn.last_answer_at = old.connected, old.last_answer_at
            self._turns.append(turn)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._deliver(), name=f"{self._name} deliver")
                group.create_task(self._poll_all(), name=f"{self._name} poll")
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        finally:
            self._link.close()

    async def _deliver(self) -> None:
        """Give samples to the journal in batches; what it did not take stays in the outbox."""
        while True:
            batch = await self._outbox.peek(BATCH_LIMIT)
            try:
                async with asyncio.timeout(APPEND_TIMEOUT_S):
                    await self._wiring.sink.append(batch)
            except TimeoutError as error:
                raise CollectorsError("the journal does not take samples") from error
            self._outbox.drop(batch)

    async def _poll_all(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._turns:
            turn = self._next(clock())
            wait = turn.due - clock()
            if wait > 0:
                await asyncio.sleep(wait)
                # Another, more urgent one may have fallen due meanwhile.
                turn = self._next(clock())
            self._lateness_s.append(max(0.0, clock() - turn.due))
            outcome = await self._poll(turn, clock())
            pass_on_cancellation()
            await self._outbox.put(outcome.samples)
            self._reschedule(turn, outcome, clock())

    def _next(self, now: float) -> _Turn:
        """The device to ask: of those that are due the first by rank, else the first to come."""
        due = [turn for turn in self._turns if turn.due <= now]
        if due:
            return min(due, key=lambda turn: turn.due - turn.head_start)
        return min(self._turns, key=lambda turn: turn.due)

    async def _poll(self, turn: _Turn, now: float) -> Outcome:
        """Poll one device, on a fresh connection where the old one broke meanwhile."""
        turn.link_was_down = False
        for _ in range(2):
            if not self._link.connected and not await self._open(now):
                break
            try:
                return await turn.poller.poll()
            except LinkLostError:
                self._link.close()
                self._counters["lost"] += 1
        turn.link_was_down = True
        return Outcome(turn.poller.lost(Reason.NO_ANSWER), Reason.NO_ANSWER)

    async def _open(self, now: float) -> bool:
        if now < self._link_due:
            return False
        try:
            await self._link.open()
        except LinkLostError as error:
            self._link_failures += 1
            first, cap = _LINK_BACK_OFF_S
            wait = back_off(self._link_failures, first, cap, self._chance.random())
            self._link_due = asyncio.get_running_loop().time() + wait
            if self._link_failures == 1:
                _log.warning("line lost", line=self._name, reason=str(error))
            return False
        if self._link_failures:
            _log.info("line back", line=self._name, attempts=self._link_failures)
        self._link_failures, self._link_due = 0, 0.0
        self._recall(asyncio.get_running_loop().time())
        return True

    def _recall(self, now: float) -> None:
        """After a reconnect, ask soon all devices that waited for the connection alone."""
        for turn in self._turns:
            if turn.link_was_down:
                turn.due = min(turn.due, now + _share(turn.poller.device) * RECALL_S)

    def _reschedule(self, turn: _Turn, outcome: Outcome, now: float) -> None:
        turn.reason = outcome.failure
        if outcome.failure is None:
            if turn.failures:
                _log.info("device back", device=turn.poller.device, attempts=turn.failures)
            turn.failures, turn.connected = 0, True
            turn.last_answer_at = self._wiring.now_ms()
            turn.due, missed = next_due(turn.due, turn.poller.interval_s, now)
            self._counters["skipped"] += missed
            return
        turn.failures += 1
        turn.connected = False
        if turn.failures == 1:
            _log.warning("device lost", device=turn.poller.device, reason=outcome.failure.value)
        cap = SAFETY_BACK_OFF_CAP_S if turn.poller.urgent else BACK_OFF_CAP_S
        turn.due = now + back_off(turn.failures, turn.poller.interval_s, cap, self._chance.random())


def _share(device: str) -> float:
    """A fraction between 0 and 1 that is always the same for a device."""
    return zlib.crc32(device.encode()) / 0x100000000


class _Outbox:
    """Samples on their way to the journal: bounded, safety first."""

    def __init__(self) -> None:
        self._safety: deque[Sample] = deque()
        self._routine: deque[Sample] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._urged = asyncio.Event()

    def __len__(self) -> int:
        return len(self._safety) + len(self._routine)

    async def put(self, samples: Sequence[Sample]) -> None:
        """Take samples; waits while the box is full, which makes polls late and counted."""
        while len(self) >= OUTBOX_LIMIT:
            self._room.clear()
            await self._room.wait()
        for sample in samples:
            box = self._safety if sample.lane is Lane.SAFETY else self._routine
            box.append(sample)
        if samples:
            self._filled.set()
        if self._safety or len(self) >= BATCH_LIMIT:
            self._urged.set()

    async def peek(self, limit: int) -> list[Sample]:
        """The next samples, without taking them out; waits for the first."""
        while not len(self):
            self._filled.clear()
            await self._filled.wait()
        if not self._safety and len(self) < limit:
            self._urged.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER_S):
                    await self._urged.wait()
        batch = [sample for sample, _ in zip(self._safety, range(limit), strict=False)]
        rest = limit - len(batch)
        return batch + [sample for sample, _ in zip(self._routine, range(rest), strict=False)]

    def drop(self, batch: Sequence[Sample]) -> None:
        """Take out what was delivered: the heads of both boxes."""
        for sample in batch:
            box = self._safety if sample.lane is Lane.SAFETY else self._routine
            box.popleft()
        self._room.set()
