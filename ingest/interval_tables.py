"""The tables of energy intervals, and the statements that fill them.

Readings in order of time add to intervals: a portion of a quarter of an hour is one upsert, and the
state of its counter moves in the same transaction. What comes late replaces whole intervals
(`ingest.interval_rewrite`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa

from ingest.bus import Cursor
from ingest.counter_pages import Page
from ingest.counters import INTERVAL_MS, Advance, CounterState, Reading, Step
from records.engine import metadata

CONSUMER = "intervals"
"""Name of the consumer whose cursor stands in these tables."""
LIVE = "live"
"""The segment of a counter's readings that grows at its end."""
HISTORY = "history"
"""The segment that an import fills; it lies before the live one."""


class Series(NamedTuple):
    """One counter of one device or part."""

    device: str
    point: str


intervals = sa.Table(
    "counter_intervals",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("point", sa.String(80), nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("recovered_amount", sa.BigInteger, nullable=False),
    sa.Column("covered_ms", sa.Integer, nullable=False),
    sa.Column("recovered_ms", sa.Integer, nullable=False),
    sa.Column("integrated_amount", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("integrated_ms", sa.Integer, nullable=False, server_default="0"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("rewritten_ms", sa.BigInteger),
    sa.PrimaryKeyConstraint("device", "point", "start_ms"),
    sqlite_with_rowid=False,
)
"""One row for each quarter of an hour of a counter: `amount` in counts (`ingest.counters`), the
part of it that was bridged or made of power, and the time that readings cover, a bridge fills or
power fills [ms]. `version` rises whenever a late reading or a meter change altered the row, which
was last so at `rewritten_ms`."""

states = sa.Table(
    "counter_states",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("point", sa.String(80), nullable=False),
    sa.Column("segment", sa.String(8), nullable=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Column("first_count", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
    sa.Column("last_count", sa.BigInteger, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("pending_ms", sa.BigInteger),
    sa.Column("pending_count", sa.BigInteger),
    sa.Column("ignored", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("device", "point", "segment"),
)
"""Where each counter stands (`ingest.counters.CounterState`)."""

steps = sa.Table(
    "counter_steps",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("point", sa.String(80), nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("before_count", sa.BigInteger, nullable=False),
    sa.Column("after_count", sa.BigInteger, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("recorded_ms", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("device", "point", "start_ms", "kind"),
)
"""Steps of a counter that are not energy; the first of its kind in an interval, and how many."""

cursors = sa.Table(
    "interval_cursors",
    metadata,
    sa.Column("consumer", sa.String(32), nullable=False),
    sa.Column("safety", sa.BigInteger, nullable=False),
    sa.Column("routine", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("consumer"),
)
"""How far this consumer, and that of the charging sessions, has read the journal."""

# One text serves SQLite and PostgreSQL: both know this form of ON CONFLICT.
_ADD_INTERVAL = sa.text("""
INSERT INTO counter_intervals
  (device, point, start_ms, amount, recovered_amount, covered_ms, recovered_ms)
VALUES (:device, :point, :start_ms, :amount, :recovered_amount, :covered_ms, :recovered_ms)
ON CONFLICT (device, point, start_ms) DO UPDATE SET
  amount = counter_intervals.amount + excluded.amount,
  recovered_amount = counter_intervals.recovered_amount + excluded.recovered_amount,
  covered_ms = counter_intervals.covered_ms + excluded.covered_ms,
  recovered_ms = counter_intervals.recovered_ms + excluded.recovered_ms
""")
_PUT_STATE = sa.text("""
INSERT INTO counter_states (device, point, segment, first_ms, first_count, last_ms, last_count,
  changed_ms, pending_ms, pending_count, ignored)
VALUES (:device, :point, :segment, :first_ms, :first_count, :last_ms, :last_count,
  :changed_ms, :pending_ms, :pending_count, :ignored)
ON CONFLICT (device, point, segment) DO UPDATE SET
  first_ms = excluded.first_ms, first_count = excluded.first_count,
  last_ms = excluded.last_ms, last_count = excluded.last_count,
  changed_ms = excluded.changed_ms, pending_ms = excluded.pending_ms,
  pending_count = excluded.pending_count, ignored = excluded.ignored
""")
_ADD_STEP = sa.text("""
INSERT INTO counter_steps
  (device, point, start_ms, kind, at_ms, before_count, after_count, times, recorded_ms)
VALUES (:device, :point, :start_ms, :kind, :at_ms, :before_count, :after_count, 1, :recorded_ms)
ON CONFLICT (device, point, start_ms, kind) DO UPDATE SET times = counter_steps.times + 1
""")
_PUT_CURSOR = sa.text("""
INSERT INTO interval_cursors (consumer, safety, routine) VALUES (:consumer, :safety, :routine)
ON CONFLICT (consumer) DO UPDATE SET safety = excluded.safety, routine = excluded.routine
""")


@dataclass
class Booking:
    """What a batch of readings adds, gathered before it is written."""

    amounts: dict[tuple[str, str, int], list[int]] = field(default_factory=dict)
    steps: list[tuple[Series, Step]] = field(default_factory=list)
    states: dict[Series, CounterState] = field(default_factory=dict)
    pages: dict[tuple[Series, int], Page] = field(default_factory=dict)

    def add(self, series: Series, result: Advance) -> None:
        """Take over the result of one reading."""
        self.states[series] = result.state
        self.steps += [(series, step) for step in result.steps]
        for portion in result.portions:
            key = (*series, portion.start_ms)
            sums = self.amounts.setdefault(key, [0, 0, 0, 0])
            sums[0] += portion.amount
            sums[1] += portion.recovered_amount
            sums[2] += portion.covered_ms
            sums[3] += portion.recovered_ms


def read_states(connection: sa.Connection, segment: str) -> dict[Series, CounterState]:
    """The states of all counters of a segment."""
    rows = connection.execute(sa.select(states).where(states.c.segment == segment))
    return {Series(row.device, row.point): _state(row) for row in rows}


def _state(row: sa.Row[tuple[object, ...]]) -> CounterState:
    pending = None
    if row.pending_ms is not None:
        pending = Reading(row.pending_ms, row.pending_count)
    first, last = Reading(row.first_ms, row.first_count), Reading(row.last_ms, row.last_count)
    return CounterState(first, last, row.changed_ms, pending, row.ignored)


def put_states(
    connection: sa.Connection, segment: str, found: Mapping[Series, CounterState]
) -> None:
    """Write the states of some counters."""
    rows: list[dict[str, object]] = [
        {
            "device": series.device,
            "point": series.point,
            "segment": segment,
            "first_ms": state.first.at_ms,
            "first_count": state.first.count,
            "last_ms": state.last.at_ms,
            "last_count": state.last.count,
            "changed_ms": state.changed_ms,
            "pending_ms": state.pending.at_ms if state.pending else None,
            "pending_count": state.pending.count if state.pending else None,
            "ignored": state.ignored,
        }
        for series, state in found.items()
    ]
    if rows:
        connection.execute(_PUT_STATE, rows)


def drop_states(connection: sa.Connection, segment: str, gone: Iterable[Series]) -> None:
    """Delete the states of some counters."""
    rows = [{"d": series.device, "p": series.point} for series in gone]
    if rows:
        connection.execute(
            sa.delete(states).where(
                states.c.device == sa.bindparam("d"),
                states.c.point == sa.bindparam("p"),
                states.c.segment == segment,
            ),
            rows,
        )


def add_amounts(
    connection: sa.Connection, amounts: Mapping[tuple[str, str, int], Sequence[int]]
) -> None:
    """Add to intervals."""
    rows = [
        {
            "device": device,
            "point": point,
            "start_ms": start,
            "amount": sums[0],
            "recovered_amount": sums[1],
            "covered_ms": sums[2],
            "recovered_ms": sums[3],
        }
        for (device, point, start), sums in amounts.items()
    ]
    if rows:
        connection.execute(_ADD_INTERVAL, rows)


def add_steps(connection: sa.Connection, found: Sequence[tuple[Series, Step]], now_ms: int) -> None:
    """Record steps that are not energy."""
    rows = [
        {
            "device": series.device,
            "point": series.point,
            "start_ms": step.at_ms - step.at_ms % INTERVAL_MS,
            "kind": step.kind.value,
            "at_ms": step.at_ms,
            "before_count": step.before,
            "after_count": step.after,
            "recorded_ms": now_ms,
        }
        for series, step in found
    ]
    if rows:
        connection.execute(_ADD_STEP, rows)


def read_cursor(connection: sa.Connection, consumer: str = CONSUMER) -> Cursor:
    """How far a consumer is; the beginning where it never ran."""
    row = connection.execute(sa.select(cursors).where(cursors.c.consumer == consumer)).first()
    return Cursor() if row is None else Cursor(row.safety, row.routine)


def put_cursor(connection: sa.Connection, cursor: Cursor, consumer: str = CONSUMER) -> None:
    """Write how far a consumer is."""
    values = {"consumer": consumer, "safety": cursor.safety, "routine": cursor.routine}
    connection.execute(_PUT_CURSOR, values)
