"""The DuckDB file of the embedded store: snapshots to read from, one writer at a time."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest.stores.duckdb_files import SegmentFiles
from ingest.stores.store import StoreError

Connection = duckdb.DuckDBPyConnection
Row = tuple[Any, ...]
_CLOSE_S = 20.0
"""How long closing waits for what reads and does not heed. [s]"""


@dataclass(frozen=True)
class DuckDbSettings:
    """What the embedded store may use."""

    path: Path
    memory_limit: str = "128MB"
    threads: int = 2
    timeout_s: float = 30.0
    """Longest duration of one query. [s]"""
    generation_rows: int = 1_000_000
    """Readings in arrival order before they are sorted into a Parquet file; a query reads all of
    them, so that this bounds its time (docs/decisions/0011)."""
    file_rows: int = 2_000_000
    """Readings of one Parquet file; sorting so many is what the memory limit allows."""
    run_rows: int = 64_000_000
    """Readings that are merged at once, which bounds the work and the disk that one merge takes."""
    sort_limit: str = "40MB"
    """What merging may use besides, before it goes on the disk; where it cannot do with so little,
    it may use `memory_limit`."""

    @property
    def folder(self) -> Path:
        """The Parquet files."""
        return self.path.with_suffix(".parquet")


class Database:
    """One open file. Snapshots read beside each other; transactions come one after the other."""

    def __init__(self, connection: Connection, settings: DuckDbSettings) -> None:
        self.connection = connection
        self.settings = settings
        self.files = SegmentFiles(settings.folder)
        self.damaged: frozenset[str] = frozenset()
        """Parquet files of the manifest that are not there whole; the rest is still answered."""
        self.lost_hours: frozenset[str] = frozenset()
        """Parquet files whose hours are named but not there whole: they are written again."""
        self._writing = threading.Lock()
        self._after_commit: list[Callable[[], None]] = []
        self._reading: set[Connection] = set()
        self._readers = 0
        self._counting = threading.Condition()
        self._closing = False

    @contextmanager
    def snapshot(self, doing: str = "read", timeout_s: float | None = None) -> Iterator[Connection]:
        """One state of the file to read from, with the Parquet files that belong to it.

        Raises:
            StoreError: the database refused or took too long.
        """
        timeout_s = self.settings.timeout_s if timeout_s is None else timeout_s
        with self._one_reader(), translated(doing), self.files.reading():
            connection = self.connection.cursor()
            timer = threading.Timer(timeout_s, interrupt, (connection,))
            timer.daemon = True
            timer.start()
            self._reading.add(connection)
            try:
                connection.execute("BEGIN")
                yield connection
            except duckdb.InterruptException as error:
                self.go_on(error)
                raise
            finally:
                self._reading.discard(connection)
                timer.cancel()
                connection.close()

    @contextmanager
    def apart(self, name: str, memory_limit: str | None = None) -> Iterator[Connection]:
        """Memory of its own for long work on files, which closing ends too.

        It would else take all there is, and the questions of people be refused meanwhile. `name`
        is that of the folder it may spill to; who reads files does it within a snapshot.
        """
        spill = self.settings.path.with_suffix(f".{name}")
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit or self.settings.memory_limit,
            "threads": 1,
            "temp_directory": str(spill),
        }
        connection = duckdb.connect(config=config)
        self._reading.add(connection)
        try:
            self.go_on()
            yield connection
        except duckdb.InterruptException as error:
            self.go_on(error)
            raise
        finally:
            self._reading.discard(connection)
            connection.close()

    @contextmanager
    def _one_reader(self) -> Iterator[None]:
        with self._counting:
            self.go_on()
            self._readers += 1
        try:
            yield
        finally:
            with self._counting:
                self._readers -= 1
                self._counting.notify_all()

    def go_on(self, cause: Exception | None = None) -> None:
        """Let long work go on.

        Raises:
            StoreError: the store is being closed.
        """
        if self._closing:
            raise StoreError("the store is being closed") from cause

    @contextmanager
    def transaction(self, doing: str = "write") -> Iterator[Connection]:
        """One transaction, durable at the end, rolled back on any error.

        Raises:
            StoreError: the database refused; nothing was changed.
        """
        with self._writing, translated(doing), self.connection.cursor() as connection:
            self._after_commit.clear()
            connection.execute("BEGIN")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
            for done in self._after_commit:
                done()

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """For work that nobody waits for: each thread takes memory of its own."""
        self._use_threads(1)
        try:
            yield
        finally:
            self._use_threads(self.settings.threads)

    def _use_threads(self, count: int) -> None:
        with translated("set its threads"), self.connection.cursor() as connection:
            connection.execute(f"SET threads = {count}")

    def after_commit(self, done: Callable[[], None]) -> None:
        """Within a transaction: what is to be known in memory once it has been committed."""
        self._after_commit.append(done)

    def checkpoint(self) -> None:
        """Make the room of dropped tables free for new ones.

        What is written in large pieces never fills the log after which the library does it itself.
        Where a reader still needs the tables, the next call does it.

        Raises:
            StoreError: the database or the disk refused.
        """
        with (
            self._writing,
            translated("free room"),
            suppress(duckdb.TransactionException),
            self.connection.cursor() as connection,
        ):
            connection.execute("CHECKPOINT")

    def give_back(self) -> None:
        """Have the library return to the system the memory that it only keeps for later.

        It does so when its limit is set, to whatever value; else it keeps most of what the largest
        piece of work took.

        Raises:
            StoreError: the database refused.
        """
        with translated("give back memory"), self.connection.cursor() as connection:
            connection.execute(f"SET memory_limit = '{self.settings.memory_limit}'")

    def close(self) -> None:
        """End what is being read, and let another process have the file, with everything in it."""
        self._closing = True
        with self._counting:
            until = time.monotonic() + _CLOSE_S
            while self._readers and time.monotonic() < until:
                for connection in list(self._reading):
                    interrupt(connection)
                # Again: between two statements an interrupt is lost.
                self._counting.wait(0.02)
        with self._writing, translated("close"):
            self.connection.close()


def connect(settings: DuckDbSettings) -> Connection:
    """Open the file within its limits; the caller translates the errors."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(settings.path.with_suffix(".spill")),
    }
    return duckdb.connect(settings.path, config=config)


def insert_arrays(
    connection: Connection, table: str, arrays: Mapping[str, object], selected: str
) -> None:
    """Insert columns at once."""
    connection.register("incoming", arrays)
    try:
        connection.execute(f"INSERT INTO {table} SELECT {selected} FROM incoming")
    finally:
        connection.unregister("incoming")


def interrupt(connection: Connection) -> None:
    """End what another thread has a connection do; nothing where it has just been closed."""
    with suppress(duckdb.Error):
        connection.interrupt()


def _roll_back(connection: Connection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        # The transaction is gone already, and the error that ended it is on its way.
        return


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Errors of the library as `StoreError` with one sentence."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise StoreError(f"the store took too long to {doing}") from error
    except (duckdb.Error, OSError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise StoreError(f"the store cannot {doing}: {reason}") from error
