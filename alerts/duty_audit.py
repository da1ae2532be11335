"""The auditor: every minute, whether the steps of emergencies ran, and whether somebody is there.

It looks at rows, not at what the escalator says of itself.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
import structlog

from alerts import duty_book, tables
from alerts.alarm import Severity
from alerts.contacts import Directory
from alerts.duty import gaps
from alerts.duty_tables import escalation_steps as steps
from alerts.escalation import STARTS
from alerts.feed import AlarmChange, AlarmFeed
from alerts.routes import Routes
from alerts.rules import RuleSet
from alerts.service_alarm import observe
from alerts.writer import Writer, to_alarm
from records.engine import reading, transaction

_LOG = structlog.get_logger(__name__)
_EVERY_S = 60.0
_LATE_MS = 60_000
"""A step that is due for longer than this did not run. [ms] [P]"""
_STARTS = tuple(one.value for one in STARTS)
_UNTOLD_MS = 5_000
"""After so long the messages of an emergency are written, if there are any. [ms] [P]"""
GAP_AHEAD_MS = 24 * 3_600_000
"""How long before it begins a gap in a schedule is an alarm. [ms] [P]"""
_NAMED = 5


def stalled(connection: sa.Connection, routes: Routes, now_ms: int) -> Mapping[int, str]:
    """The open, unacknowledged emergencies whose escalation is not as it must be, and why."""
    table = tables.alarms
    query = sa.select(table).where(
        table.c.is_open, ~table.c.acked, ~table.c.test,
        table.c.severity == Severity.EMERGENCY.value,
    )  # fmt: skip
    people = duty_book.directory(connection) if routes.routes else Directory()
    found: dict[int, str] = {}
    for row in connection.execute(query).mappings().all():
        if row["held"]:
            continue  # Its steps begin when the last hold is gone.
        wanted = bool(routes.escalating(to_alarm(row), people, row["updated_at"]))
        why = _why(connection, row["id"], wanted, now_ms)
        if why is not None:
            found[row["id"]] = why
    return found


def _why(connection: sa.Connection, alarm: int, wanted: bool, now_ms: int) -> str | None:
    events = tables.alarm_events
    begun = sa.select(sa.func.max(events.c.id)).where(
        events.c.alarm == alarm, events.c.event.in_(_STARTS)
    )
    rows = connection.execute(
        sa.select(steps).where(steps.c.alarm == alarm, steps.c.round == begun.scalar_subquery())
    ).all()
    pending = [row for row in rows if row.ran_at is None and row.cancelled_at is None]
    if not rows:
        return "never begun" if wanted else None
    if any(row.due_at + _LATE_MS < now_ms for row in pending):
        return "a step is late"
    if not pending:
        return "no further step"
    if any(row.ran_at is not None and not row.told for row in rows):
        return "a step reached nobody"
    return None


def untold(connection: sa.Connection, routes: Routes, now_ms: int) -> Sequence[int]:
    """The open, unacknowledged emergencies of which nobody was told since they began."""
    if not routes.routes:
        return ()  # The page is the only channel of this house.
    alarms, events, box = tables.alarms, tables.alarm_events, tables.outbox
    began = (
        sa.select(sa.func.max(events.c.id))
        .where(events.c.alarm == alarms.c.id, events.c.event.in_(_STARTS))
        .correlate(alarms)
        .scalar_subquery()
    )
    told = sa.exists().where(box.c.alarm == alarms.c.id, box.c.event >= began)
    query = sa.select(alarms).where(
        alarms.c.is_open, ~alarms.c.acked, ~alarms.c.test,
        alarms.c.severity == Severity.EMERGENCY.value, alarms.c.updated_at < now_ms - _UNTOLD_MS,
        ~told,
    )  # fmt: skip
    rows = connection.execute(query.order_by(alarms.c.id)).mappings()
    return [row["id"] for row in rows if not row["held"]]


def unreachable(routes: Routes, people: Directory, now_ms: int) -> Sequence[str]:
    """What routes and chains name and nobody is reached by."""
    found = (people.fault(one, now_ms, routes.usable) for one in routes.addressees())
    return sorted({one for one in found if one is not None})


class Auditor:
    """Raises `escalation_stalled`, `duty_gap` and `nobody_reached`."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        now_ms: Callable[[], int],
        routes: Callable[[], Routes],
        rules: Callable[[], RuleSet],
        wake: Callable[[], None] = lambda: None,
        feed: AlarmFeed | None = None,
    ) -> None:
        self._engine = engine
        self._now_ms = now_ms
        self._routes = routes
        self._rules = rules
        self._wake = wake
        self._feed = feed
        self.reason: str | None = None
        """Why it cannot look; None while it can."""

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            try:
                told = await asyncio.to_thread(self.look)
            except sa.exc.SQLAlchemyError as error:
                if self.reason is None:
                    _LOG.error("the auditor cannot look", error=str(error))
                self.reason = f"database: {error}"
            else:
                self.reason = None
                if told:
                    self._wake()
                    if self._feed is not None:
                        self._feed.publish(told)
            await asyncio.sleep(_EVERY_S)

    def look(self) -> Sequence[AlarmChange]:
        """One look; blocks."""
        now, routes = self._now_ms(), self._routes()
        with reading(self._engine) as connection:
            late = stalled(connection, routes, now)
            people = duty_book.directory(connection)
            missing = [*unreachable(routes, people, now)]
            missing += [f"alarm {n}" for n in untold(connection, routes, now)]
        said = {
            ("escalation_stalled", ""): _few([f"{n}: {why}" for n, why in sorted(late.items())]),
            ("nobody_reached", ""): _few(missing),
        }
        for schedule in people.schedules.values():
            ahead = gaps(schedule, now, now + GAP_AHEAD_MS, people.calendar)
            said["duty_gap", schedule.id] = _few(
                [f"{one.present} of {schedule.people}" for one in ahead]
            )
        with transaction(self._engine) as connection:
            writer = Writer(connection, routes, now)
            for (name, point), value in said.items():
                rule = self._rules().find(name)
                if rule is not None:
                    observe(writer, rule, point, holds=bool(value), value=value, now_ms=now)
        return writer.told


def _few(found: Sequence[str]) -> str | None:
    if not found:
        return None
    more = f" +{len(found) - _NAMED}" if len(found) > _NAMED else ""
    return "; ".join(found[:_NAMED]) + more
