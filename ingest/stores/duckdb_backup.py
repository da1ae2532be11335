"""A copy of the embedded store while it works: one state of the file, and its Parquet files."""

import shutil
from pathlib import Path

from ingest.stores.duckdb_database import Connection, Database
from ingest.stores.duckdb_export import LONGEST_S
from ingest.stores.duckdb_files import sync
from ingest.stores.duckdb_layout import segments
from ingest.stores.duckdb_schema import generations, table_of

_TABLES = ("series", "progress", "version", "generation", "newest", "segment")


def copy_store(database: Database, file: Path) -> int:
    """Write `file` and its folder of Parquet files anew; returns the readings in them.

    Raises:
        StoreError: the database or the disk refused.
    """
    folder = file.with_suffix(".parquet")
    folder.mkdir(parents=True)
    path = str(file).replace("'", "''")
    # The snapshot keeps the Parquet files in place until they are copied.
    with database.snapshot("copy", LONGEST_S) as connection:
        # A file cannot be attached within a transaction that has begun to read.
        connection.execute("ROLLBACK")
        connection.execute(f"ATTACH '{path}' AS backup_copy")
        try:
            connection.execute("BEGIN")
            named = segments(connection)
            tables = [*_TABLES, *map(table_of, generations(connection))]
            for name in tables:
                connection.execute(f"CREATE TABLE backup_copy.{name} AS SELECT * FROM main.{name}")
            connection.execute("COMMIT")
            hot = sum(_count(connection, name) for name in tables[len(_TABLES) :])
        finally:
            connection.execute("DETACH backup_copy")
        # What is lost stays in the list, so that the copy says so, too.
        whole = [one for one in named if one.file not in database.damaged]
        for one in whole:
            database.go_on()
            hours = one.hours and one.file not in database.lost_hours
            for name in one.files if hours else (one.file,):
                shutil.copyfile(database.files.path(name), folder / name)
                sync(folder / name)
    return hot + sum(one.readings for one in whole)


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM backup_copy.{table}").fetchone()
    return int(row[0]) if row else 0
