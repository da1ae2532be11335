"""Data quality by device and day: the consumer `quality` of the journal.

Cursor, states and rows move in one SQL transaction; after a kill the consumer reads the journal
again from its cursor, so that nothing is counted twice and nothing is left out.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from collectors.sample import Lane, Sample
from device_configs.estate import Estate
from ingest.bus import Cursor, IngestError, Log
from ingest.durations import Durations
from ingest.quality_book import DAY_MS, KEPT_DAYS, LONGEST_SETTLED_DAYS, QualityBook
from ingest.quality_days import gaps_of
from ingest.quality_tables import (
    CONSUMER,
    close_days,
    forget_runs,
    put_cursor,
    put_days,
    put_recounts,
    put_run,
    put_states,
    read_cursor,
    read_days,
    read_runs,
    read_states,
)
from records.engine import reading, transaction

PACE_S = 10.0
"""How long the consumer gathers before it writes; also how exactly a kill is dated. [s]"""
_GAPS_MS = (LONGEST_SETTLED_DAYS + 1) * DAY_MS
"""How far back a gap between two runs can concern a day that is still open. [ms]"""


class QualityError(IngestError):
    """Data quality cannot be written now; what was to be written is still in the journal."""


class QualityWriter:
    """Counts what comes and what was due, of every device."""

    def __init__(
        self,
        engine: sa.Engine,
        bus: Log,
        estate: Estate,
        *,
        now_ms: Callable[[], int],
        pace_s: float = PACE_S,
        batch: int = 2_000,
        own_run: bool = True,
        is_recounted: bool = False,
    ) -> None:
        """Make a writer.

        Its making is the start of this run of sitewatch (`now_ms`, UTC), unless the process that
        collects is another one and keeps its own runs (`ingest.quality_runs`). Days of which
        something comes too late are noted where they are counted again (`ingest.quality_recount`).
        """
        self._is_recounted = is_recounted
        self._own_run = own_run
        self._engine = engine
        self._bus = bus
        self._estate = estate
        self._now_ms = now_ms
        self._pace_s = pace_s
        self._batch = batch
        self._started_ms = now_ms()
        self._next: Estate | None = None
        self._lock = threading.Lock()
        self._closed = 0
        self._booked_ms = 0
        self.samples = self.rows = 0
        """Samples taken and rows of a day written since the start."""
        self.late_values = 0
        """Values that came too long after their day to be counted."""
        self.writes = Durations()
        """How long the transactions took."""

    def take_estate(self, estate: Estate) -> None:
        """Use a changed estate from now on; what is booked stays as it is."""
        self._next = estate

    async def run(self) -> None:
        """Read the journal and book until cancelled.

        Raises:
            QualityError: the database refuses; run it again, it goes on from its cursor.
        """
        book, cursor = await asyncio.to_thread(self._open)
        written = time.monotonic()
        try:
            while True:
                asked = self._now_ms()
                samples = await self._bus.read(cursor, self._batch, self._pace_s)
                # Here and whole, some ms: a cancelled wait must not part the book from its cursor.
                book.take(samples)
                cursor = cursor.advanced(samples)
                self.samples += len(samples)
                self.late_values = book.late
                self._advance(samples, asked)
                if time.monotonic() - written >= self._pace_s:
                    await asyncio.to_thread(self._write, book, cursor)
                    await self._bus.commit(CONSUMER, cursor)
                    written = time.monotonic()
                if len(samples) < self._batch:
                    await asyncio.sleep(min(1.0, self._pace_s))
        except asyncio.CancelledError:
            # The last sign of life of this run.
            with contextlib.suppress(QualityError):
                await asyncio.to_thread(self._write, book, cursor)
            raise

    def _advance(self, samples: Sequence[Sample], asked_ms: int) -> None:
        """Until when all is booked: what is not read yet is routine, and came after this."""
        if len(samples) < self._batch:
            self._booked_ms = asked_ms
            return
        routine = [one.received_at for one in samples if one.lane is Lane.ROUTINE]
        if routine:
            self._booked_ms = max(self._booked_ms, routine[-1])

    def _open(self) -> tuple[QualityBook, Cursor]:
        try:
            if self._own_run:
                with transaction(self._engine) as connection:
                    put_run(connection, self._started_ms, max(self._started_ms, self._now_ms()))
            with reading(self._engine) as connection:
                cursor, self._booked_ms = read_cursor(connection)
                states = read_states(connection)
                gaps = gaps_of(read_runs(connection, self._now_ms() - _GAPS_MS))
                book = QualityBook(self._estate, states, (), gaps, self._booked_ms)
                rows = read_days(connection, book.oldest_open)
        except sa.exc.SQLAlchemyError as error:
            raise QualityError(f"data quality cannot be read: {error}") from error
        return QualityBook(self._estate, states, rows, gaps, self._booked_ms), cursor

    def _write(self, book: QualityBook, cursor: Cursor) -> None:
        """Write what has changed; the database is held for this long and no longer."""
        with self._lock:
            self._write_alone(book, cursor)

    def _write_alone(self, book: QualityBook, cursor: Cursor) -> None:
        estate = self._next
        if self._booked_ms:
            book.settle(self._booked_ms)
        if estate is not None:
            book.use(estate)
            self._estate, self._next = estate, None
        now_ms = self._now_ms()
        try:
            if not self._own_run:
                with reading(self._engine) as connection:
                    book.know_gaps(gaps_of(read_runs(connection, now_ms - _GAPS_MS)))
            states, rows = book.changes()
            kept = range(book.oldest_open - KEPT_DAYS, book.oldest_open)
            late = {one for one in book.late_days if one[1] in kept}
            with self.writes.measured(), transaction(self._engine) as connection:
                put_days(connection, rows)
                put_states(connection, states)
                put_cursor(connection, cursor, self._booked_ms)
                if self._is_recounted:
                    put_recounts(connection, sorted(late))
                if self._own_run:
                    put_run(connection, self._started_ms, max(self._started_ms, now_ms))
                if book.oldest_open != self._closed:
                    self._closed = book.oldest_open
                    names = [state.device for state in states]
                    close_days(connection, names, self._closed, KEPT_DAYS)
                    forget_runs(connection, now_ms - KEPT_DAYS * DAY_MS)
            book.late_days.clear()
            self.rows += len(rows)
        except sa.exc.SQLAlchemyError as error:
            raise QualityError(f"data quality cannot be written: {error}") from error
