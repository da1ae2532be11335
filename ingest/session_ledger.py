"""The ledger of charging sessions: states and counters of piles in, sessions in SQL.

Sessions, where each connector stands and the consumer's cursor move in one SQL transaction. A
reading that comes late is remembered with its sessions marked, and counted again from the store as
soon as that holds all that was booked.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import sqlalchemy as sa
import structlog

from collectors.sample import Sample
from device_configs.estate import Estate
from ingest.bus import Cursor, IngestError
from ingest.counter_terms import Changes
from ingest.energy_sessions import advance_by_energy
from ingest.interval_tables import Series, put_cursor, read_cursor
from ingest.meter_changes import meter_changes, moved
from ingest.session_points import ENERGY, Connector, connectors, seen_of
from ingest.session_tables import (
    CONSUMER,
    Kept,
    drop_sessions,
    mark_late,
    put_sessions,
    put_states,
    read_states,
    session_around,
)
from ingest.sessions import GAP_MS, Advanced, Seen, Session, Standing, advance
from ingest.stores.store import StoreError
from records import meter_changes as recorded
from records.engine import reading, transaction

_LOG = structlog.get_logger(__name__)

PACE_S = 10.0
"""How long the consumer gathers before it writes; each write waits for the disk once. [s]"""
LEAD_MS = 3_600_000
"""Read before what is counted again, so that the state and the counter are known there. [ms]"""
_PATIENCE_S = 10.0
"""How long an import waits for the store to hold what was booked. [s]"""
_LOOK_S = 0.1


class SessionsError(IngestError):
    """The sessions cannot be written now; what was to be written is still in the journal."""


class Source(Protocol):
    """A store that holds the readings."""

    def cursor(self) -> Cursor:
        """How far it has read the journal."""
        ...

    def samples(self, device: str, start: int, end: int) -> Iterator[Sequence[Sample]]:
        """Everything of one device in `start <= at < end` [ms, UTC], in order."""
        ...


@dataclass
class _Book:
    """Where all connectors stand, and what a batch has changed."""

    kept: dict[str, Kept]
    cursor: Cursor
    changed: dict[tuple[str, int], Session] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    late: list[tuple[str, int]] = field(default_factory=list)

    def take(self, connector: Connector, seen: Seen) -> None:
        """Account for one sample."""
        name = connector.device
        standing, late_ms = self.kept.get(name, Kept(Standing(), None))
        self.touched.add(name)
        if standing.newest_ms is not None and seen.at_ms < standing.newest_ms:
            self.late.append((name, seen.at_ms))
            late_ms = seen.at_ms if late_ms is None else min(late_ms, seen.at_ms)
            self.kept[name] = Kept(standing, late_ms)
            return
        result = stepped(standing, seen, connector)
        for session in (*result.settled, *result.standing.sessions):
            self.changed[name, session.start_ms] = session
        self.kept[name] = Kept(result.standing, late_ms)


def stepped(standing: Standing, seen: Seen, connector: Connector) -> Advanced:
    """Account for a sample in the way that suits what the connector has."""
    if connector.by_energy and connector.terms is not None:
        return advance_by_energy(standing, seen, connector.terms)
    return advance(standing, seen, connector.terms)


class SessionLedger:
    """Books what connectors say, from wherever it comes."""

    def __init__(self, engine: sa.Engine, estate: Estate, source: Source | None = None) -> None:
        """Make a ledger; without a source late readings only mark their sessions."""
        self._engine = engine
        self._source = source
        self._estate = estate
        self._known: Mapping[str, Connector] | None = None
        self._recorded = (0, 0)
        self._changes: Changes = {}
        self._lock = threading.Lock()
        self._book: _Book | None = None
        self.late = 0
        """Samples that came late since the start."""

    def take_estate(self, estate: Estate) -> None:
        """Use a changed estate from now on; what is booked stays as it is."""
        with self._lock:
            self._estate, self._known = estate, None

    def cursor(self) -> Cursor:
        """How far the journal is booked; blocks.

        Raises:
            SessionsError: the database refuses.
        """
        try:
            with reading(self._engine) as connection:
                return read_cursor(connection, CONSUMER)
        except sa.exc.SQLAlchemyError as error:
            raise SessionsError(f"charging sessions cannot be read: {error}") from error

    def book(self, samples: Sequence[Sample], cursor: Cursor) -> Cursor:
        """Book samples of the journal after a cursor; returns the cursor after them; blocks.

        Raises:
            SessionsError: the database refuses; go on from the cursor that it has.
        """
        known = self._connectors()
        try:
            self._count_again(patience_s=0.0)
        except StoreError as error:
            _LOG.warning("late readings of piles must wait for the store", error=str(error))
        cursor = cursor.advanced(samples)
        found = [
            (known[one.device], seen)
            for one in samples
            if one.device in known and (seen := seen_of(known[one.device], one)) is not None
        ]
        # What only changed places on the way is not late.
        found.sort(key=lambda one: one[1].at_ms)
        with self._lock:
            book, self._book = self._read(), None
            for connector, seen in found:
                book.take(connector, seen)
            self._write(book, cursor)
            self._book = book
        return cursor

    def recount(self, spans: Mapping[str, tuple[int, int]]) -> None:
        """Count again what readings that are new in the store have altered; blocks.

        What cannot be counted now, because the store is behind, is counted later.

        Args:
            spans: devices and parts to the first and last moment of what is new [ms, UTC].

        Raises:
            SessionsError: the database refuses; call it again.
            StoreError: the store does.
        """
        known = self._connectors()
        with self._lock:
            book, self._book = self._read(), None
            for name, (first, _) in spans.items():
                if name in known:
                    standing, late_ms = book.kept.get(name, Kept(Standing(), None))
                    book.kept[name] = Kept(standing, min(first, late_ms or first))
                    book.touched.add(name)
            self._write(book, book.cursor)
            self._book = book
        self._count_again(patience_s=_PATIENCE_S)

    def _connectors(self) -> Mapping[str, Connector]:
        """The connectors of now; what a meter change alters is marked to be counted again."""
        with self._lock:
            try:
                with reading(self._engine) as connection:
                    state = recorded.state_of(connection)
                    if self._known is not None and state == self._recorded:
                        return self._known
                    changes = meter_changes(self._estate, recorded.in_force(connection))
            except sa.exc.SQLAlchemyError as error:
                raise SessionsError(f"meter changes cannot be read: {error}") from error
            # At the start nobody knows what was counted with which: what is booked stays.
            altered = {} if self._known is None else moved(self._changes, changes)
            known = self._known = connectors(self._estate, changes)
            self._recorded, self._changes = state, changes
            if altered:
                self._mark(known, altered)
        return known

    def _mark(
        self, known: Mapping[str, Connector], altered: Mapping[Series, tuple[int, ...]]
    ) -> None:
        book, self._book = self._read(), None
        for (name, point), moments in altered.items():
            kept = book.kept.get(name)
            if name not in known or point != ENERGY or kept is None:
                continue
            if moments[0] <= (kept.standing.newest_ms or 0):
                late_ms = min(moments[0], kept.late_ms or moments[0])
                book.kept[name] = Kept(kept.standing, late_ms)
                book.touched.add(name)
        self._write(book, book.cursor)
        self._book = book

    def _count_again(self, patience_s: float) -> None:
        """Count again every connector with late readings, if the store holds all of them."""
        source = self._source
        if source is None:
            return
        until = time.monotonic() + patience_s
        with self._lock:
            book = self._book = self._read()
            due = [name for name, one in book.kept.items() if one.late_ms is not None]
        while due and not _holds(source.cursor(), book.cursor):
            if time.monotonic() >= until:
                return
            time.sleep(_LOOK_S)
        known = self._connectors()
        for name in due:
            if (connector := known.get(name)) is not None:
                with self._lock:
                    self._count_one(source, connector)

    def _count_one(self, source: Source, connector: Connector) -> None:
        book, self._book = self._read(), None
        kept = book.kept[connector.device]
        if kept.late_ms is not None and _holds(source.cursor(), book.cursor):
            try:
                with reading(self._engine) as connection:
                    begin, whole = _beginning(connection, connector.device, kept.late_ms)
            except sa.exc.SQLAlchemyError as error:
                raise SessionsError(f"charging sessions cannot be read: {error}") from error
            again = _replayed(source, connector, begin, kept.standing.newest_ms)
            if again is None or (not whole and again.first_ms > begin + GAP_MS):
                # The store holds no readings of that time any more: what was booked stays.
                book.kept[connector.device] = Kept(kept.standing, None)
                again = None
            else:
                book.kept[connector.device] = Kept(again.standing, None)
            book.touched.add(connector.device)
            self._write(book, book.cursor, None if again is None else (connector.device, again))
        self._book = book

    def _read(self) -> _Book:
        if self._book is not None:
            return self._book
        try:
            with reading(self._engine) as connection:
                return _Book(read_states(connection), read_cursor(connection, CONSUMER))
        except sa.exc.SQLAlchemyError as error:
            raise SessionsError(f"charging sessions cannot be read: {error}") from error

    def _write(
        self, book: _Book, cursor: Cursor, again: "tuple[str, _Replay] | None" = None
    ) -> None:
        """Write what was changed; the database is held for this long and no longer."""
        try:
            with transaction(self._engine) as connection:
                if again is not None:
                    name, replay = again
                    drop_sessions(connection, name, replay.begin_ms)
                    put_sessions(connection, ((name, one) for one in replay.sessions.values()))
                put_sessions(connection, ((key[0], one) for key, one in book.changed.items()))
                for name, at_ms in book.late:
                    mark_late(connection, name, at_ms)
                put_states(connection, {name: book.kept[name] for name in book.touched})
                put_cursor(connection, cursor, CONSUMER)
        except sa.exc.SQLAlchemyError as error:
            raise SessionsError(f"charging sessions cannot be written: {error}") from error
        self.late += len(book.late)
        book.cursor = cursor
        book.changed, book.touched, book.late = {}, set(), []


@dataclass
class _Replay:
    """What the readings of a store come to."""

    begin_ms: int
    """Sessions that begin before are not its business. [ms, UTC]"""
    first_ms: int
    """Of the first reading. [ms, UTC]"""
    standing: Standing = field(default_factory=Standing)
    sessions: dict[int, Session] = field(default_factory=dict)


def _beginning(connection: sa.Connection, device: str, late_ms: int) -> tuple[int, bool]:
    """From when on to count again [ms, UTC], and whether the connector is free then.

    That is a while before the late reading; within a session, where that begins.
    """
    begin = late_ms - LEAD_MS
    around = session_around(connection, device, begin)
    return (begin, True) if around is None else (around.start_ms, False)


def _replayed(
    source: Source, connector: Connector, begin: int, newest_ms: int | None
) -> _Replay | None:
    """Count what a store holds up to the newest sample that was booked; None where it is nothing.

    Newer ones come from the journal yet.
    """
    found: _Replay | None = None
    end = 2**62 if newest_ms is None else newest_ms + 1
    for samples in source.samples(connector.device, begin - LEAD_MS, end):
        for sample in samples:
            seen = seen_of(connector, sample)
            if seen is None:
                continue
            if found is None:
                found = _Replay(begin, seen.at_ms)
            result = stepped(found.standing, seen, connector)
            found.standing = result.standing
            for session in (*result.settled, *result.standing.sessions):
                if session.start_ms >= begin:
                    found.sessions[session.start_ms] = session
    if found is not None and newest_ms is not None:
        newest = max(found.standing.newest_ms or 0, newest_ms)
        found.standing = replace(found.standing, newest_ms=newest)
    return found


def _holds(store: Cursor, booked: Cursor) -> bool:
    return store.safety >= booked.safety and store.routine >= booked.routine
