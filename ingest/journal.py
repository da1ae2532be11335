"""The journal: the bus on one machine, an append-only log in SQLite with durable cursors.

`append` returns when its samples are synced to disk. One writer thread takes what has come in
meanwhile as one transaction (group commit), the safety lane first; nobody waits for a timer.
"""

import asyncio
import shutil
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Self

from collectors.sample import Lane, Sample
from ingest.bus import Cursor, IngestError
from ingest.clock import wall_clock_ms
from ingest.durations import Durations
from ingest.journal_batch import LANES, Batch, Entry, Unread, encoded
from ingest.journal_file import JournalFile
from ingest.journal_limits import JournalLimits, JournalStatistics, Lag
from ingest.journal_sqlite import JournalDamagedError
from ingest.journal_tail import Tail

_REPAIR_AGAIN_S = 30.0
"""Between two attempts to repair a damaged file. [s]"""

Listener = Callable[[Sequence[Sample]], None]


@dataclass(eq=False, slots=True)
class _Request:
    entries: Sequence[Entry]
    done: asyncio.Future[int]


@dataclass
class _Counters:
    written: int = 0
    batches: int = 0
    refused: int = 0
    commit_ms: float = 0.0
    commit_max_ms: float = 0.0
    commits: Durations = field(default_factory=Durations)
    reason: str | None = None
    pending: int = 0
    queues: Mapping[Lane, deque[_Request]] = field(
        default_factory=lambda: MappingProxyType({lane: deque() for lane in LANES})
    )


