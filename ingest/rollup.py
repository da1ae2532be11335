"""Hours, days, months and any other span from intervals, added up by the database.

Spans must begin and end on a quarter of an hour, UTC; every time zone in use does. Sums are of
whole numbers, so a day is exactly its hours and a month exactly its days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ingest.bus import IngestError
from ingest.counters import INTERVAL_MS, StepKind
from ingest.interval_tables import Series, intervals, steps

_MOST_DEVICES = 500
"""Devices in one statement; SQLite and PostgreSQL bound the number of parameters."""


class UnalignedSpanError(IngestError):
    """A span that cuts a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time."""

    start: int
    """[ms, UTC]"""
    end: int
    """The first moment after it. [ms, UTC]"""

    @property
    def length(self) -> int:
        """How long it is in milliseconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a counter counted in a span; the amounts in counts (`ingest.counters`)."""

    amount: int = 0
    recovered_amount: int = 0
    covered_ms: int = 0
    recovered_ms: int = 0
    integrated_amount: int = 0
    """The portion of `amount` that was made of power, for want of a counter."""
    integrated_ms: int = 0

    @property
    def known_ms(self) -> int:
        """The time that readings cover or a bridge fills; 0 says that the amount is unknown."""
        return self.covered_ms + self.recovered_ms + self.integrated_ms

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.amount + other.amount,
            self.recovered_amount + other.recovered_amount,
            self.covered_ms + other.covered_ms,
            self.recovered_ms + other.recovered_ms,
            self.integrated_amount + other.integrated_amount,
            self.integrated_ms + other.integrated_ms,
        )

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.amount - other.amount,
            self.recovered_amount - other.recovered_amount,
            self.covered_ms - other.covered_ms,
            self.recovered_ms - other.recovered_ms,
            self.integrated_amount - other.integrated_amount,
            self.integrated_ms - other.integrated_ms,
        )


def amounts_in(
    connection: sa.Connection, series: Sequence[Series], spans: Sequence[Span]
) -> list[Mapping[Series, Amounts]]:
    """What each counter counted in each span; a counter without data in a span is absent.

    Raises:
        UnalignedSpanError: a span cuts an interval.
    """
    for span in spans:
        if span.start % INTERVAL_MS or span.end % INTERVAL_MS:
            raise UnalignedSpanError(f"{span} does not begin and end on a quarter of an hour")
    found: list[Mapping[Series, Amounts]] = []
    for run in _runs(spans):
        found += _amounts(connection, series, run)
    return found


def _runs(spans: Sequence[Span]) -> list[list[Span]]:
    """Group spans that follow each other and are of one length: one statement serves them all."""
    runs: list[list[Span]] = []
    for span in spans:
        if runs and span.start == (last := runs[-1][-1]).end and span.length == last.length:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


def _amounts(
    connection: sa.Connection, series: Sequence[Series], run: Sequence[Span]
) -> list[dict[Series, Amounts]]:
    columns = intervals.c
    found: list[dict[Series, Amounts]] = [{} for _ in run]
    length = run[0].length
    if length <= 0:
        return found
    # Written into the statement: PostgreSQL takes two bound copies of one term for two terms.
    base = sa.literal(run[0].start, literal_execute=True)
    number = ((columns.start_ms - base) // sa.literal(length, literal_execute=True)).label("number")
    for devices, points, wanted in _portions(series):
        query = (
            sa.select(
                number,
                columns.device,
                columns.point,
                sa.func.sum(columns.amount),
                sa.func.sum(columns.recovered_amount),
                sa.func.sum(columns.covered_ms),
                sa.func.sum(columns.recovered_ms),
                sa.func.sum(columns.integrated_amount),
                sa.func.sum(columns.integrated_ms),
            )
            .where(columns.device.in_(devices), columns.point.in_(points))
            .where(columns.start_ms >= run[0].start, columns.start_ms < run[-1].end)
            .group_by(columns.device, columns.point, number)
        )
        for place, device, point, *sums in connection.execute(query):
            if (key := Series(device, point)) in wanted:
                found[place][key] = Amounts(*(int(value) for value in sums))
    return found


def _portions(
    series: Sequence[Series],
) -> list[tuple[list[str], list[str], frozenset[Series]]]:
    devices = sorted({one.device for one in series})
    points = sorted({one.point for one in series})
    wanted = frozenset(series)
    return [
        (devices[begin : begin + _MOST_DEVICES], points, wanted)
        for begin in range(0, len(devices), _MOST_DEVICES)
    ]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step of a counter that is not energy, as it was recorded."""

    series: Series
    kind: StepKind
    at_ms: int
    before: int
    after: int
    times: int


def steps_in(
    connection: sa.Connection, series: Sequence[Series], span: Span
) -> Sequence[StepRecord]:
    """The recorded steps of some counters in a span, in order of time."""
    columns = steps.c
    found = []
    for devices, points, wanted in _portions(series):
        query = (
            sa.select(steps)
            .where(columns.device.in_(devices), columns.point.in_(points))
            .where(columns.at_ms >= span.start, columns.at_ms < span.end)
        )
        for row in connection.execute(query):
            if (key := Series(row.device, row.point)) in wanted:
                found.append(
                    StepRecord(
                        key,
                        StepKind(row.kind),
                        row.at_ms,
                        row.before_count,
                        row.after_count,
                        row.times,
                    )
                )
    return sorted(found, key=lambda record: (record.at_ms, record.series))
