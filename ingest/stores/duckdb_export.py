"""Readings of the embedded store as one table file, Parquet or CSV."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.stores.duckdb_database import Connection, Database, Row
from ingest.stores.duckdb_files import sync
from ingest.stores.duckdb_layout import Span, in_generation, in_paths, segments
from ingest.stores.duckdb_portions import Portion, Relation, portions
from ingest.stores.duckdb_progress import followed
from ingest.stores.duckdb_schema import ROW, generations
from ingest.stores.forms import Report

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


def write_table(
    database: Database, devices: Sequence[Sequence[int]], wanted: Export, report: Report
) -> int:
    """Write one row a reading, in order of device and time; returns how many.

    `devices` are the series of each, in order of their names.

    Raises:
        StoreError: the database or the disk refused; there is no file.
        AbandonedError: `report` raised it; there is no file.
    """
    unfinished = wanted.file.with_name(wanted.file.name + ".new")
    folder = wanted.file.with_name(f".{wanted.file.name}.sitewatch-export")
    try:
        with database.snapshot("export", LONGEST_S) as connection:
            # What a killed process may have left.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            relation = _in_files_alone(database, connection, devices, wanted, folder)
            named = connection.execute("SELECT id, device, point FROM series").fetchall()
            # From here on files are read, and what is written meanwhile finds its room again.
            connection.execute("COMMIT")
            with database.apart("export") as working:
                _name_series(working, named)
                time = wanted.start, wanted.end
                found = list(
                    portions(working, relation, devices, time, database.settings.file_rows)
                )
                parts = _sorted_parts(working, relation, found, folder, report)
                with followed(working, _second_half(found, report)):
                    count = _write(working, parts, unfinished, wanted.form)
        sync(unfinished)
        unfinished.replace(wanted.file)
    finally:
        unfinished.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    return count


def _in_files_alone(
    database: Database,
    connection: Connection,
    devices: Sequence[Sequence[int]],
    wanted: Export,
    folder: Path,
) -> Relation:
    """All readings of a span in files, those that are in none yet copied to one.

    They are then read by a connection with memory of its own.
    """
    span = Span([one for series in devices for one in series] or [0], wanted.start, wanted.end)
    newest = folder / "newest"
    copied = " UNION ALL ".join(
        f"(SELECT {ROW}, batch FROM ({in_generation(number)}) WHERE {span.where})"
        for number in generations(connection)
    )
    # In order of generation and arrival, which the number of a row in the file then stands for.
    connection.execute(f"COPY ({copied}) TO '{_quoted(newest)}' (FORMAT parquet)")
    found = [one for one in segments(connection, span) if one.file not in database.damaged]

    def relation(part: Span) -> str:
        paths = [database.files.path(one.file) for one in found if part.may_be_in(one)]
        return f"{in_paths([newest, *paths])} WHERE {part.where}"

    return relation


def _sorted_parts(
    connection: Connection,
    relation: Relation,
    found: Sequence[Portion],
    folder: Path,
    report: Report,
) -> list[Path]:
    """One file a portion, sorted: a sort of all readings takes memory that grows with them.

    DuckDB 2.0.0 spills what it sorts, and runs out of 128 MB between 20 and 100 million readings.
    """
    total = sum(portion.readings for portion in found)
    done = 0
    parts = []
    for number, portion in enumerate(found):
        part = folder / f"{number:06d}"
        query = (
            f"SELECT {ROW} FROM ({relation(portion.span)})"
            " ORDER BY getvariable('places')[series], t, batch, pos"
        )
        connection.execute(f"COPY ({query}) TO '{_quoted(part)}' (FORMAT parquet)")
        parts.append(part)
        done += portion.readings
        # Sorting is half of the work.
        report(done, 2 * total)
    return parts or [folder / "newest"]


def _second_half(found: Sequence[Portion], report: Report) -> Report:
    total = sum(portion.readings for portion in found)
    return lambda done, of: report(total + total * done // of, 2 * total)


def _write(connection: Connection, parts: Sequence[Path], file: Path, form: TableFormat) -> int:
    """Write the parts one after the other, with the names of their series."""
    names = ", ".join(f"'{name}'" for name in TYPES)
    listed = ", ".join(f"'{_quoted(part)}'" for part in parts)
    query = (
        "SELECT getvariable('devices')[series] AS device,"
        " getvariable('points')[series] AS point, t AS at_ms, t + lag AS received_ms,"
        f" own_clock, [{names}][type + 1] AS type, number, text, reason"
        f" FROM read_parquet([{listed}])"
    )
    row = connection.execute(f"COPY ({query}) TO '{_quoted(file)}' ({_OPTIONS[form]})").fetchone()
    return int(row[0]) if row else 0


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


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
