"""Days of data quality counted again from the store: what an import or late data has altered.

A closed day is counted from all of its readings that are stored, in the order in which they
arrived, as if they had come live. An open day is counted when it closes, since the journal still
writes to it. Which days are to be counted stands in the database, so that nothing of it is
forgotten over a kill; they wait while the store lags behind what was counted live.
"""

import asyncio
import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import sqlalchemy as sa

from collectors.sample import Lane, Sample
from device_configs.estate import Estate
from ingest.bus import Cursor, IngestError
from ingest.quality_book import (
    DAY_MS,
    KEPT_DAYS,
    LONGEST_SETTLED_DAYS,
    OPEN_DAYS,
    DayRow,
    QualityBook,
)
from ingest.quality_book import DeviceState as State
from ingest.quality_days import Calendar, Gap, gaps_of
from ingest.quality_tables import (
    days_of,
    drop_recounts,
    put_days,
    put_recounts,
    read_cursor,
    read_recounts,
    read_runs,
    read_states,
)
from ingest.quality_terms import terms_of
from records.engine import reading, transaction

EVERY_S = 600.0
"""Between two looks for days that have closed. [s]"""
_BEFORE_MS = OPEN_DAYS * DAY_MS
"""So much before a day is read with it: what comes later than that is heard on no day. [ms]"""
_STEP_MS = (LONGEST_SETTLED_DAYS - 1) * DAY_MS
_EVERY_DAY = 10**6
"""More days than there are dates: none is closed."""
_EARLY_MS = 2 * 3_600_000
"""A device's clock may be ahead of arrival by this much. [ms]"""


class Source(Protocol):
    """A store that gives back what it holds."""

    def devices(self) -> Sequence[str]:
        """Every device and part that ever had a reading."""
        ...

    def samples(self, device: str, start: int, end: int) -> Iterator[Sequence[Sample]]:
        """Everything of one device in `start <= at < end` [ms, UTC], in order."""
        ...

    def cursor(self) -> Cursor:
        """How far the journal is stored."""
        ...


class RecountError(IngestError):
    """Days cannot be counted again now; they stay noted."""


@dataclass(frozen=True)
class _Known:
    """What the database knows when days are counted again."""

    states: Mapping[str, State]
    gaps: Sequence[Gap]
    gaps_from: int
    """Before this it is forgotten when sitewatch ran. [ms, UTC]"""
    booked_ms: int


