"""Readings of the embedded store as samples again, for what leaves it and for what comes back."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from collectors.sample import Sample, Value
from ingest.stores.duckdb_columns import BOOL, MISSING, NUMBER, TEXT
from ingest.stores.duckdb_database import Connection, Database, Row
from ingest.stores.duckdb_layout import Span, everything
from ingest.stores.duckdb_schema import ROW

WINDOW_MS = 31 * 86_400_000
"""Of one device this much at most is read at once. [ms]"""
PORTION = 50_000
"""So many of its readings at most are in memory at once, but for those of one moment."""


def extent(database: Database, series: Sequence[int]) -> tuple[int, int] | None:
    """First and last moment of some series [ms, UTC]; None where they have no reading."""
    span = Span(series, -(2**63) + 1, 2**63 - 1)
    with database.snapshot() as connection:
        source = everything(database, connection, span)
        row = connection.execute(f"SELECT min(t), max(t) FROM ({source})").fetchone()
    return None if row is None or row[0] is None else (int(row[0]), int(row[1]))


def samples(
    database: Database, device: str, names: Mapping[int, str], start: int, end: int
) -> Iterator[list[Sample]]:
    """The samples of one device in order of time, in portions that fit into memory.

    What came together is one sample again: same moment, same arrival. They carry no number.
    """
    found = extent(database, sorted(names))
    if found is None:
        return
    begin, last = max(start, found[0]), min(end, found[1] + 1)
    length = WINDOW_MS
    while begin < last:
        span = Span(sorted(names), begin, min(begin + length, last))
        with database.snapshot() as connection:
            rows, until = _portion(database, connection, span)
        # A window that was too long is as long as what fitted, and then grows again.
        length = until - begin if until < span.end else min(2 * length, WINDOW_MS)
        if rows:
            yield list(_samples(device, names, rows))
        begin = until
        if not rows and begin < last:
            begin = _next(database, Span(sorted(names), begin, last))


def _portion(database: Database, connection: Connection, span: Span) -> tuple[list[Row], int]:
    """The first readings of a span in order, of whole moments; and where they end [ms, UTC]."""
    rows = _rows(database, connection, span, PORTION + 1)
    if len(rows) <= PORTION:
        return rows, span.end
    begin, until = rows[0][1], rows[-1][1]
    if begin < until:
        return [row for row in rows if row[1] < until], until
    return _rows(database, connection, Span(span.series, begin, begin + 1)), begin + 1


def _rows(
    database: Database, connection: Connection, span: Span, limit: int | None = None
) -> list[Row]:
    source = everything(database, connection, span)
    most = "" if limit is None else f" LIMIT {limit}"
    query = f"SELECT {ROW} FROM ({source}) ORDER BY t, batch, pos{most}"
    return connection.execute(query).fetchall()


def _next(database: Database, span: Span) -> int:
    """The first moment of a span with a reading: a broken clock may leave centuries between."""
    with database.snapshot() as connection:
        source = everything(database, connection, span)
        row = connection.execute(f"SELECT min(t) FROM ({source})").fetchone()
    return span.end if row is None or row[0] is None else int(row[0])


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
