"""Compaction: sealed generations become sorted Parquet files, and small files become large ones.

Safe against a kill at every point: a file is written and synced under another name, and one
transaction takes it into the manifest and drops what it replaces. What a kill leaves behind is a
file that no manifest names, and it is removed at the next start.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb

from ingest.stores.duckdb_database import Connection, Database, interrupt, translated
from ingest.stores.duckdb_hours import next_without, write_hours
from ingest.stores.duckdb_layout import (
    Segment,
    add_segments,
    in_files,
    in_generation,
    month_of,
    note_hours,
    remove_segments,
    segments,
)
from ingest.stores.duckdb_merge import next_merge, whole_merge
from ingest.stores.duckdb_schema import ROW, generations, table_of
from ingest.stores.duckdb_writer import plan, write_files
from ingest.stores.store import StoreError

MOVED_ROWS = 250_000
"""Readings of one file that a generation is moved to, and so sorted at once beside the questions of
people; the first merge makes large files of them."""


class Compactor:
    """One piece of work at a time, each bounded; calls block and are for a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._working = threading.Lock()
        self._stopping = threading.Event()
        self._connection: Connection | None = None
        with translated("open"):
            self._run = max((one.run for one in segments(database.connection)), default=0)

    def step(self) -> bool:
        """Move the oldest sealed generation, merge once, or write the hours of one file.

        False where nothing is to be done.

        Raises:
            StoreError: the database or the disk refused; all is as before.
        """
        with self.work("compact") as connection:
            sealed = generations(connection)[:-1]
            if sealed:
                self._move(connection, sealed[0])
                return True
            most = self._database.settings.run_rows
            if self._merge(connection, next_merge(self._whole(connection), most)):
                return True
            return self._write_hours(connection)

    def merge_closed(self, now_ms: int) -> bool:
        """Merge one month before the present one into one run; False where all are.

        Raises:
            StoreError: the database or the disk refused; all is as before.
        """
        with self.work("compact") as connection:
            most = self._database.settings.run_rows
            chosen = whole_merge(self._whole(connection), most, month_of(now_ms))
            return self._merge(connection, chosen)

    def _whole(self, connection: Connection) -> list[Segment]:
        damaged = self._database.damaged
        return [one for one in segments(connection) if one.file not in damaged]

    @contextmanager
    def work(self, doing: str) -> Iterator[Connection]:
        """A connection of its own, for one piece of work that `stop` can end.

        Raises:
            StoreError: the store is being closed, or the work failed.
        """
        with self._working, translated(doing), self._database.connection.cursor() as connection:
            self._connection = connection
            try:
                self._go_on()
                yield connection
            finally:
                self._connection = None

    def _write_merged(self, connection: Connection, chosen: Sequence[Segment]) -> Sequence[Segment]:
        source, limits = in_files(self._database, chosen), self._database.settings
        try:
            with self._apart(connection, limits.sort_limit) as sorting:
                return self.write(sorting, source)
        except duckdb.OutOfMemoryException:
            with self._apart(connection, limits.memory_limit) as sorting:
                return self.write(sorting, source)

    @contextmanager
    def _apart(self, connection: Connection, memory_limit: str) -> Iterator[Connection]:
        """One thread and little memory for a merge, however large; `stop` ends it too."""
        with self._database.apart("merge", memory_limit) as sorting:
            self._connection = sorting
            try:
                yield sorting
            finally:
                self._connection = connection

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise StoreError("the store is being closed")

    def stop(self) -> None:
        """End what is being done, and do nothing more."""
        self._stopping.set()
        while not self._working.acquire(timeout=0.05):
            connection = self._connection
            if connection is not None:
                # Again and again: between two statements an interrupt is lost.
                interrupt(connection)
        self._working.release()

    def next_run(self) -> int:
        """A number for new files; never used twice in a process, whatever fails."""
        self._run += 1
        return self._run

    def write(
        self, connection: Connection, source: str, file_rows: int | None = None
    ) -> list[Segment]:
        """Write a relation as files that the manifest does not name yet."""
        database = self._database
        slices = plan(connection, source, file_rows or database.settings.file_rows)
        written: list[Segment] = []
        try:
            for segment in write_files(database, connection, source, self.next_run(), slices):
                written.append(segment)
                self._go_on()
        except BaseException:
            database.files.retire([one.file for one in written])
            raise
        return written

    def replace(
        self, removed: Sequence[Segment], added: Sequence[Segment], generation: int | None = None
    ) -> None:
        """One transaction: new files in, old files or a generation out."""
        try:
            with self._database.transaction("compact") as connection:
                add_segments(connection, added)
                if removed:
                    remove_segments(connection, removed)
                if generation is not None:
                    _remember_newest(connection, generation)
                    connection.execute(f"DROP TABLE {table_of(generation)}")
                    connection.execute("DELETE FROM generation WHERE number = ?", (generation,))
        except StoreError:
            self._database.files.retire([one.file for one in added])
            raise
        self._database.files.retire([name for one in removed for name in one.files])

    def _move(self, connection: Connection, generation: int) -> None:
        most = min(MOVED_ROWS, self._database.settings.file_rows)
        with self._database.one_thread():
            added = self.write(connection, in_generation(generation), most)
        self.replace((), added, generation)
        self._database.checkpoint()

    def _merge(self, connection: Connection, chosen: Sequence[Segment]) -> bool:
        if not chosen:
            return False
        try:
            added = self._write_merged(connection, chosen)
        except (StoreError, duckdb.Error):
            self._leave_out_unreadable(connection, chosen)
            raise
        if sum(one.readings for one in added) != sum(one.readings for one in chosen):
            self._database.files.retire([one.file for one in added])
            raise StoreError("merged files do not hold what they were made of; the old ones stay")
        self.replace(chosen, added)
        return True

    def _write_hours(self, connection: Connection) -> bool:
        database = self._database
        segment = next_without(database, connection)
        if segment is None:
            return False
        try:
            size = write_hours(database, connection, segment)
        except duckdb.Error:
            self._leave_out_unreadable(connection, [segment])
            raise
        with database.transaction("compact") as writing:
            note_hours(writing, segment.file, size)
        database.lost_hours -= {segment.file}
        return True

    def _leave_out_unreadable(self, connection: Connection, chosen: Sequence[Segment]) -> None:
        """One bad file must neither stop all merges for ever nor hide the good ones beside it."""
        for one in chosen:
            try:
                source = in_files(self._database, [one])
                query = f"SELECT count(*) FROM ({source}) WHERE hash({ROW}) = 0"
                connection.execute(query).fetchall()
            except duckdb.InterruptException:
                return
            except duckdb.Error:
                self._database.damaged |= {one.file}


def _remember_newest(connection: Connection, generation: int) -> None:
    """Bring the table `newest` up with a generation; the oldest of them comes first."""
    table = table_of(generation)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT {ROW} FROM {table}"
        f" SEMI JOIN (SELECT series, max(t) AS t FROM {table} GROUP BY series) USING (series, t)"
        " QUALIFY row_number() OVER (PARTITION BY series ORDER BY rowid DESC) = 1"
    )
    connection.execute(
        "DELETE FROM newest USING fresh WHERE newest.series = fresh.series AND newest.t <= fresh.t"
    )
    connection.execute(
        f"INSERT INTO newest SELECT {ROW} FROM fresh ANTI JOIN newest USING (series)"
    )
    connection.execute("DROP TABLE temp.fresh")
