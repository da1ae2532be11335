"""The embedded store: one DuckDB file with a narrow table of readings and a series dictionary."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from collectors.sample import Quality, Sample, Value
from ingest.bus import Cursor
from ingest.stores.duckdb_columns import BOOL, MISSING, NUMBER, TEXT, Arrays, Columns
from ingest.stores.store import Aggregate, LatestValue, Reading, StoreError

_SCHEMA = """
CREATE SEQUENCE IF NOT EXISTS series_id;
CREATE TABLE IF NOT EXISTS series (id INTEGER, device VARCHAR, point VARCHAR);
CREATE TABLE IF NOT EXISTS reading (
  series INTEGER, t BIGINT, lag BIGINT, own_clock BOOLEAN, type UTINYINT, number DOUBLE,
  text VARCHAR, reason VARCHAR);
CREATE TABLE IF NOT EXISTS progress (safety BIGINT, routine BIGINT);
"""
_AGGREGATES = {
    Aggregate.MEAN: "avg(number)",
    Aggregate.MIN: "min(number)",
    Aggregate.MAX: "max(number)",
    Aggregate.LAST: "last(number ORDER BY t, rowid)",
    Aggregate.COUNT: "count(number)",
}


@dataclass(frozen=True)
class DuckDbSettings:
    """What the embedded store may use."""

    path: Path
    memory_limit: str = "256MB"
    threads: int = 2
    timeout_s: float = 30.0
    """Longest duration of one query. [s]"""


class DuckDbStore:
    """Implements `TimeSeriesStore` on one DuckDB file, which belongs to this process alone.

    Raises:
        StoreError: the file cannot be opened, or another process has it.
    """

    def __init__(self, settings: DuckDbSettings) -> None:
        self._timeout_s = settings.timeout_s
        self._writing = threading.Lock()
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(settings.path.with_suffix(".spill")),
        }
        with _translated("open"):
            settings.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = duckdb.connect(settings.path, config=config)
            for statement in _SCHEMA.split(";")[:-1]:
                self._connection.execute(statement)
            rows = self._connection.execute("SELECT id, device, point FROM series").fetchall()
            found = self._connection.execute("SELECT safety, routine FROM progress").fetchone()
        self._cursor = Cursor(*found) if found else Cursor()
        self._series: dict[str, dict[str, int]] = {}
        self._names: dict[int, tuple[str, str]] = {}
        self._know(rows)

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
        with self._writing, _translated("write"):
            known = self._cursor
            new = [s for s in samples if s.seq == 0 or s.seq > known.of(s.lane)]
            furthest = Cursor(max(known.safety, cursor.safety), max(known.routine, cursor.routine))
            with self._connection.cursor() as connection:
                connection.execute("BEGIN")
                try:
                    added = self._insert(connection, new)
                    if furthest != known:
                        connection.execute("DELETE FROM progress")
                        values = (furthest.safety, furthest.routine)
                        connection.execute("INSERT INTO progress VALUES (?, ?)", values)
                    connection.execute("COMMIT")
                except BaseException:
                    _roll_back(connection)
                    raise
            self._know(added)
            self._cursor = furthest

    def _insert(
        self, connection: duckdb.DuckDBPyConnection, samples: Sequence[Sample]
    ) -> Sequence[tuple[int, str, str]]:
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
            _insert_arrays(connection, "series", table, "*")
        if columns.t:
            # The unused number of a text is no 0.
            number = f"CASE WHEN type IN ({NUMBER}, {BOOL}) THEN number END"
            text = "text" if columns.text else "NULL"
            reason = "reason" if columns.reason else "NULL"
            selected = f"series, t, lag, own_clock, type, {number}, {text}, {reason}"
            _insert_arrays(connection, "reading", columns.arrays(), selected)
        return added

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
        found: dict[str, list[Reading]] = {point: [] for point in points}
        known = self._series.get(device, {})
        names = {known[point]: point for point in found if point in known}
        for identifier, point in names.items():
            if step_ms is None:
                rows = self._fetch(_RAW, (identifier, start, end, limit))
                found[point] = [_reading(*row) for row in rows]
            else:
                query = _STEPPED.format(aggregate=_AGGREGATES[aggregate])
                values = (start, start, step_ms, step_ms, identifier, start, end, limit)
                rows = self._fetch(query, values)
                found[point] = [_step(aggregate, *row) for row in rows]
        return found

    def latest(self) -> Sequence[LatestValue]:
        """The newest value of every point.

        Raises:
            StoreError: the database refused or took too long.
        """
        found: dict[int, LatestValue] = {}
        # The names come from the same snapshot as the values: a writer may be adding series.
        for row in self._fetch(_LATEST, ()):
            identifier, device, point, t, lag, own_clock, kind, number, text, reason = row
            value, quality = _value(kind, number, text), _quality(kind, reason)
            source_at = t if own_clock else None
            # Of two rows at one moment the later written one is the newer.
            found[identifier] = LatestValue(
                device, point, value, quality, reason, source_at, t + lag
            )
        return list(found.values())

    def close(self) -> None:
        """Write everything into the file and let another process have it."""
        with self._writing, _translated("close"):
            self._connection.close()

    def _fetch(self, query: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with _translated("read"), self._connection.cursor() as connection:
            timer = threading.Timer(self._timeout_s, connection.interrupt)
            timer.daemon = True
            timer.start()
            try:
                return connection.execute(query, parameters).fetchall()
            finally:
                timer.cancel()


_RAW = """
SELECT t, type, number, text, reason FROM reading
WHERE series = ? AND t >= ? AND t < ? ORDER BY t, rowid LIMIT ?
"""
_STEPPED = """
SELECT ? + ((t - ?) // ?) * ? AS step,
  count(*) FILTER (type > 0), {aggregate} FILTER (type = 1),
  last(type ORDER BY t, rowid) FILTER (type > 0),
  last(number ORDER BY t, rowid) FILTER (type > 0),
  last(text ORDER BY t, rowid) FILTER (type > 0),
  coalesce(bool_or(reason IS NOT NULL) FILTER (type > 0), false)
FROM reading WHERE series = ? AND t >= ? AND t < ?
GROUP BY step ORDER BY step LIMIT ?
"""
_LATEST = """
WITH newest AS (SELECT series, max(t) AS t FROM reading GROUP BY series)
SELECT reading.series, series.device, series.point, t, lag, own_clock, type, number, text, reason
FROM reading JOIN newest USING (series, t) JOIN series ON series.id = reading.series
ORDER BY reading.rowid
"""


def _value(kind: int, number: float | None, text: str | None) -> Value:
    if kind == BOOL:
        return bool(number)
    return text if kind == TEXT else number


def _quality(kind: int, reason: str | None) -> Quality:
    if kind == MISSING:
        return Quality.MISSING
    return Quality.GOOD if reason is None else Quality.SUSPECT


def _reading(
    t: int, kind: int, number: float | None, text: str | None, reason: str | None
) -> Reading:
    return Reading(t, _value(kind, number, text), _quality(kind, reason))


def _step(
    aggregate: Aggregate,
    t: int,
    count: int,
    aggregated: float | None,
    kind: int | None,
    number: float | None,
    text: str | None,
    suspect: bool,
) -> Reading:
    if kind is None:
        return Reading(t, 0 if aggregate is Aggregate.COUNT else None, Quality.MISSING)
    quality = Quality.SUSPECT if suspect else Quality.GOOD
    if aggregate is Aggregate.COUNT:
        return Reading(t, count, quality)
    return Reading(t, aggregated if kind == NUMBER else _value(kind, number, text), quality)


def _insert_arrays(
    connection: duckdb.DuckDBPyConnection, table: str, arrays: Arrays, selected: str
) -> None:
    connection.register("incoming", arrays)
    try:
        connection.execute(f"INSERT INTO {table} SELECT {selected} FROM incoming")
    finally:
        connection.unregister("incoming")


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        # The transaction is gone already, and the error that ended it is on its way.
        return


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException as error:
        raise StoreError(f"the store took too long to {doing}") from error
    except (duckdb.Error, OSError, OverflowError) as error:
        reason = str(error).splitlines()[0]
        raise StoreError(f"the store cannot {doing}: {reason}") from error