class QualityRecount:
    """Counts days again. All calls block."""

    def __init__(
        self, engine: sa.Engine, estate: Callable[[], Estate], *, now_ms: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._estate = estate
        self._now_ms = now_ms
        self._noted: set[tuple[str, int]] = set()

    def note(self, samples: Iterable[Sample]) -> None:
        """Note the days that samples of the past are of; before they are stored.

        Raises:
            RecountError: the database refuses.
        """
        estate = self._estate()
        calendar = Calendar(estate.timezone)
        spans: dict[str, tuple[int, int]] = {}
        for sample in samples:
            name = sample.device.partition("/")[0]
            first, last = spans.get(name, (sample.at, sample.at))
            moments = sample.at, sample.received_at
            spans[name] = min(first, *moments), max(last, *moments)
        found: set[tuple[str, int]] = set()
        for name, (first, last) in spans.items():
            device = estate.devices.get(name)
            if device is not None and first >= 0:
                # The day before may have ended with what was the last reading until now.
                begin = calendar.of(first).number - 1
                end = calendar.of(last + terms_of(device).allowed_ms).number
                found |= {(name, day) for day in range(begin, end + 1)}
        new = found - self._noted
        try:
            with transaction(self._engine) as connection:
                put_recounts(connection, sorted(new))
        except sa.exc.SQLAlchemyError as error:
            raise RecountError(f"days to be counted again cannot be noted: {error}") from error
        self._noted |= new

    def work_off(self, source: Source) -> int:
        """Count the noted days that are closed; returns how many rows were written.

        Raises:
            StoreError, RecountError: what is not counted yet stays noted.
        """
        try:
            with reading(self._engine) as connection:
                cursor, booked_ms = read_cursor(connection)
                today = self._calendar.of(booked_ms or self._now_ms()).number
                noted = read_recounts(connection, today - OPEN_DAYS + 1)
                runs = read_runs(connection)
                states = {state.device: state for state in read_states(connection)}
            stored = source.cursor()
            if not noted or any(stored.of(lane) < cursor.of(lane) for lane in Lane):
                return 0
            begun = min((start for start, _ in runs), default=0)
            known = _Known(states, gaps_of(runs), begun, booked_ms)
            kept = today - KEPT_DAYS
            return sum(
                self._count(source, known, device, first, last, kept)
                for device, days in noted.items()
                for first, last in _runs(days)
            )
        except sa.exc.SQLAlchemyError as error:
            raise RecountError(f"days cannot be counted again: {error}") from error
        finally:
            self._noted.clear()

    async def run(self, source: Source) -> None:
        """Count what has closed, again and again, until cancelled.

        Raises:
            StoreError, RecountError: run it again.
        """
        while True:
            await asyncio.to_thread(self.work_off, source)
            await asyncio.sleep(EVERY_S)

    @property
    def _calendar(self) -> Calendar:
        return Calendar(self._estate().timezone)

    def _count(
        self, source: Source, known: _Known, device: str, first: int, last: int, kept: int
    ) -> int:
        """Count days of a device that follow each other, and let go of the note."""
        estate = self._estate()
        counted: list[DayRow] = []
        if device in estate.devices and last >= kept:
            days = range(max(first, kept), last + 1)
            counted = count_days(estate, device, days, source, known)
        with transaction(self._engine) as connection:
            old = {row.day: row for row in days_of(connection, [device], first, last)}
            better = [_better(row, old.get(row.day)) for row in counted]
            written = [row for row in better if row is not None]
            put_days(connection, written)
            drop_recounts(connection, device, first, last)
        return len(written)


def count_days(
    estate: Estate, device: str, days: range, source: Source, known: _Known
) -> list[DayRow]:
    """The rows of closed days of a device, from what is stored of it and its parts.

    Raises:
        StoreError: the store refuses.
    """
    calendar = Calendar(estate.timezone)
    begin, end = calendar.day(days[0]).start, calendar.day(days[-1]).end
    since = begin - _BEFORE_MS
    state = known.states.get(device)
    seeds = [State(device, since, since)] if state is not None and state.first_ms < begin else []
    book = QualityBook(estate, seeds, (), known.gaps, open_days=_EVERY_DAY)
    settled, heard = since, begin
    for sample in _by_arrival(source, device, since, end + DAY_MS):
        settled = _settled(book, settled, sample.received_at)
        book.take((sample,))
        heard = max(heard, sample.received_at)
    goes_on = state is not None and state.first_ms < end <= state.settled_ms
    # Of what comes after the last reading nobody knows whether anything was due.
    until = end if goes_on or heard >= end else heard + 1
    _settled(book, settled, until)
    book.settle(until)
    _, rows = book.changes()
    found = [row for row in rows if row.day in days and (row.counted or row.due)]
    return [_stored(row, calendar, known) for row in found]


def _settled(book: QualityBook, settled: int, until: int) -> int:
    """Settle in steps that are not too long for the book, up to the last before a moment."""
    while until - settled > _STEP_MS:
        settled += _STEP_MS
        book.settle(settled)
    return settled


def _stored(row: DayRow, calendar: Calendar, known: _Known) -> DayRow:
    made = replace(row, from_store=True, marks=0, covered_marks=0)
    if calendar.day(row.day).start < known.gaps_from:
        made.down = -1
    return made


def _better(row: DayRow, old: DayRow | None) -> DayRow | None:
    """What is written of a day; None where the store holds less than was counted live.

    Readings may have passed their retention, and no reading takes away from what another showed.
    """
    forgotten = row.down < 0
    row.down = max(0, row.down)
    if old is None:
        return row
    if row.good < old.good or row.online < old.online or row.covered < old.covered:
        return None
    if forgotten:
        row.down = min(old.down, row.counted - row.online)
    if row.counted <= old.counted:
        # What was due by the terms of that day.
        row.due, row.counted, row.allowed_ms = old.due, old.counted, old.allowed_ms
    return row


def _runs(days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Days that follow each other, as first and last."""
    first = last = days[0]
    for day in days[1:]:
        if day != last + 1:
            yield first, last
            first = day
        last = day
    yield first, last


def _by_arrival(source: Source, device: str, start: int, end: int) -> Iterator[Sample]:
    """The samples of a device and its parts in the order in which they arrived."""
    names = [name for name in source.devices() if name.partition("/")[0] == device]
    streams = [_each(source, name, start, end) for name in names]
    waiting: list[tuple[int, int, Sample]] = []
    merged = heapq.merge(*streams, key=lambda one: one.at)
    for number, sample in enumerate(merged):
        heapq.heappush(waiting, (sample.received_at, number, sample))
        while waiting and waiting[0][0] < sample.at - _EARLY_MS:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def _each(source: Source, device: str, start: int, end: int) -> Iterator[Sample]:
    for samples in source.samples(device, start, end):
        yield from samples
