"""Readings of the embedded store as one table file, Parquet or CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.stores.duckdb_database import Connection, Database, Row
from ingest.stores.duckdb_files import sync
from ingest.stores.duckdb_layout import Span, in_generation, in_paths, segments
from ingest.stores.duckdb_schema import ROW, generations

LONGEST_S = 24 * 3600.0
"""An export of years may take long; it reads beside everything else. [s]"""
COLUMNS = (
    "device", "point", "at_ms", "received_ms", "own_clock", "type", "number", "text", "reason",
)  # fmt: skip
"""`at_ms` is the device's clock where `own_clock`, else arrival; `type` is missing, number, bool or
text; `number` is 0 or 1 for a bool."""
TYPES = ("missing", "number", "bool", "text")


class TableFormat(StrEnum):
    """The formats that hold a table."""

    PARQUET = "parquet"
    CSV = "csv"


NULL = "\\N"
"""Stands for no value in CSV, where an empty text is a value."""
_OPTIONS = {
    TableFormat.PARQUET: "FORMAT parquet, COMPRESSION zstd",
    TableFormat.CSV: f"FORMAT csv, HEADER, NULLSTR '{NULL}'",
}


@dataclass(frozen=True)
class Export:
    """What is exported."""

    file: Path
    form: TableFormat
    devices: Sequence[str]
    start: int
    """[ms, UTC]"""
    end: int
    """Not included. [ms, UTC]"""


def write_table(database: Database, series: Sequence[int], wanted: Export) -> int:
    """Write one row a reading, in order of device and time; returns how many.

    Raises:
        StoreError: the database or the disk refused; there is no file.
    """
    unfinished = wanted.file.with_name(wanted.file.name + ".new")
    newest = wanted.file.with_name(wanted.file.name + ".newest")
    names = ", ".join(f"'{name}'" for name in TYPES)
    try:
        with database.snapshot("export", LONGEST_S) as connection:
            span = Span(series or [0], wanted.start, wanted.end)
            source = _in_files_alone(database, connection, span, newest)
            named = connection.execute("SELECT id, device, point FROM series").fetchall()
            # Numbers are sorted and named afterwards: names would not fit into memory.
            query = (
                "SELECT getvariable('devices')[series] AS device,"
                " getvariable('points')[series] AS point, t AS at_ms, t + lag AS received_ms,"
                f" own_clock, [{names}][type + 1] AS type, number, text, reason FROM (SELECT *"
                f" FROM ({source}) ORDER BY getvariable('places')[series], t, batch, pos)"
            )
            path = str(unfinished).replace("'", "''")
            with database.apart("export") as working:
                _name_series(working, named)
                row = working.execute(
                    f"COPY ({query}) TO '{path}' ({_OPTIONS[wanted.form]})"
                ).fetchone()
        sync(unfinished)
        unfinished.replace(wanted.file)
    finally:
        unfinished.unlink(missing_ok=True)
        newest.unlink(missing_ok=True)
    return int(row[0]) if row else 0


def _in_files_alone(database: Database, connection: Connection, span: Span, newest: Path) -> str:
    """A relation of all readings of a span, those that are in no file yet copied to `newest`.

    A sort of files spills to the disk; of files and tables together it runs out of memory (DuckDB
    2.0.0, ten million readings within 128 MB).
    """
    parts = " UNION ALL ".join(
        f"(SELECT {ROW}, batch FROM ({in_generation(number)}) WHERE {span.where})"
        for number in generations(connection)
    )
    path = str(newest).replace("'", "''")
    # In order of generation and arrival, which the number of a row in the file then stands for.
    connection.execute(f"COPY ({parts}) TO '{path}' (FORMAT parquet)")
    found = [one for one in segments(connection, span) if one.file not in database.damaged]
    files = [database.files.path(one.file) for one in found]
    return f"{in_paths([newest, *files])} WHERE {span.where}"


def _name_series(connection: Connection, rows: Sequence[Row]) -> None:
    """Make variables of the connection: names by number of series, and the order of devices."""
    place = {device: n for n, device in enumerate(sorted({device for _, device, _ in rows}))}
    last = max((identifier for identifier, _, _ in rows), default=0)
    devices, points, places = [""] * last, [""] * last, [0] * last
    for identifier, device, point in rows:
        devices[identifier - 1], points[identifier - 1] = device, point
        places[identifier - 1] = place[device]
    for name, kind, values in (
        ("devices", "VARCHAR[]", devices),
        ("points", "VARCHAR[]", points),
        ("places", "INTEGER[]", places),
    ):
        connection.execute(f"SET VARIABLE {name} = ?::{kind}", (values,))
