"""The rows of escalation: begun and ended in the transaction of the alarm's event, run when due."""

from collections.abc import Sequence

import sqlalchemy as sa

from alerts.alarm import Alarm, Severity, Transition
from alerts.duty_tables import escalation_steps as steps
from alerts.escalation import Chain, Planned, following, plan

PENDING = sa.and_(steps.c.ran_at.is_(None), steps.c.cancelled_at.is_(None))
"""Rows that are still to run."""


def begin(
    connection: sa.Connection, chains: Sequence[Chain], alarm: Alarm, event: int, now_ms: int
) -> None:
    """Write the steps of an alarm that was raised, in place of those that were running."""
    cancel(connection, alarm.id, now_ms)
    for chain in chains:
        for one in plan(chain, alarm):
            add(connection, one, alarm, event, now_ms)


def add(connection: sa.Connection, one: Planned, alarm: Alarm, round_: int, now_ms: int) -> None:
    """Write one step."""
    connection.execute(
        sa.insert(steps).values(
            alarm=alarm.id, round=round_, chain=one.chain, step=one.step, cycle=one.cycle,
            notify=[dict(entry) for entry in one.notify], repeat_ms=one.repeat_ms,
            emergency=alarm.severity is Severity.EMERGENCY, created_at=now_ms,
            after_ms=one.after_ms, due_at=now_ms + one.after_ms,
        )
    )  # fmt: skip


def cancel(connection: sa.Connection, alarm: int, now_ms: int) -> None:
    """End what is still to run for an alarm."""
    connection.execute(
        sa.update(steps).where(steps.c.alarm == alarm, PENDING).values(cancelled_at=now_ms)
    )


def due(connection: sa.Connection, now_ms: int, limit: int) -> Sequence[tuple[int, int]]:
    """Step and alarm of the rows that are due, emergencies and then the oldest first."""
    query = (
        sa.select(steps.c.id, steps.c.alarm)
        .where(PENDING, steps.c.due_at <= now_ms)
        .order_by(steps.c.emergency.desc(), steps.c.due_at, steps.c.id)
        .limit(limit)
    )
    return [(row.id, row.alarm) for row in connection.execute(query)]


def take(connection: sa.Connection, step: int, now_ms: int) -> sa.RowMapping | None:
    """Mark a step as run, if it still is to run; it is ours when its row is returned."""
    mine = connection.execute(
        sa.update(steps).where(steps.c.id == step, PENDING).values(ran_at=now_ms)
    )
    if mine.rowcount != 1:
        return None
    query = sa.select(steps).where(steps.c.id == step)
    return connection.execute(query).mappings().one()


def planned(row: sa.RowMapping) -> Planned:
    """A row as the step it was planned as."""
    return Planned(
        row["chain"], row["step"], row["cycle"], tuple(row["notify"]), row["repeat_ms"],
        row["after_ms"],
    )  # fmt: skip


def go_on(connection: sa.Connection, row: sa.RowMapping, alarm: Alarm, now_ms: int) -> None:
    """Write what follows a step that ran, if something does."""
    query = sa.select(steps).where(
        steps.c.alarm == row["alarm"], steps.c.round == row["round"],
        steps.c.chain == row["chain"], steps.c.cycle == 0,
    ).order_by(steps.c.step)  # fmt: skip
    same = [planned(one) for one in connection.execute(query).mappings()]
    further = following(planned(row), same)
    if further is not None:
        add(connection, further, alarm, row["round"], now_ms)


def told(connection: sa.Connection, step: int, count: int) -> None:
    """Keep how many targets a step was sent to."""
    connection.execute(sa.update(steps).where(steps.c.id == step).values(told=count))


def clock_went_back(connection: sa.Connection, by_ms: int) -> int:
    """Bring forward what is to run, after the wall clock was set back; how many rows.

    Rows written since then run early by as much: too early is safe, too late is not.
    """
    result = connection.execute(
        sa.update(steps).where(PENDING).values(
            due_at=steps.c.due_at - by_ms, created_at=steps.c.created_at - by_ms
        )
    )  # fmt: skip
    return result.rowcount


def from_the_future(connection: sa.Connection, now_ms: int) -> int:
    """At a start: rows that say they were written later than now wait their time from now on."""
    result = connection.execute(
        sa.update(steps).where(PENDING, steps.c.created_at > now_ms).values(
            due_at=now_ms + steps.c.after_ms, created_at=now_ms
        )
    )  # fmt: skip
    return result.rowcount


STARTED = (Transition.RAISED.value, Transition.RERAISED.value, Transition.BECAME_REAL.value)
"""The events that begin a round."""
