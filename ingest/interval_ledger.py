"""The ledger of quarter-hour intervals: counters in, intervals and their roll-ups in SQL.

Counter states, pages, intervals, their roll-ups and the consumer's cursor move in one SQL
transaction. Whoever books - the consumer of the journal, an import - does so here, one at a time.
"""

import threading
import time
from collections import Counter as TallyCounter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from collectors.sample import Sample
from device_configs.estate import Estate
from ingest.bus import Cursor, IngestError
from ingest.counter_book import Changes, CounterBook
from ingest.counter_pages import Page
from ingest.durations import Durations
from ingest.interval_tables import (
    HISTORY,
    LIVE,
    Series,
    add_amounts,
    add_steps,
    drop_states,
    put_cursor,
    put_states,
    read_cursor,
    read_states,
)
from ingest.late_readings import Desk, settle
from ingest.meter_changes import meter_changes, moved, put_applied, read_applied
from ingest.page_tables import (
    KEPT_MS,
    join_pages,
    newest_page,
    newest_pages,
    prune_pages,
    put_pages,
)
from ingest.recount import Source, read_store
from ingest.recount_tables import runs_of, write_run
from ingest.rewrite import Disturbance
from ingest.rollup import Amounts
from ingest.rollup_tables import add_to_rollups, ensure_rollups
from records import meter_changes as recorded
from records.engine import reading, transaction

_LOG = structlog.get_logger(__name__)

CHUNK = 1_000
"""Samples of history in one transaction, so that alarms never wait long for the database."""
BACKLOG = 500
"""The same of a backlog in the journal, whose readings may all be late; those take longer."""
BREATH_S = 0.1
"""The longest pause that an import makes between two transactions. [s]"""


class IntervalsError(IngestError):
    """The intervals cannot be written now; what was to be written is still in the journal."""


@dataclass(frozen=True)
class IntervalStatistics:
    """What the consumer has done since its start."""

    readings: int = 0
    late: int = 0
    """Readings older than the newest of their counter, that were counted all the same."""
    ignored: int = 0
    """Readings that say nothing new: a second of the same moment."""
    too_late: int = 0
    """Readings and meter changes older than what counting again needs is kept."""
    steps: int = 0
    """Resets, jumps and outliers: steps that are not energy."""
    recounted: int = 0
    """Counters that were counted again because of an import."""
    unset_clock: int = 0
    """Readings whose device clock cannot be right."""


