"""Which notifications are sent next: due ones, one by one, or merged where a robot is saturated."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from alerts import tables
from alerts.budgets import Allowance
from alerts.targets import FIRST, Option, options_of
from records.engine import reading

_LEASE_MS = 60_000
_TITLES = 5
"""Titles that a merged message names. [P]"""
_TABLE = tables.outbox


@dataclass(frozen=True)
class Claimed:
    """One message that is ours to send: a notification, or several merged into one."""

    id: int
    rows: tuple[int, ...]
    """The rows of the outbox that it tells of; more than one where they were merged."""
    target: str
    options: tuple[Option, ...]
    """The ways to send it, in order."""
    payload: Mapping[str, object]
    attempts: int
    emergency: bool


def take(
    engine: sa.Engine, limit: int, emergency: bool, now_ms: int, allowance: Allowance
) -> tuple[Claimed, ...]:
    """Claim up to `limit` messages."""
    earlier = _TABLE.alias("earlier")
    blocked = sa.exists().where(*_waits_before(earlier))
    free = _free(emergency, now_ms)
    query = (
        sa.select(_TABLE).where(free, _open(allowance), ~blocked)
        .order_by(_TABLE.c.rank, _TABLE.c.id).limit(limit)
    )  # fmt: skip
    with reading(engine) as connection:
        if connection.execute(query.limit(1)).first() is None:
            return ()
    claimed: list[Claimed] = []
    merged: set[str] = set()
    with engine.begin() as connection:
        for row in connection.execute(query).mappings().all():
            if row["target"] in merged:
                continue
            if _merges(connection, row, allowance, free):
                merged.add(row["target"])
                claimed.append(_merge(connection, row, emergency, now_ms))
            elif _claim(connection, free, row, now_ms):
                claimed.append(_claimed(row, (row["id"],), row["payload"]))
            # Those of one turn share what is left: the last use is for what merges.
            allowance = allowance.after(row["budget"])
    return tuple(claimed)


def _free(emergency: bool, now_ms: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        _TABLE.c.sent_at.is_(None),
        _TABLE.c.failed_at.is_(None),
        _TABLE.c.due_at <= now_ms,
        _TABLE.c.claimed_until <= now_ms,
        _TABLE.c.rank == 0 if emergency else _TABLE.c.rank > 0,
    )


def _open(allowance: Allowance) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = sa.true()
    if allowance.closed:
        found = _TABLE.c.budget.not_in(allowance.closed)
    if allowance.closed != allowance.closed_first:
        in_order = _TABLE.c.channel == FIRST
        first = _TABLE.c.budget.not_in(allowance.closed_first)
        found = sa.or_(sa.and_(~in_order, found), sa.and_(in_order, first))
    return found


def _waits_before(earlier: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        earlier.c.alarm == _TABLE.c.alarm,
        earlier.c.target == _TABLE.c.target,
        earlier.c.id < _TABLE.c.id,
        earlier.c.sent_at.is_(None),
        earlier.c.failed_at.is_(None),
    )


def _merges(
    connection: sa.Connection,
    row: sa.RowMapping,
    allowance: Allowance,
    free: sa.ColumnElement[bool],
) -> bool:
    most = allowance.most(row["budget"])
    if not allowance.merges(row["budget"], most):
        return False
    same = sa.select(_TABLE.c.id).where(_TABLE.c.target == row["target"], free).limit(most)
    waiting = connection.execute(sa.select(sa.func.count()).select_from(same.subquery()))
    return allowance.merges(row["budget"], int(waiting.scalar_one()))


def _claim(
    connection: sa.Connection, free: sa.ColumnElement[bool], row: sa.RowMapping, now_ms: int
) -> bool:
    mine = connection.execute(
        sa.update(_TABLE)
        .where(_TABLE.c.id == row["id"], free)
        .values(claimed_until=now_ms + _LEASE_MS, attempts=_TABLE.c.attempts + 1)
    )
    return mine.rowcount == 1


def _claimed(
    row: sa.RowMapping, rows: tuple[int, ...], payload: Mapping[str, object]
) -> Claimed:  # fmt: skip
    options = options_of(row["channel"], row["parameters"])
    return Claimed(
        row["id"], rows, row["target"], options, payload, row["attempts"] + 1, row["rank"] == 0
    )


def _merge(
    connection: sa.Connection, row: sa.RowMapping, emergency: bool, now_ms: int
) -> Claimed:  # fmt: skip
    """Everything that waits for a target and can go now; order within an alarm is kept."""
    earlier = _TABLE.alias("earlier")
    rank = earlier.c.rank == 0 if emergency else earlier.c.rank > 0
    stays = sa.or_(earlier.c.due_at > now_ms, earlier.c.claimed_until > now_ms, ~rank)
    held_up = sa.exists().where(*_waits_before(earlier), stays)
    result = connection.execute(
        sa.update(_TABLE)
        .where(_TABLE.c.target == row["target"], _free(emergency, now_ms), ~held_up)
        .values(claimed_until=now_ms + _LEASE_MS, attempts=_TABLE.c.attempts + 1)
        .returning(_TABLE.c.id)
    )
    rows = tuple(sorted(int(one[0]) for one in result))
    if len(rows) < 2:
        return _claimed(row, rows, row["payload"])
    return _digest(connection, rows, row["target"], now_ms + _LEASE_MS)


def _digest(
    connection: sa.Connection, rows: tuple[int, ...], target: str, claimed_until: int
) -> Claimed:
    """The first that is no test stands for all of them, with the titles of the others counted."""
    alarms = tables.alarms
    # These are all rows of the target that hold this lease and are between the first and the last.
    ours = sa.and_(
        _TABLE.c.target == target, _TABLE.c.claimed_until == claimed_until,
        _TABLE.c.id.between(rows[0], rows[-1]), _TABLE.c.sent_at.is_(None),
    )  # fmt: skip
    joined = _TABLE.join(alarms, alarms.c.id == _TABLE.c.alarm)
    lead = connection.execute(
        sa.select(_TABLE).select_from(joined).where(ours)
        .order_by(alarms.c.test, _TABLE.c.rank, _TABLE.c.id).limit(1)
    ).mappings().one()  # fmt: skip
    count = sa.func.count().label("count")
    groups = connection.execute(
        sa.select(sa.func.min(alarms.c.id).label("sample"), count, _count_tests())
        .select_from(joined).where(ours, _TABLE.c.id != lead["id"])
        .group_by(alarms.c.rule).order_by(sa.desc("count"))
    ).mappings().all()  # fmt: skip
    titles = []
    for group in groups[:_TITLES]:
        query = sa.select(alarms.c.title).where(alarms.c.id == group["sample"])
        titles.append({**connection.execute(query).scalar_one(), "count": group["count"]})
    further = {
        "count": len(rows) - 1,
        "tests": sum(int(group["tests"]) for group in groups),
        "titles": titles,
    }
    # The claim has counted this attempt already.
    found = _claimed(lead, rows, {**lead["payload"], "further": further})
    return Claimed(
        found.id, rows, target, found.options, found.payload, lead["attempts"], found.emergency
    )


def _count_tests() -> sa.Label[int]:
    return sa.func.sum(sa.case((tables.alarms.c.test, 1), else_=0)).label("tests")
