"""Where readings are: generations in the file, in order of arrival, and sorted Parquet files.

A reading's place among those of its series and millisecond is (generation, position): `batch` and
`pos` of the relations here, whether the reading has been moved or not.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from ingest.stores.duckdb_database import Connection, Database
from ingest.stores.duckdb_schema import ROW, generations, table_of

_LAST_YEAR = 2200
OUTSIDE = -1
"""The month of moments before 1970 or after 2199, which only a broken clock gives."""
_END = int(dt.datetime(_LAST_YEAR, 1, 1, tzinfo=dt.UTC).timestamp()) * 1000


@dataclass(frozen=True, slots=True)
class Segment:
    """One Parquet file, as the manifest has it."""

    file: str
    run: int
    """What was written by one piece of work; its files divide the series among them."""
    month: int
    """Months since year 0, or `OUTSIDE`. [UTC]"""
    first_series: int
    last_series: int
    first_t: int
    last_t: int
    readings: int
    bytes: int
    hours: int | None = None
    """The file of its hours: None where it is still to be written, 0 where it is not worth it.
    [bytes]"""

    @property
    def hours_file(self) -> str:
        """The file of its hours (`ingest.stores.duckdb_hours`)."""
        return f"{self.file.removesuffix('.parquet')}.hours.parquet"

    @property
    def files(self) -> tuple[str, str]:
        """All that goes when this goes."""
        return self.file, self.hours_file


_COLUMNS = ", ".join(field.name for field in fields(Segment))


@dataclass(frozen=True, slots=True)
class Span:
    """Some series in a time, `start <= t < end` [ms, UTC]."""

    series: Sequence[int]
    start: int
    end: int

    @property
    def where(self) -> str:
        """The condition; the bounds let a Parquet reader pass over what lies outside."""
        first, last = min(self.series), max(self.series)
        chosen = f"series BETWEEN {first} AND {last}"
        if len(set(self.series)) <= last - first:
            chosen += f" AND series IN ({', '.join(map(str, self.series))})"
        return f"{chosen} AND t >= {self.start} AND t < {self.end}"

    def may_be_in(self, segment: Segment) -> bool:
        """Whether a file may hold readings of it; more exact than its bounds for scattered ones."""
        return (
            segment.last_t >= self.start
            and segment.first_t < self.end
            and any(segment.first_series <= one <= segment.last_series for one in self.series)
        )


def segments(connection: Connection, span: Span | None = None) -> list[Segment]:
    """The manifest, or what of it may hold readings of a span."""
    where = "true"
    if span is not None:
        where = (
            f"last_t >= {span.start} AND first_t < {span.end}"
            f" AND last_series >= {min(span.series)} AND first_series <= {max(span.series)}"
        )
    rows = connection.execute(f"SELECT {_COLUMNS} FROM segment WHERE {where} ORDER BY file")
    return [Segment(*row) for row in rows.fetchall()]


def add_segments(connection: Connection, added: Sequence[Segment]) -> None:
    """Take files into the manifest."""
    for one in added:
        values = tuple(getattr(one, field.name) for field in fields(Segment))
        connection.execute(f"INSERT INTO segment VALUES ({', '.join('?' * len(values))})", values)


def note_hours(connection: Connection, file: str, size: int) -> None:
    """Take the hours of a file into the manifest."""
    connection.execute("UPDATE segment SET hours = ? WHERE file = ?", (size, file))


def remove_segments(connection: Connection, removed: Sequence[Segment]) -> None:
    """Take files out of the manifest."""
    names = [one.file for one in removed]
    connection.execute("DELETE FROM segment WHERE file IN (SELECT unnest(?))", (names,))


def in_generation(number: int) -> str:
    """The readings of one generation."""
    return f"SELECT {ROW}, {number} AS batch, rowid AS pos FROM {table_of(number)}"


def in_files(database: Database, chosen: Sequence[Segment]) -> str:
    """The readings of some Parquet files."""
    return in_paths([database.files.path(one.file) for one in chosen])


def in_paths(paths: Sequence[Path]) -> str:
    """The readings of some Parquet files, wherever they are."""
    quoted = (str(path).replace("'", "''") for path in paths)
    listed = ", ".join(f"'{path}'" for path in quoted)
    return (
        f"SELECT {ROW}, batch, file_row_number AS pos"
        f" FROM read_parquet([{listed}], file_row_number = true)"
    )


def everything(database: Database, connection: Connection, span: Span) -> str:
    """A relation of all readings of a span, as the snapshot of this connection has them."""
    parts = [in_generation(number) for number in generations(connection)]
    chosen = [one for one in segments(connection, span) if one.file not in database.damaged]
    if chosen:
        parts.append(in_files(database, chosen))
    return " UNION ALL ".join(f"({part} WHERE {span.where})" for part in parts)


MONTH = f"""CASE WHEN t >= 0 AND t < {_END}
  THEN (year(epoch_ms(t)) * 12 + month(epoch_ms(t)) - 1)::INTEGER ELSE {OUTSIDE} END"""
"""The month of a reading as SQL."""


def in_month(month: int) -> str:
    """The condition that a reading is of a month."""
    if month == OUTSIDE:
        return f"(t < 0 OR t >= {_END})"
    first, after = (
        int(dt.datetime(number // 12, number % 12 + 1, 1, tzinfo=dt.UTC).timestamp()) * 1000
        for number in (month, month + 1)
    )
    return f"(t >= {first} AND t < {after})"


def month_of(at_ms: int) -> int:
    """The month of a moment."""
    if not 0 <= at_ms < _END:
        return OUTSIDE
    moment = dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC)
    return moment.year * 12 + moment.month - 1
