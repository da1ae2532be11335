"""Judges what was counted against what was expected, and keeps every judgement with its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from alerts.condition import Verdict
from alerts.deviation import Deviation
from alerts.watch import Key
from analysis.expectation import Expectation
from records.engine import metadata, reading, transaction

KEPT_MS = 400 * 86_400_000
"""How long judgements are kept: a year, and a month to look back on it. [ms]"""
spans = sa.Table(
    "deviation_spans",
    metadata,
    sa.Column("rule", sa.String(63), nullable=False),
    sa.Column("device", sa.String(130), nullable=False),
    sa.Column("point", sa.String(128), nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.Float),
    sa.Column("expected", sa.Float),
    sa.Column("spread", sa.Float),
    sa.Column("learnt_from", sa.Integer, nullable=False),
    sa.Column("confidence", sa.String(8)),
    sa.Column("beyond", sa.Boolean),
    sa.PrimaryKeyConstraint("rule", "device", "point", "start_ms", name="pk_deviation_spans"),
)
"""What was counted and what was expected, by span: `amount` None where it is not wholly known,
`expected` None while nothing is learnt, `beyond` None where nothing is said."""


class Judged(NamedTuple):
    """One span of one counter, judged."""

    key: Key
    start: int
    end: int
    amount: float | None
    expectation: Expectation | None
    beyond: bool | None
    """Whether it deviates by itself; None where that cannot be said."""


@dataclass(frozen=True)
class Finding:
    """What the judge is told of one rule and counter."""

    key: Key
    verdict: Verdict
    at: int
    """The end of the span. [ms, UTC]"""
    amount: float | None


def beyond(
    condition: Deviation, amount: float | None, expectation: Expectation | None
) -> bool | None:
    """Whether an amount deviates; None where it, or what was expected, is not known."""
    if amount is None or expectation is None:
        return None
    if condition.above is not None:
        return expectation.exceeded(amount, condition.above, condition.at_least)
    return expectation.missed(amount, condition.below or 0.0, condition.at_least)


def finding(condition: Deviation, newest: Judged, earlier: Sequence[bool | None]) -> Finding:
    """What follows from the newest span and those before it, the latest first.

    A rule that wants several spans in a row is true when all are, false when the newest is not.
    """
    row = (newest.beyond, *earlier[: condition.spans - 1])
    verdict = Verdict.UNKNOWN
    if newest.beyond is False:
        verdict = Verdict.FALSE
    elif len(row) == condition.spans and all(one is True for one in row):
        verdict = Verdict.TRUE
    elif newest.beyond is True:
        verdict = Verdict.BETWEEN
    return Finding(newest.key, verdict, newest.end, newest.amount)


class Book(Protocol):
    """Where judgements are kept."""

    def kept(self, rule: str, since: int) -> Mapping[Key, Mapping[int, bool | None]]:
        """What was said of a rule's spans since then, by counter and start [ms, UTC]."""
        ...

    def keep(self, found: Sequence[Judged]) -> None:
        """Keep judgements; one that is there already is replaced."""
        ...

    def forget(self, now_ms: int) -> None:
        """Drop judgements of long ago."""
        ...


class SqlBook:
    """Judgements in the database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def kept(self, rule: str, since: int) -> Mapping[Key, Mapping[int, bool | None]]:
        """What was said of a rule's spans since then, by counter and start [ms, UTC]."""
        with reading(self._engine) as connection:
            return kept(connection, rule, since)

    def keep(self, found: Sequence[Judged]) -> None:
        """Keep judgements; one that is there already is replaced."""
        if found:
            with transaction(self._engine) as connection:
                keep(connection, found)

    def forget(self, now_ms: int) -> None:
        """Drop judgements of long ago."""
        with transaction(self._engine) as connection:
            forget(connection, now_ms - KEPT_MS)


class MemoryBook:
    """Judgements that nobody needs afterwards: those of a rehearsal."""

    def __init__(self) -> None:
        self._said: dict[Key, dict[int, bool | None]] = {}

    def kept(self, rule: str, since: int) -> Mapping[Key, Mapping[int, bool | None]]:
        """What was said of a rule's spans since then, by counter and start [ms, UTC]."""
        return {
            key: {start: beyond for start, beyond in said.items() if start >= since}
            for key, said in self._said.items()
            if key.rule == rule
        }

    def keep(self, found: Sequence[Judged]) -> None:
        """Keep judgements; one that is there already is replaced."""
        for one in found:
            self._said.setdefault(one.key, {})[one.start] = one.beyond

    def forget(self, now_ms: int) -> None:
        """Keep all: a rehearsal ends."""


def keep(connection: sa.Connection, found: Sequence[Judged]) -> None:
    """Write judgements; one that is there already is replaced."""
    if not found:
        return
    connection.execute(
        sa.delete(spans).where(
            spans.c.rule == sa.bindparam("r"), spans.c.device == sa.bindparam("d"),
            spans.c.point == sa.bindparam("p"), spans.c.start_ms == sa.bindparam("s"),
        ),
        [{"r": o.key.rule, "d": o.key.device, "p": o.key.point, "s": o.start} for o in found],
    )  # fmt: skip
    connection.execute(sa.insert(spans), [_row(one) for one in found])


def _row(one: Judged) -> dict[str, object]:
    of = one.expectation
    return {
        "rule": one.key.rule,
        "device": one.key.device,
        "point": one.key.point,
        "start_ms": one.start,
        "end_ms": one.end,
        "amount": one.amount,
        "expected": of.amount if of is not None else None,
        "spread": of.spread if of is not None else None,
        "learnt_from": of.count if of is not None else 0,
        "confidence": of.confidence.value if of is not None else None,
        "beyond": one.beyond,
    }


def kept(
    connection: sa.Connection, rule: str, since: int
) -> Mapping[Key, Mapping[int, bool | None]]:
    """What was said of a rule's spans since then, by counter and start [ms, UTC]."""
    query = sa.select(spans).where(spans.c.rule == rule, spans.c.start_ms >= since)
    found: dict[Key, dict[int, bool | None]] = {}
    for row in connection.execute(query):
        key = Key(row.rule, row.device, row.point)
        found.setdefault(key, {})[row.start_ms] = row.beyond
    return found


def forget(connection: sa.Connection, before_ms: int) -> None:
    """Drop judgements of long ago."""
    connection.execute(sa.delete(spans).where(spans.c.end_ms < before_ms))
