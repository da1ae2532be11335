"""The embedded store: one DuckDB file and sorted Parquet files, read as one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import structlog

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.stores import duckdb_query, duckdb_samples
from ingest.stores.duckdb_answer import Group
from ingest.stores.duckdb_backup import copy_store
from ingest.stores.duckdb_columns import BOOL, NUMBER, Columns
from ingest.stores.duckdb_compaction import Compactor
from ingest.stores.duckdb_database import (
    Connection,
    Database,
    DuckDbSettings,
    insert_arrays,
    translated,
)
from ingest.stores.duckdb_export import Export, write_table
from ingest.stores.duckdb_layout import Span, segments
from ingest.stores.duckdb_query import Steps
from ingest.stores.duckdb_retention import Retention
from ingest.stores.duckdb_schema import generations, open_file, open_generation, table_of
from ingest.stores.forms import Report
from ingest.stores.store import Aggregate, LatestValue, Reading

_LOG = structlog.get_logger(__name__)


class DuckDbStore:
    """Implements `TimeSeriesStore` on one DuckDB file, which belongs to this process alone.

    Raises:
        StoreError: the file cannot be opened, or another process has it.
    """

    def __init__(self, settings: DuckDbSettings) -> None:
        self._settings = settings
        self.database = Database(open_file(settings), settings)
        with translated("open"):
            connection = self.database.connection
            rows = connection.execute("SELECT id, device, point FROM series").fetchall()
            found = connection.execute("SELECT safety, routine FROM progress").fetchone()
            self._generation = generations(connection)[-1]
            self._rows = _count(connection, self._generation)
            named = segments(connection)
            files = self.database.files
            files.remove_others(
                {one.file for one in named} | {one.hours_file for one in named if one.hours}
            )
            lost = (one.file for one in named if not files.has(one.file, one.bytes))
            self.database.damaged = frozenset(lost)
            with_hours = ((one, one.hours) for one in named if one.hours)
            without = (one.file for one, size in with_hours if not files.has(one.hours_file, size))
            self.database.lost_hours = frozenset(without)
        if self.database.damaged:
            names = ", ".join(sorted(self.database.damaged))
            _LOG.error("series files are missing or cut; restore them from a backup", files=names)
        self._cursor = Cursor(*found) if found else Cursor()
        self._series: dict[str, dict[str, int]] = {}
        self._names: dict[int, tuple[str, str]] = {}
        self._know(rows)
        self.compactor = Compactor(self.database)

    def _know(self, rows: Sequence[tuple[int, str, str]]) -> None:
        for identifier, device, point in rows:
            self._series.setdefault(device, {})[point] = identifier
            self._names[identifier] = (device, point)

    def write(self, samples: Sequence[Sample], cursor: Cursor) -> None:
        """Store samples and the recorder's cursor in one transaction, durable when it returns.

        Samples with a number that the stored cursor has passed are there already; those without
        a number (imported history) are always written.

        Raises:
            StoreError: the database refused; nothing was written.
        """
        with self.database.transaction() as connection:
            known = self._cursor
            new = [s for s in samples if s.seq == 0 or s.seq > known.of(s.lane)]
            furthest = Cursor(max(known.safety, cursor.safety), max(known.routine, cursor.routine))
            added, rows = self._insert(connection, new)
            if furthest != known:
                connection.execute("DELETE FROM progress")
                values = (furthest.safety, furthest.routine)
                connection.execute("INSERT INTO progress VALUES (?, ?)", values)
            full = self._rows + rows >= self._settings.generation_rows
            if full:
                open_generation(connection, self._generation + 1)

            def take_over() -> None:
                self._know(added)
                self._cursor = furthest
                self._rows += rows
                if full:
                    self._generation, self._rows = self._generation + 1, 0

            self.database.after_commit(take_over)

    def seal(self) -> None:
        """End the open generation, so that compaction takes it; nothing where it is empty.

        Raises:
            StoreError: the database refused.
        """
        with self.database.transaction("seal") as connection:
            if self._rows:
                open_generation(connection, self._generation + 1)
                self.database.after_commit(self.begin_generation)

    def begin_generation(self) -> None:
        """Know, after the commit, that a generation was begun."""
        self._generation, self._rows = self._generation + 1, 0

    def _insert(
        self, connection: Connection, samples: Sequence[Sample]
    ) -> tuple[Sequence[tuple[int, str, str]], int]:
        added = self._new_series(samples)
        fresh: dict[str, dict[str, int]] = {}
        for identifier, device, point in added:
            fresh.setdefault(device, dict(self._series.get(device, {})))[point] = identifier
        columns = Columns()
        for sample in samples:
            columns.add(sample, fresh.get(sample.device) or self._series.get(sample.device, {}))
        if added:
            ids, devices, points = zip(*added, strict=True)
            table = {
                "id": np.array(ids, dtype=np.int32),
                "device": np.array(devices, dtype=np.object_),
                "point": np.array(points, dtype=np.object_),
            }
            insert_arrays(connection, "series", table, "*")
        if columns.t:
            # The unused number of a text is no 0.
            number = f"CASE WHEN type IN ({NUMBER}, {BOOL}) THEN number END"
            text = "text" if columns.text else "NULL"
            reason = "reason" if columns.reason else "NULL"
            selected = f"series, t, lag, own_clock, type, {number}, {text}, {reason}"
            insert_arrays(connection, table_of(self._generation), columns.arrays(), selected)
        return added, len(columns.t)

    def _new_series(self, samples: Sequence[Sample]) -> Sequence[tuple[int, str, str]]:
        found: dict[tuple[str, str], int] = {}
        for sample in samples:
            known = self._series.get(sample.device, {})
            for point in sample.values:
                if point not in known:
                    found.setdefault((sample.device, point), len(self._names) + len(found) + 1)
        return [(identifier, device, point) for (device, point), identifier in found.items()]

    def cursor(self) -> Cursor:
        """The cursor of the last write."""
        return self._cursor

    def series(
        self,
        device: str,
        points: Sequence[str],
        start: int,
        end: int,
        step_ms: int | None = None,
        aggregate: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> Mapping[str, Sequence[Reading]]:
        """Readings of `start <= t < end` [ms, UTC] by point, the first `limit` of each.

        With a step they begin at `start`, `start + step_ms` and so on: numbers by the aggregate,
        others by their last value; missing values only make a step missing that has no other.

        Raises:
            StoreError: the database refused or took too long.
        """
        found: dict[str, Sequence[Reading]] = {point: [] for point in points}
        known = self._series.get(device, {})
        names = {known[point]: point for point in found if point in known}
        if not names or start >= end:
            return found
        steps = None if step_ms is None else Steps(start, step_ms, aggregate)
        for identifier, readings in self._read(Span(sorted(names), start, end), steps, limit):
            found[names[identifier]] = readings
        return found

    def _read(self, span: Span, steps: Steps | None, limit: int) -> list[Group]:
        if steps is None:
            groups = duckdb_query.raw(self.database, span, limit)
        else:
            groups = duckdb_query.stepped(self.database, span, steps, limit)
        if sum(len(found) for _, found in groups) >= limit and len(span.series) > 1:
            # Together they are more than one may be: each is asked for alone.
            alone = (Span([identifier], span.start, span.end) for identifier in span.series)
            return [found for one in alone for found in self._read(one, steps, limit)]
        return groups

    def latest(self) -> Sequence[LatestValue]:
        """The newest value of every point.

        Raises:
            StoreError: the database refused or took too long.
        """
        return duckdb_query.latest(self.database, self._names)

    def devices(self) -> Sequence[str]:
        """Every device and part that ever had a reading, in order of their names."""
        return sorted(self._series)

    def points(self, device: str) -> Sequence[str]:
        """The points of a device that ever had a reading."""
        return sorted(self._series.get(device, {}))

    def samples(self, device: str, start: int, end: int) -> Iterator[Sequence[Sample]]:
        """Everything of one device in `start <= t < end` [ms, UTC], in order, without numbers.

        Raises:
            StoreError: the database refused or took too long.
        """
        names = {identifier: point for point, identifier in self._series.get(device, {}).items()}
        return duckdb_samples.samples(self.database, device, names, start, end)

    def add_missing(self, samples: Sequence[Sample]) -> int:
        """Store what of imported history is not there yet; returns how many readings that were.

        Raises:
            StoreError: the database refused; nothing was written.
        """
        new = duckdb_samples.without_known(self.database, self._series, samples)
        self.write(new, Cursor())
        return sum(len(sample.values) for sample in new)

    def export(self, wanted: Export, report: Report = lambda *_: None) -> int:
        """Write readings to a table file; returns how many.

        Raises:
            StoreError: the database or the disk refused; there is no file.
        """
        known = (self._series.get(device, {}) for device in sorted(wanted.devices))
        return write_table(self.database, [sorted(one.values()) for one in known], wanted, report)

    def copy_to(self, file: Path) -> int:
        """Write a copy that a store can be opened on, consistent while data flows; readings in it.

        Raises:
            StoreError: the database or the disk refused.
        """
        return copy_store(self.database, file)

    def expire(self, before: Callable[[str], int | None]) -> int:
        """Remove what is older than its device's moment [ms, UTC; None keeps all]; how many went.

        Raises:
            StoreError: the database or the disk refused.
        """
        moments = {device: before(device) for device in list(self._series)}
        cutoffs = {
            identifier: moment
            for device, moment in moments.items()
            if moment is not None
            for identifier in list(self._series[device].values())
        }
        return Retention(self.database, self.compactor).apply(cutoffs)

    def close(self) -> None:
        """Write everything into the file and let another process have it."""
        self.compactor.stop()
        self.database.close()


def _count(connection: Connection, generation: int) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table_of(generation)}").fetchone()
    return int(row[0]) if row else 0
