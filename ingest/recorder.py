"""The recorder: reads the journal and writes the store, at the store's pace, losing nothing."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from collectors.pulse import Pulse
from collectors.sample import Sample
from ingest.bus import Cursor, IngestError, Log
from ingest.clock import wall_clock_ms
from ingest.durations import Durations
from ingest.stores.store import StoreError, TimeSeriesStore

CONSUMER = "recorder"
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 60.0
_LONGEST_ASKED_S = 300.0
_READ_TIMEOUT_S = 5.0
GATHER_S = 0.25
"""How long the recorder lets samples gather after a batch that was not full. [s]

A transaction of the store costs as much as a thousand points in it, and nobody waits for history:
live values and alarms do not come from the store.
"""


@dataclass(frozen=True)
class RecorderHealth:
    """Whether the store takes what comes."""

    ok: bool
    reason: str | None = None
    """Why it does not."""
    failing_since: int | None = None
    """[ms, UTC]"""
    attempts: int = 0
    """Failed attempts since then."""


@dataclass(frozen=True)
class RecorderStatistics:
    """What was written since the start of the process."""

    samples: int
    points: int
    newest_at: int | None
    """Arrival of the newest sample that is in the store. [ms, UTC]"""
    lag_ms: int
    """How long ago the newest sample came while more of them wait or fail; 0 when caught up."""
    failures: int = 0
    """Attempts that failed."""


class Recorder:
    """Keeps a time series store up with the bus.

    The store keeps the cursor beside the data, so that a kill between the two commits neither
    loses nor doubles anything.
    """

    def __init__(
        self,
        bus: Log,
        store: TimeSeriesStore,
        *,
        batch: int = 5000,
        gather_s: float = GATHER_S,
        now_ms: Callable[[], int] = wall_clock_ms,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        held: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`held` tells why the store must not be written now, such as a disk that is full."""
        self._bus = bus
        self._held = held
        self._store = store
        self._batch = batch
        self._gather_s = gather_s
        self._now_ms = now_ms
        self._pause = pause
        self._health = RecorderHealth(ok=True)
        self._samples = self._points = 0
        self._newest_at: int | None = None
        self._waiting = False
        self._failures = 0
        self.writes = Durations()
        """How long the store took, failed attempts included."""
        self.pulse = Pulse()

    async def run(self) -> None:
        """Write what the bus has until cancelled; waits and tries again while anything fails."""
        cursor: Cursor | None = None
        while True:
            self.pulse.beat()
            try:
                if cursor is None:
                    cursor = await asyncio.to_thread(self._store.cursor)
                cursor = await self._step(cursor)
                if not self._waiting:
                    await asyncio.sleep(self._gather_s)
            except IngestError as error:
                asked = error.retry_after_s if isinstance(error, StoreError) else None
                await self._back_off(str(error), asked or 0.0)
            else:
                self._health = RecorderHealth(ok=True)

    async def _step(self, cursor: Cursor) -> Cursor:
        samples = await self._bus.read(cursor, self._batch, _READ_TIMEOUT_S)
        if not samples:
            self._waiting = False
            return cursor
        self._waiting = True
        after = cursor.advanced(samples)
        reason = self._held()
        if reason is not None:
            raise StoreError(reason)
        with self.writes.measured():
            await asyncio.to_thread(self._store.write, samples, after)
        self._count(samples)
        await self._bus.commit(CONSUMER, after)
        self._waiting = len(samples) >= self._batch
        return after

    def _count(self, samples: Sequence[Sample]) -> None:
        self._samples += len(samples)
        self._points += sum(len(sample.values) for sample in samples)
        self._newest_at = max(sample.received_at for sample in samples)

    async def _back_off(self, reason: str, asked_s: float) -> None:
        known = self._health
        self._failures += 1
        since = self._now_ms() if known.failing_since is None else known.failing_since
        self._health = RecorderHealth(False, reason, since, known.attempts + 1)
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(known.attempts, 10))
        # Half of it by chance, so that several recorders do not come back at one moment.
        pause = longest * random.uniform(0.5, 1.0)  # noqa: S311
        await self._pause(max(pause, min(asked_s, _LONGEST_ASKED_S)))

    def health(self) -> RecorderHealth:
        """The present state."""
        return self._health

    def statistics(self) -> RecorderStatistics:
        """What was counted so far."""
        behind = self._waiting or not self._health.ok
        lag = self._now_ms() - self._newest_at if behind and self._newest_at is not None else 0
        return RecorderStatistics(
            self._samples, self._points, self._newest_at, max(0, lag), self._failures
        )
