"""The tables of the embedded store, their version, and how an older file is taken up."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from ingest.stores.duckdb_database import Connection, DuckDbSettings, connect, translated
from ingest.stores.duckdb_files import sync
from ingest.stores.store import StoreError

VERSION = 3
ROW = "series, t, lag, own_clock, type, number, text, reason"
"""The columns of a reading, wherever it is."""
_READING = """(
  series INTEGER, t BIGINT, lag BIGINT, own_clock BOOLEAN, type UTINYINT, number DOUBLE,
  text VARCHAR, reason VARCHAR)"""
_TABLES = f"""
CREATE TABLE version (number INTEGER);
CREATE TABLE generation (number INTEGER);
CREATE TABLE newest {_READING};
CREATE TABLE segment (file VARCHAR, run INTEGER, month INTEGER, first_series INTEGER,
  last_series INTEGER, first_t BIGINT, last_t BIGINT, readings BIGINT, bytes BIGINT,
  hours BIGINT);
"""
_COMMON = """
CREATE TABLE series (id INTEGER, device VARCHAR, point VARCHAR);
CREATE TABLE progress (safety BIGINT, routine BIGINT);
"""


def table_of(generation: int) -> str:
    """The table of one generation of readings, in the order of their arrival."""
    return f"reading_{generation}"


def open_generation(connection: Connection, number: int) -> None:
    """Begin a generation; those before it are sealed by that."""
    connection.execute(f"CREATE TABLE {table_of(number)} {_READING}")
    connection.execute("INSERT INTO generation VALUES (?)", (number,))


def generations(connection: Connection) -> list[int]:
    """The generations that are not in Parquet yet, oldest first; the last one is open."""
    rows = connection.execute("SELECT number FROM generation ORDER BY number").fetchall()
    return [number for (number,) in rows]


def _make(connection: Connection) -> None:
    _run(connection, _COMMON + _TABLES)
    open_generation(connection, 1)


def _from_1(connection: Connection) -> None:
    """The one table of all readings becomes the first generation."""
    _run(connection, _TABLES)
    connection.execute(f"ALTER TABLE reading RENAME TO {table_of(0)}")
    connection.execute("INSERT INTO generation VALUES (0)")
    connection.execute("DROP SEQUENCE IF EXISTS series_id")
    open_generation(connection, 1)


def _from_2(connection: Connection) -> None:
    """Hours beside the files, which compaction writes when it has nothing more urgent to do."""
    connection.execute("ALTER TABLE segment ADD COLUMN hours BIGINT")


_STEPS: Mapping[int, Callable[[Connection], None]] = {0: _make, 1: _from_1, 2: _from_2}
"""From a version (0: nothing there) to the next one that is listed, or to the present one."""


def open_file(settings: DuckDbSettings) -> Connection:
    """Open a file of the present version; makes a new one, brings an older one up to it.

    An older file is copied first, as `<name>.v<version>`, so that a person can go back.

    Raises:
        StoreError: the file cannot be opened, copied or brought up, or a newer sitewatch wrote it.
    """
    with translated("open"):
        settings.path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(settings)
        found = version_of(connection)
        if found > VERSION:
            connection.close()
            raise StoreError(
                f"{settings.path} has version {found} and this sitewatch knows {VERSION}; "
                "use the newer one, or restore a backup"
            )
        if 0 < found < VERSION:
            connection.execute("CHECKPOINT")
            connection.close()
            _keep_copy(settings.path, found)
            connection = connect(settings)
        if found < VERSION:
            _bring_up(connection, found)
        return connection


def version_of(connection: Connection) -> int:
    """The version of a file; 0 for an empty one, 1 where there is no table that says it."""
    rows = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    names = {name for (name,) in rows}
    if "version" in names:
        row = connection.execute("SELECT number FROM version").fetchone()
        return int(row[0]) if row else 0
    return 1 if "reading" in names else 0


def _keep_copy(path: Path, version: int) -> None:
    kept = path.with_name(f"{path.name}.v{version}")
    unfinished = kept.with_name(kept.name + ".new")
    free = shutil.disk_usage(path.parent).free
    if free < path.stat().st_size:
        raise StoreError(
            f"{path} is to be brought to version {VERSION} and the copy to keep needs "
            f"{path.stat().st_size} bytes where {free} are free; make room and start again"
        )
    shutil.copyfile(path, unfinished)
    sync(unfinished)
    unfinished.replace(kept)
    sync(kept.parent)


def _bring_up(connection: Connection, version: int) -> None:
    connection.execute("BEGIN")
    _STEPS[version](connection)
    connection.execute("DELETE FROM version")
    connection.execute("INSERT INTO version VALUES (?)", (VERSION,))
    connection.execute("COMMIT")


def _run(connection: Connection, script: str) -> None:
    for statement in script.split(";")[:-1]:
        connection.execute(statement)
