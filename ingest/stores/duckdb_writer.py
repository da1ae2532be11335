"""Writes readings as sorted Parquet files, each of a bounded number of readings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.stores.duckdb_database import Connection, Database, Row
from ingest.stores.duckdb_layout import MONTH, Segment, in_month
from ingest.stores.duckdb_schema import ROW
from ingest.stores.store import StoreError

ROW_GROUP = 20_480
"""Readings of a row group, in which few series share one way of writing their numbers, and which is
the smallest read (docs/decisions/0016)."""
DICTIONARY = ROW_GROUP // 5
"""With more values than these in a row group, regular moments are differences and measured numbers
are split by byte (docs/decisions/0016)."""
_FORMAT = (
    f"(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE {ROW_GROUP},"
    f" DICTIONARY_SIZE_LIMIT {DICTIONARY}, WRITE_BLOOM_FILTER false)"
)


@dataclass(frozen=True, slots=True)
class Slice:
    """What goes into one file: some series in one month."""

    month: int
    first_series: int
    last_series: int
    first_t: int
    last_t: int
    readings: int

    @property
    def where(self) -> str:
        """The condition that a reading belongs here."""
        return (
            f"{in_month(self.month)} AND series BETWEEN {self.first_series} AND {self.last_series}"
        )


def plan(connection: Connection, source: str, file_rows: int) -> list[Slice]:
    """How a relation is divided into files."""
    query = (
        f"SELECT {MONTH} AS month, series, min(t), max(t), count(*) FROM ({source})"
        " GROUP BY ALL ORDER BY ALL"
    )
    return list(_cut(connection.execute(query).fetchall(), file_rows))


def _cut(rows: Iterable[Row], file_rows: int) -> Iterator[Slice]:
    """Adjoining series together up to the size of a file; a series is never divided."""
    held: Slice | None = None
    for month, series, first_t, last_t, readings in rows:
        if held is None or held.month != month or held.readings + readings > file_rows:
            if held is not None:
                yield held
            held = Slice(month, series, series, first_t, last_t, readings)
            continue
        span = min(held.first_t, first_t), max(held.last_t, last_t)
        held = Slice(month, held.first_series, series, *span, held.readings + readings)
    if held is not None:
        yield held


def write_files(
    database: Database, connection: Connection, source: str, run: int, slices: Sequence[Slice]
) -> Iterator[Segment]:
    """Write the files of one run; each is whole and on the disk when it is yielded.

    Raises:
        StoreError: a file does not hold what was counted before; nothing has been taken over.
    """
    for number, part in enumerate(slices):
        query = (
            f"SELECT {ROW}, batch FROM ({source}) WHERE {part.where} ORDER BY series, t, batch, pos"
        )
        yield write_file(database, connection, query, run, number, part)


def write_file(
    database: Database, connection: Connection, query: str, run: int, number: int, part: Slice
) -> Segment:
    """Write what a query gives, in its order, as one file.

    Raises:
        StoreError: it is not as many readings as the slice says.
    """
    name = f"{_label(part.month)}-{run:06d}-{number:04d}.parquet"
    path = str(database.files.unfinished(name)).replace("'", "''")
    row = connection.execute(f"COPY ({query}) TO '{path}' {_FORMAT}").fetchone()
    written = int(row[0]) if row else 0
    if written != part.readings:
        raise StoreError(f"{name} got {written} of {part.readings} readings; all stay as they were")
    size = database.files.finish(name)
    return Segment(
        name, run, part.month, part.first_series, part.last_series,
        part.first_t, part.last_t, part.readings, size,
    )  # fmt: skip


def _label(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}" if month >= 0 else "outside"