class IntervalLedger:
    """Books readings of counters, from wherever they come."""

    def __init__(self, engine: sa.Engine, estate: Estate, *, now_ms: Callable[[], int]) -> None:
        """Make a ledger; `now_ms` [ms, UTC] dates the records of steps, nothing else."""
        self._engine = engine
        self._estate = estate
        self._next: Estate | None = None
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._book: CounterBook | None = None
        self._recorded: tuple[int, int] | None = None
        self._done: TallyCounter[str] = TallyCounter()
        self.writes = Durations()
        """How long the transactions took."""

    @property
    def statistics(self) -> IntervalStatistics:
        """What was done since the start."""
        return IntervalStatistics(**self._done)

    def take_estate(self, estate: Estate) -> None:
        """Use a changed estate from now on; what is booked stays as it is."""
        # Without the lock: an import may hold it for seconds, and the loop must not wait for that.
        self._next = estate

    def backfill(self, samples: Sequence[Sample]) -> None:
        """Book history, best in order of time; blocks, for a worker thread.

        May be called many times, while the live data flows; call `join_history` at the end.

        Raises:
            IntervalsError: the database refuses; the same samples may be given again.
        """
        for begin in range(0, len(samples), CHUNK):
            started = time.monotonic()
            with self._open_book() as book:
                self._save(book, book.take_history(samples[begin : begin + CHUNK]))
            # As long a pause as the write took: whoever waits for the database gets in.
            time.sleep(min(time.monotonic() - started, BREATH_S))

    def join_history(self) -> None:
        """Book what lies between history and live data, and make one segment of both; blocks.

        A counter that has no live reading yet goes on from its history. Repeating it is harmless.

        Raises:
            IntervalsError: the database refuses; call it again.
        """
        with self._open_book() as book:
            self._save(book, book.join())

    def recount(self, source: Source, spans: Mapping[str, tuple[int, int]]) -> None:
        """Count again what readings in a store, new in some spans [ms, UTC], have altered; blocks.

        The result is that of all readings in order of time (`ingest.recount`). Repeating it is
        harmless.

        Args:
            source: the store that holds the readings.
            spans: devices and parts to the first and last moment of what is new of them.

        Raises:
            IntervalsError: the database refuses; call it again.
            StoreError: the store does.
        """
        for device, span in sorted(spans.items()):
            with self._open_book() as book:
                series = book.series_of(source, device)
                if not series:
                    continue
                if any(book.state(HISTORY, one) for one in series):
                    self._save(book, book.join())
                now_ms = self._now_ms()
                with reading(self._engine) as connection:
                    runs = dict(runs_of(connection, book, series, span, now_ms))
                read_store(book, source, device, span[0], runs)
                for one, run in runs.items():
                    started = time.monotonic()
                    with transaction(self._engine) as connection:
                        desk = Desk(connection, book, self._estate.timezone, now_ms)
                        self._done["recounted"] += write_run(desk, one, run)
                        desk.clear()
                    time.sleep(min(time.monotonic() - started, BREATH_S))

    def cursor(self) -> Cursor:
        """How far the journal is booked; blocks.

        Raises:
            IntervalsError: the database refuses.
        """
        with self._open_book(), reading(self._engine) as connection:
            return read_cursor(connection)

    def book(self, samples: Sequence[Sample], cursor: Cursor) -> Cursor:
        """Book samples of the journal after a cursor; returns the cursor after them; blocks.

        Raises:
            IntervalsError: the database refuses; go on from the cursor that it has.
        """
        for begin in range(0, len(samples), BACKLOG):
            started = time.monotonic()
            portion = samples[begin : begin + BACKLOG]
            cursor = cursor.advanced(portion)
            with self._open_book() as book:
                self._save(book, book.take_live(portion), cursor)
            if begin + BACKLOG < len(samples):
                # As in an import, whoever waits for the database gets in.
                time.sleep(min(time.monotonic() - started, BREATH_S))
        return cursor

    @contextmanager
    def _open_book(self) -> Iterator[CounterBook]:
        """The book, for one piece of work; when that fails it is read again from the database."""
        with self._lock:
            book, self._book = self._book, None
            if self._next is not None:
                self._estate, self._next, book = self._next, None, None
            try:
                if book is None or not self._is_current():
                    book = self._read_book()
                yield book
            except sa.exc.SQLAlchemyError as error:
                raise IntervalsError(f"the intervals cannot be written: {error}") from error
            self._book = book

    def _is_current(self) -> bool:
        """Whether no meter change was entered or taken back since the book was read."""
        with reading(self._engine) as connection:
            return recorded.state_of(connection) == self._recorded

    def _read_book(self) -> CounterBook:
        """Read all counters, and count again what a meter change has altered meanwhile."""
        with transaction(self._engine) as connection:
            ensure_rollups(connection, self._estate.timezone)
            self._recorded = recorded.state_of(connection)
            wanted = meter_changes(self._estate, recorded.in_force(connection))
            altered = moved(read_applied(connection), wanted)
            states = {name: read_states(connection, name) for name in (LIVE, HISTORY)}
            pages = {name: newest_pages(connection, name) for name in (LIVE, HISTORY)}
            book = CounterBook(self._estate, states[LIVE], states[HISTORY], pages, wanted)
            if altered:
                desk = Desk(connection, book, self._estate.timezone, self._now_ms())
                for series, moments in altered.items():
                    self._change_meter(desk, series, moments)
                desk.clear()
                put_applied(connection, wanted)
        return book

    def _change_meter(self, desk: Desk, series: Series, moments: tuple[int, ...]) -> None:
        for segment in (LIVE, HISTORY):
            state = desk.book.state(segment, series)
            felt = tuple(one for one in moments if state and one <= state.newest.at_ms)
            if not felt:
                continue
            tally = settle(desk, segment, series, Disturbance((), felt))
            if tally["too_late"]:
                _LOG.warning(
                    "a meter change is too old to be counted; its step stays unknown",
                    device=series.device, point=series.point,
                )  # fmt: skip
            self._done.update(tally)

    def _save(self, book: CounterBook, changes: Changes, cursor: Cursor | None = None) -> None:
        """Write what a batch changed; the database is held for this long and no longer."""
        now_ms, zone = self._now_ms(), self._estate.timezone
        tally = TallyCounter(changes.tally)
        with self.writes.measured(), transaction(self._engine) as connection:
            for segment in (LIVE, HISTORY):
                booking = changes.of(segment)
                add_amounts(connection, booking.amounts)
                add_to_rollups(
                    connection,
                    ((key, Amounts(*sums)) for key, sums in booking.amounts.items()),
                    zone,
                )
                add_steps(connection, booking.steps, now_ms)
                put_states(connection, segment, booking.states)
                _write_pages(connection, segment, booking.pages, now_ms)
            for series, history in changes.endings.items():
                join_pages(connection, series, history)
                state = book.state(LIVE, series)
                if state is not None:
                    book.put(LIVE, series, state, newest_page(connection, series, LIVE))
            drop_states(connection, HISTORY, changes.joined)
            desk = Desk(connection, book, zone, now_ms)
            for (asked, series), readings in changes.late.items():
                segment = LIVE if series in changes.endings else asked
                tally.update(settle(desk, segment, series, Disturbance(tuple(readings))))
            desk.clear()
            if cursor is not None:
                put_cursor(connection, cursor)
        self._done.update(tally)
        self._done["steps"] += len(changes.live.steps) + len(changes.history.steps)


def _write_pages(
    connection: sa.Connection, segment: str, found: dict[tuple[Series, int], Page], now_ms: int
) -> None:
    kept = {key: page for key, page in found.items() if page.start_ms >= now_ms - KEPT_MS}
    put_pages(connection, segment, ((series, page) for (series, _), page in kept.items()))
    begun = {series for (series, _), page in kept.items() if len(page.readings) == 1}
    prune_pages(connection, segment, begun, now_ms)
