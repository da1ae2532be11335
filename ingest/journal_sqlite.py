"""How the journal's file is opened: schema, settings, the lock, and errors in our own words."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.bus import IngestError
from ingest.journal_row import checksum

SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL, count INTEGER NOT NULL, lane_total INTEGER NOT NULL,
  written_at INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS batch_by_lane ON batch (lane, last_seq);
CREATE TABLE IF NOT EXISTS identity (
  id INTEGER PRIMARY KEY, device TEXT NOT NULL, identity TEXT NOT NULL, written_at INTEGER NOT NULL,
  UNIQUE (device, identity));
CREATE TABLE IF NOT EXISTS consumer (
  name TEXT PRIMARY KEY, safety INTEGER NOT NULL, routine INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS total (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""

PAGE = 4096
"""Of the file. [B]"""
VERSION = 1
"""Of the format, in `user_version`; in version 0 the checksum was over the payload alone."""
INSERT_BATCH = (
    "INSERT INTO batch (lane, first_seq, last_seq, count, lane_total, written_at, crc, payload)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_CORRUPT, _NOT_A_DATABASE = 11, 26


class JournalDamagedError(IngestError):
    """The file is not what SQLite wrote; what can be read of it is to be salvaged."""


@contextmanager
def translated(done: str) -> Iterator[None]:
    """Turn what SQLite raises into an IngestError that says what was tried."""
    try:
        yield
    except sqlite3.Error as error:
        kind = JournalDamagedError if is_damage(error) else IngestError
        raise kind(f"the journal cannot be {done}: {error}") from error


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file's content is wrong."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (_CORRUPT, _NOT_A_DATABASE)


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose commits are synced to disk when they return."""
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    for pragma in (
        f"page_size={PAGE}",
        "auto_vacuum=INCREMENTAL",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=OFF",
        "journal_size_limit=33554432",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def prepare(connection: sqlite3.Connection, *, is_known: bool) -> None:
    """Make the tables of a new journal; bring an older one, of which no mark is known, up to date.

    Raises:
        sqlite3.Error: the file is damaged, or cannot be written.
    """
    connection.executescript(SCHEMA)
    if is_known or connection.execute("PRAGMA user_version").fetchone()[0] != 0:
        return
    connection.create_function("sealed", 7, checksum, deterministic=True)
    connection.execute(
        "UPDATE batch SET crc ="
        " sealed(lane, first_seq, last_seq, count, lane_total, written_at, crc)"
    )
    connection.execute(f"PRAGMA user_version={VERSION}")


def wal_of(path: Path) -> bytes:
    """The write-ahead log; SQLite lets go of what it cannot use of it when it opens the file."""
    try:
        return path.with_name(path.name + "-wal").read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise IngestError(f"the journal's log cannot be read: {error}") from error


class FileLock:
    """Keeps a second process from the file: two of them would give the same numbers."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w")
        except OSError as error:
            raise IngestError(f"the journal's folder cannot be written: {error}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise IngestError(f"another process has the journal {path.stem} open") from error

    def close(self) -> None:
        """Let another process have it."""
        self._file.close()
