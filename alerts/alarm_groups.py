"""Open alarms folded by incident: a fire of eighty detectors is one line that opens.

The database folds, so that the counts are whole however many alarms there are, and the most urgent
incidents come first whatever else a flood has raised since.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from alerts import tables
from alerts.alarm import Alarm, Severity
from alerts.alarm_filter import AlarmFilter, conditions, group_of
from alerts.writer import to_alarm

_RANKS = {severity.value: severity.rank for severity in Severity}


@dataclass(frozen=True)
class AlarmGroup:
    """The alarms of one incident that fit a filter. Times are [ms since 1970, UTC]."""

    id: int
    """Number of the incident's first alarm."""
    lead: Alarm
    """The one that stands for all: real before tests, the most severe, of these the first."""
    alarms: int
    tests: int
    active: int
    unacked: int
    """Not acknowledged and not a test."""
    held: int
    chattering: int
    first_at: int
    last_at: int


@dataclass(frozen=True)
class AlarmGroups:
    """Incidents, the most urgent first."""

    items: tuple[AlarmGroup, ...]
    groups: int
    """How many there are; `items` may be only the most urgent of them."""
    alarms: int
    tests: int
    unacked: int
    chattering: int


def folded(connection: sa.Connection, asked: AlarmFilter, limit: int) -> AlarmGroups:
    """The incidents with alarms that fit a filter, and how many there are of each."""
    table = tables.alarms
    rank = sa.case(_RANKS, value=table.c.severity, else_=0)
    waits = sa.and_(sa.not_(table.c.acked), sa.not_(table.c.test))
    fits = sa.select(
        table.c.id, group_of().label("group"), table.c.test, table.c.raised_at,
        sa.case((table.c.test, len(_RANKS)), else_=rank).label("rank"),
        sa.case((waits, 1), else_=0).label("waits"),
        sa.case((table.c.active, 1), else_=0).label("on"),
        sa.case((sa.cast(table.c.held, sa.Text) != "[]", 1), else_=0).label("is_held"),
        sa.case((table.c.chattering_until.is_not(None), 1), else_=0).label("chatters"),
    ).where(*conditions(asked)).subquery()  # fmt: skip
    c = fits.c
    place = sa.func.row_number().over(partition_by=c.group, order_by=(c.rank, c.id))
    leads = sa.select(c.id, c.group, place.label("place")).subquery()
    sums = _sums(fits)
    query = (
        sa.select(leads.c.id, sums)
        .join(sums, sums.c.group == leads.c.group)
        .where(leads.c.place == 1)
        .order_by(sums.c.rank, sums.c.unacked == 0, sums.c.last_at.desc(), sums.c.group.desc())
    )
    rows = connection.execute(query).mappings().all()
    shown = rows[:limit]
    wanted = sa.select(table).where(table.c.id.in_([row["id"] for row in shown]))
    alarms = {row["id"]: to_alarm(row) for row in connection.execute(wanted).mappings()}
    return AlarmGroups(
        tuple(_group(row, alarms[row["id"]]) for row in shown),
        groups=len(rows),
        alarms=sum(row["alarms"] for row in rows),
        tests=sum(row["tests"] for row in rows),
        unacked=sum(row["unacked"] for row in rows),
        chattering=sum(row["chattering"] for row in rows),
    )


def _sums(fits: sa.Subquery) -> sa.Subquery:
    c = fits.c
    return (
        sa.select(
            c.group,
            sa.func.count().label("alarms"),
            sa.func.sum(sa.case((c.test, 1), else_=0)).label("tests"),
            sa.func.sum(c.on).label("active"),
            sa.func.sum(c.waits).label("unacked"),
            sa.func.sum(c.is_held).label("held"),
            sa.func.sum(c.chatters).label("chattering"),
            sa.func.min(c.raised_at).label("first_at"),
            sa.func.max(c.raised_at).label("last_at"),
            sa.func.min(c.rank).label("rank"),
        )
        .group_by(c.group)
        .subquery()
    )


def _group(row: sa.RowMapping, lead: Alarm) -> AlarmGroup:
    return AlarmGroup(
        id=row["group"], lead=lead, alarms=row["alarms"], tests=int(row["tests"]),
        active=int(row["active"]), unacked=int(row["unacked"]), held=int(row["held"]),
        chattering=int(row["chattering"]), first_at=row["first_at"], last_at=row["last_at"],
    )  # fmt: skip