class Journal:
    """The bus on one machine; implements `ingest.bus.Bus`. Made by `Journal.open`."""

    def __init__(self, file: JournalFile, limits: JournalLimits, now_ms: Callable[[], int]) -> None:
        self._file = file
        self._limits = limits
        self._now_ms = now_ms
        self._tail = Tail(limits.kept_in_memory, file.last_seqs)
        self._state = _Counters()
        self._loop = asyncio.get_running_loop()
        self._readers: set[asyncio.Future[None]] = set()
        self.appending = 0
        """Calls of `append` that wait for the disk."""
        self._listeners: list[Listener] = []
        self._wake = threading.Condition()
        self._closing = False
        self._cursors_changed = False
        self._repair_from = 0.0
        self._untidy: str | None = None
        """Why the newest tidying failed."""
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        consumers: Sequence[str] = (),
        *,
        limits: JournalLimits | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> AsyncIterator[Self]:
        """Open a journal for the life of a block; `consumers` are all that may hold batches.

        A new file begins its numbers at the present microsecond, so that they rise above those of
        a journal that was lost: its consumers' cursors must not hide what is written now.

        Raises:
            IngestError: the file cannot be opened, or another process has it.
        """
        file = await asyncio.to_thread(JournalFile, path, tuple(consumers), now_ms() * 1000)
        journal = cls(file, limits or JournalLimits(), now_ms)
        journal._thread.start()
        try:
            yield journal
        finally:
            await journal._close()

    def listen(self, listener: Listener) -> None:
        """Have every written sample given to `listener`, numbered, before `append` returns.

        It is called in the event loop, in the order of the numbers, and must not raise.
        """
        self._listeners.append(listener)

    async def append(self, samples: Sequence[Sample]) -> int:
        """Append samples; returns the last number given once they are on disk.

        Raises:
            IngestError: they are not on disk, and must not be acknowledged.
        """
        if not samples:
            return self._file.totals.last_seq
        try:
            entries = [encoded(sample) for sample in samples]
        except IngestError:
            self._state.refused += len(samples)
            raise
        request = _Request(entries, self._loop.create_future())
        lane = Lane.SAFETY if any(s.lane is Lane.SAFETY for s in samples) else Lane.ROUTINE
        with self._wake:
            state = self._state
            full = state.pending >= self._limits.pending_samples and lane is Lane.ROUTINE
            if self._closing or full:
                state.refused += len(samples)
                reason = "is closed" if self._closing else "cannot keep up with what comes in"
                raise IngestError(f"the journal {reason}")
            state.queues[lane].append(request)
            state.pending += len(entries)
            self._wake.notify()
        self.appending += 1
        try:
            async with asyncio.timeout(self._limits.append_timeout_s):
                return await request.done
        except TimeoutError as error:
            raise IngestError("the journal's disk did not answer in time") from error
        finally:
            self.appending -= 1

    async def read(self, after: Cursor, limit: int, timeout: float) -> Sequence[Sample]:
        """Samples after a cursor, whole batches up to about `limit`, safety before routine.

        Raises:
            IngestError: the file cannot be read.
        """
        waiter: asyncio.Future[None] = self._loop.create_future()
        # Before the first look: what is written after it wakes us.
        self._readers.add(waiter)
        try:
            found = await self._read_now(after, limit)
            if not found and timeout > 0:
                async with asyncio.timeout(timeout):
                    await waiter
                found = await self._read_now(after, limit)
        except TimeoutError:
            return ()
        finally:
            self._readers.discard(waiter)
        return found

    async def _read_now(self, after: Cursor, limit: int) -> list[Sample]:
        samples: list[Sample] = []
        for lane in LANES:
            left = limit - len(samples)
            if left > 0 and self._file.last_seqs[lane] > after.of(lane):
                found = self._tail.read(lane, after.of(lane), left)
                if found is None:
                    found = await asyncio.to_thread(self._file.read, lane, after.of(lane), left)
                samples += found
        return samples

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        """Note how far a consumer is; what all have passed is deleted later.

        Raises:
            IngestError: the journal was opened without this consumer.
        """
        known = self._file.cursors.get(consumer)
        if known is None:
            raise IngestError(f"the journal has no consumer {consumer!r}")
        self._file.cursors[consumer] = Cursor(
            max(known.safety, cursor.safety), max(known.routine, cursor.routine)
        )
        self._cursors_changed = True
        for lane in LANES:
            self._tail.release(lane, self._file.passed(lane))

    def suspect(self) -> None:
        """Have the file repaired: a reader in another process found what nobody wrote."""
        self._file.suspect = True

    @property
    def beyond_repair(self) -> bool:
        """Whether a repair failed, so that readers go on without what is damaged."""
        return self._file.beyond_repair

    def statistics(self) -> JournalStatistics:
        """What was counted so far; cheap."""
        state, totals, now = self._state, self._file.totals, self._now_ms()
        return JournalStatistics(
            bytes=self._file.size,
            last_seq=totals.last_seq,
            lag={name: self._lag(cursor, now) for name, cursor in self._file.cursors.items()},
            written=state.written,
            batches=state.batches,
            dropped_total=totals.dropped,
            duplicates_total=totals.duplicates,
            damaged_batches=self._file.damaged,
            lost_total=totals.lost,
            salvaged_as=self._file.salvaged_as,
            refused=state.refused,
            commit_ms=state.commit_ms,
            commit_max_ms=state.commit_max_ms,
            commits=state.commits,
            dropped=dict(self._file.dropped),
            reason=state.reason,
        )

    def _lag(self, cursor: Cursor, now: int) -> Mapping[Lane, Lag]:
        lags = dict.fromkeys(LANES, Lag(0, 0))
        for lane in LANES:
            after = cursor.of(lane)
            if self._file.last_seqs[lane] <= after:
                continue
            first = self._tail.first_after(lane, after) or self._first_on_disk(lane, after)
            if first is not None:
                unread = self._file.lane_totals[lane] - first.before
                lags[lane] = Lag(unread, max(0, now - first.written_at))
        return lags

    def _first_on_disk(self, lane: Lane, after: int) -> Unread | None:
        try:
            return self._file.first_after(lane, after)
        except JournalDamagedError:
            # To be repaired at once; until then nothing is known of it.
            return None

    # The writer thread.

    def _work(self) -> None:
        try:
            self._write_until_closed()
        finally:
            if not self._closing:
                # A defect: what comes in later must be refused, and must not wait.
                self._state.reason = "the journal's writer has stopped"
                self._closing = True

    def _write_until_closed(self) -> None:
        tidied = time.monotonic()
        while True:
            with self._wake:
                if not self._state.pending and not self._closing:
                    self._wake.wait(self._limits.tidy_s)
                group = self._take()
            if self._file.suspect and time.monotonic() >= self._repair_from:
                self._repair()
            if group:
                self._write(group)
            elif self._closing:
                break
            if time.monotonic() - tidied >= self._limits.tidy_s:
                self._tidy()
                tidied = time.monotonic()
        self._tidy()

    def _take(self) -> list[_Request]:
        group: list[_Request] = []
        count = 0
        for lane in LANES:
            queue = self._state.queues[lane]
            while queue and count < self._limits.group_samples:
                request = queue.popleft()
                group.append(request)
                count += len(request.entries)
        self._state.pending -= count
        return group

    def _write(self, group: Sequence[_Request]) -> None:
        entries = [entry for request in group for entry in request.entries]
        state, began = self._state, time.perf_counter()
        batches: Sequence[Batch] = ()
        failure: IngestError | None = None
        try:
            self._make_room(sum(len(entry.encoded) for entry in entries))
            batches = self._file.write(entries, self._now_ms())
            state.reason = None
        except IngestError as error:
            failure = error
            state.refused += len(entries)
            state.reason = str(error)
        took = time.perf_counter() - began
        state.commit_ms = took * 1000
        state.commits.add(took)
        state.commit_max_ms = max(state.commit_max_ms, state.commit_ms)
        for batch in batches:
            self._tail.add(batch)
            state.batches += 1
            state.written += len(batch.samples)
        last_seq = self._file.totals.last_seq
        try:
            self._loop.call_soon_threadsafe(self._written, group, batches, last_seq, failure)
        except RuntimeError:
            # The event loop is gone: nobody is left to be told.
            self._closing = True

    def _written(
        self,
        group: Sequence[_Request],
        batches: Sequence[Batch],
        last_seq: int,
        failure: IngestError | None,
    ) -> None:
        try:
            for listener in self._listeners:
                for batch in batches:
                    listener(batch.samples)
        finally:
            for request in group:
                if request.done.done():
                    continue
                if failure is None:
                    request.done.set_result(last_seq)
                else:
                    request.done.set_exception(IngestError(str(failure)))
            if batches:
                self._wake_readers()

    def _wake_readers(self) -> None:
        for waiter in self._readers:
            if not waiter.done():
                waiter.set_result(None)

    def _make_room(self, size: int) -> None:
        over = self._file.size + size - self._limits.max_bytes
        if over > 0:
            while self._file.trim(keep=0, at_most=100):
                pass
            self._file.drop(self._file.size + size - self._limits.max_bytes)

    def _repair(self) -> None:
        try:
            self._file.repair()
        except IngestError as error:
            self._state.reason = str(error)
            self._repair_from = time.monotonic() + _REPAIR_AGAIN_S
        else:
            self._state.reason = None

    def _tidy(self) -> None:
        try:
            # First: without room nothing of the rest can be written.
            self._file.shrink(always=self._keep_space_free())
            if self._cursors_changed:
                self._file.save_cursors()
                self._cursors_changed = False
            self._file.trim(self._limits.keep_batches, at_most=500)
            oldest = self._now_ms() - self._limits.identity_ms
            self._file.forget(oldest, self._limits.max_identities)
        except IngestError as error:
            self._untidy = self._state.reason = str(error)
            self._file.suspect |= isinstance(error, JournalDamagedError)
        else:
            if self._untidy is not None and self._state.reason == self._untidy:
                self._state.reason = None
            self._untidy = None

    def _keep_space_free(self) -> bool:
        try:
            free = shutil.disk_usage(self._file.path.parent).free
        except OSError as error:
            raise IngestError(f"the journal's disk cannot be asked: {error}") from error
        missing = self._limits.min_free_bytes - free
        if missing <= 0:
            return False
        self._file.trim(keep=0, at_most=1000)
        spare = self._file.size - self._limits.reserve_bytes
        # The file system shows what was deleted only when the file has become shorter.
        wanted = min(missing - self._file.returnable(), spare, 1024**2)
        if wanted > 0:
            self._file.drop(wanted)
        return True

    async def _close(self) -> None:
        with self._wake:
            self._closing = True
            self._wake.notify()
        await asyncio.to_thread(self._thread.join, self._limits.append_timeout_s)
        self._wake_readers()
        await asyncio.to_thread(self._file.close)
