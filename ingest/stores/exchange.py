"""Files by which readings leave a store and come back: tables and line protocol."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import duckdb

from collectors.sample import Sample, Value
from ingest.stores.duckdb_database import Row, translated
from ingest.stores.duckdb_export import COLUMNS, NULL, TYPES
from ingest.stores.duckdb_files import sync
from ingest.stores.forms import Form, Report, UnreadableFileError
from ingest.stores.line_protocol import head, line, times
from ingest.stores.line_protocol_read import LineProtocolError, lines_of, sample_of
from ingest.stores.store import SampleSource

_ROWS = 50_000
Describe = Callable[[str], tuple[str, str]]
"""Device or part to its kind and site."""


def export_lines(
    store: SampleSource,
    file: Path,
    devices: Sequence[str],
    span: tuple[int, int],
    describe: Describe,
    report: Report,
) -> int:
    """Write line protocol, device by device; returns the readings written.

    Raises:
        StoreError: the store or the disk refused; there is no file.
    """
    unfinished = file.with_name(file.name + ".new")
    count = 0
    with translated("export"):
        try:
            with unfinished.open("w", encoding="utf-8", newline="") as out:
                for number, device in enumerate(devices, 1):
                    kind, site = describe(device)
                    for samples in store.samples(device, *span):
                        top = head(kind, site, device)
                        for sample, time in zip(samples, times(samples), strict=True):
                            out.write(f"{line(sample, top, time)}\n")
                            count += len(sample.values)
                        report(number - 1, len(devices))
                    report(number, len(devices))
            sync(unfinished)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    return count


def read_samples(file: Path, form: Form) -> Iterator[list[Sample]]:
    """The samples of a file, in portions.

    Raises:
        UnreadableFileError: with file and line, where there is one.
    """
    if form is not Form.LINE_PROTOCOL:
        yield from _table(file, form)
        return
    try:
        with file.open(encoding="utf-8", newline="\n") as text:
            found = _lines(file, text)
            while portion := list(islice(found, _ROWS // 10)):
                yield portion
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(f"{file} cannot be read: {error}") from error


def samples_by_arrival(file: Path) -> Iterator[list[Sample]]:
    """The samples of an exported Parquet file in the order in which they arrived, in portions.

    Raises:
        UnreadableFileError: it is no such file.
    """
    path = str(file).replace("'", "''")
    # The number of the row keeps the order within a device, and the rows of a sample together.
    source = f"read_parquet('{path}', file_row_number = true) ORDER BY received_ms, file_row_number"
    yield from _rows(file, source)


def _lines(file: Path, text: Iterator[str]) -> Iterator[Sample]:
    for number, one in lines_of(text):
        try:
            yield sample_of(one)
        except LineProtocolError as error:
            raise UnreadableFileError(f"{file}:{number}: {error}") from error


def _table(file: Path, form: Form) -> Iterator[list[Sample]]:
    path = str(file).replace("'", "''")
    source = f"read_parquet('{path}')"
    if form is Form.CSV:
        source = f"read_csv('{path}', header = true, all_varchar = true, nullstr = '{NULL}')"
    yield from _rows(file, source)


def _rows(file: Path, source: str) -> Iterator[list[Sample]]:
    casts = {"at_ms": "BIGINT", "received_ms": "BIGINT", "own_clock": "BOOLEAN", "number": "DOUBLE"}
    chosen = ", ".join(f"{name}::{casts.get(name, 'VARCHAR')}" for name in COLUMNS)
    with duckdb.connect(config={"memory_limit": "128MB", "threads": 1}) as connection:
        try:
            answer = connection.execute(f"SELECT {chosen} FROM {source}")
            while rows := answer.fetchmany(_ROWS):
                yield list(_samples(file, rows))
        except duckdb.Error as error:
            raise UnreadableFileError(f"{file}: {str(error).splitlines()[0]}") from error


def _samples(file: Path, rows: Sequence[Row]) -> Iterator[Sample]:
    """Rows that came together, and stand together, are one sample."""
    values: dict[str, Value] = {}
    reasons: dict[str, str] = {}
    key: tuple[str, int, int, bool] | None = None
    for device, point, at, received, own_clock, kind, number, text, reason in rows:
        if None in (device, point, at, received) or kind not in TYPES:
            raise UnreadableFileError(
                f"{file}: {device} {point} at {at}: a column is empty or wrong"
            )
        if key is not None and ((device, at, received, own_clock) != key or point in values):
            yield _sample(key, values, reasons)
            values, reasons = {}, {}
        key = device, at, received, own_clock
        values[point] = _value(kind, number, text)
        if reason is not None:
            reasons[point] = reason
    if key is not None:
        yield _sample(key, values, reasons)


def _sample(
    key: tuple[str, int, int, bool], values: dict[str, Value], reasons: dict[str, str]
) -> Sample:
    device, at, received, own_clock = key
    return Sample(device, received, values, reasons, source_at=at if own_clock else None)


def _value(kind: str, number: float | None, text: str | None) -> Value:
    if kind == "bool":
        return bool(number)
    return {"number": number, "text": text}.get(kind)
