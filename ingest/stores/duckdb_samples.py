"""Readings of the embedded store as samples again, for what leaves it and for what comes back."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from collectors.sample import Sample, Value
from ingest.stores.duckdb_columns import BOOL, MISSING, NUMBER, TEXT
from ingest.stores.duckdb_database import Connection, Database, Row
from ingest.stores.duckdb_layout import Span, everything
from ingest.stores.duckdb_portions import portions
from ingest.stores.duckdb_schema import ROW

MOST = 100_000
"""Readings of one device that are in memory at a time."""


def samples(
    database: Database, device: str, names: Mapping[int, str], start: int, end: int
) -> Iterator[list[Sample]]:
    """The samples of one device in order of time, in portions that fit into memory.

    What came together is one sample again: same moment, same arrival. They carry no number.
    """
    with database.snapshot() as connection:
        relation = partial(everything, database, connection)
        found = list(portions(connection, relation, [sorted(names)], (start, end), MOST))
    for portion in found:
        with database.snapshot() as connection:
            rows = _rows(database, connection, portion.span)
        yield list(_samples(device, names, rows))


def _rows(database: Database, connection: Connection, span: Span) -> list[Row]:
    source = everything(database, connection, span)
    return connection.execute(f"SELECT {ROW} FROM ({source}) ORDER BY t, batch, pos").fetchall()


def _samples(device: str, names: Mapping[int, str], rows: Sequence[Row]) -> Iterator[Sample]:
    values: dict[str, Value] = {}
    reasons: dict[str, str] = {}
    key: tuple[int, int, bool] | None = None
    for series, t, lag, own_clock, kind, number, text, reason in rows:
        point = names[series]
        if key is not None and ((t, lag, own_clock) != key or point in values):
            yield _sample(device, key, values, reasons)
            values, reasons = {}, {}
        key = t, lag, own_clock
        values[point] = _value(kind, number, text)
        if reason is not None:
            reasons[point] = reason
    if key is not None:
        yield _sample(device, key, values, reasons)


def _sample(
    device: str,
    key: tuple[int, int, bool],
    values: Mapping[str, Value],
    reasons: Mapping[str, str],
) -> Sample:
    t, lag, own_clock = key
    return Sample(device, t + lag, values, reasons, source_at=t if own_clock else None)


def _value(kind: int, number: float | None, text: str | None) -> Value:
    if kind == BOOL:
        return bool(number)
    return text if kind == TEXT else number


def without_known(
    database: Database, series: Mapping[str, Mapping[str, int]], given: Sequence[Sample]
) -> list[Sample]:
    """Samples without the readings that the store has already, each as often as it has it."""
    wanted = {
        series[sample.device][point]
        for sample in given
        for point in sample.values
        if point in series.get(sample.device, {})
    }
    if not wanted:
        return list(given)
    moments = [sample.at for sample in given]
    with database.snapshot() as connection:
        rows = _rows(database, connection, Span(sorted(wanted), min(moments), max(moments) + 1))
    known = Counter((row[0], row[1], row[2], _value(*row[4:7]), row[4], row[7]) for row in rows)
    return [left for sample in given if (left := _left(sample, series, known)) is not None]


def _left(
    sample: Sample, series: Mapping[str, Mapping[str, int]], known: Counter[Row]
) -> Sample | None:
    ids = series.get(sample.device, {})
    kept: dict[str, Value] = {}
    for point, value in sample.values.items():
        reason = sample.reasons.get(point)
        lag = sample.received_at - sample.at
        key = (ids.get(point), sample.at, lag, value, kind_of(value), reason)
        if known[key] > 0:
            known[key] -= 1
        else:
            kept[point] = value
    if not kept:
        return None
    reasons = {point: why for point, why in sample.reasons.items() if point in kept}
    return Sample(sample.device, sample.received_at, kept, reasons, sample.lane, sample.source_at)


def kind_of(value: Value) -> int:
    """What a row of the table holds for a value (`ingest.stores.duckdb_columns`)."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return BOOL
    return TEXT if isinstance(value, str) else NUMBER
