"""The rescue clock in SQL: stepped by people, late by time. All calls block."""

from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa

from alerts import rescue, tables
from alerts.alarm import Alarm, Rescue, Subject, Transition
from alerts.alarm_database import AlarmDatabase, open_row
from alerts.clock_watch import ClockWatch
from alerts.errors import NotAllowedError
from alerts.feed import AlarmChange
from alerts.rescue import EVENTS, RescueStep
from alerts.rescue_clock import on_site_within
from alerts.routes import Routes
from alerts.rules import RuleSet
from alerts.service_alarm import observe_device
from alerts.writer import Writer, to_alarm
from records.engine import reading, transaction

EVERY_S = 5.0
"""Between two looks at the clocks that run. [s]"""
RULE = "rescue_late"

Also = Callable[[sa.Connection, Alarm], None]


def step(
    database: AlarmDatabase,
    alarm: int,
    said: RescueStep,
    actor: str,
    note: str | None,
    now_ms: int,
    also: Also,
) -> Alarm:
    """Note a step of a rescue, on every alarm of the elevator that has a clock.

    `also` is called in the same transaction.

    Raises:
        AlarmNotFoundError: there is none of this number.
        NotAllowedError: it is closed, has no rescue, or a later step was said already.
    """
    with database.writing(now_ms) as (connection, writer):
        row = open_row(writer, alarm)
        if not row["rescue"]:
            raise NotAllowedError("rescue_none")
        changed = False
        for one in _running(connection, row["device"], test=row["test"]):
            before = rescue.from_json(one["rescue"])
            if before is None:
                continue
            after = rescue.stepped(before, said, now_ms)
            if after != before:
                _write(writer, one["id"], after, now_ms)
                writer.event(one["id"], EVENTS[said], now_ms, actor=actor, note=note)
                changed = True
        known = writer.row(alarm)
        assert known is not None  # noqa: S101  (it was read in this transaction)
        if changed:
            also(connection, to_alarm(known))
    return to_alarm(known)


def _running(connection: sa.Connection, device: str, *, test: bool) -> Sequence[sa.RowMapping]:
    """The clocks of an elevator: those of a drill, or the others."""
    table = tables.alarms
    query = sa.select(table).where(
        table.c.is_open, table.c.device == device, table.c.test == test,
        table.c.rescue.is_not(None),
    )  # fmt: skip
    return connection.execute(query.order_by(table.c.id).with_for_update()).mappings().all()


def _write(writer: Writer, alarm: int, clock: Rescue, now_ms: int) -> None:
    writer.update(alarm, {"rescue": rescue.to_json(clock), "updated_at": now_ms})


class RescueWatch:
    """Raises `rescue_late` where nobody is on site in time."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        now_ms: Callable[[], int],
        rules: Callable[[], RuleSet],
        routes: Callable[[], Routes],
        steady_ms: Callable[[], int],
    ) -> None:
        """`steady_ms` is a clock that nobody sets: the minutes of a rescue are counted by it."""
        self._engine = engine
        self._now_ms = now_ms
        self._clock = ClockWatch(now_ms, steady_ms)
        self._started = False
        self._rules = rules
        self._routes = routes

    def look(self) -> Sequence[AlarmChange]:
        """One look; blocks. Nothing is written while nothing has changed."""
        self._watch_clock()
        now = self._now_ms()
        rule = self._rules().find(RULE)
        if rule is None or not rule.enabled:
            return ()
        with reading(self._engine) as connection:
            late, told = _late(connection, now), _told(connection)
            unmarked = [
                one for one in late.values() if any(not row["rescue"]["late"] for row in one)
            ]
        if late.keys() == told.keys() and not unmarked:
            return ()
        with transaction(self._engine) as connection:
            writer = Writer(connection, self._routes(), now)
            late = _late(connection, now)
            for rows in late.values():
                _mark(writer, rows, now)
                first = to_alarm(rows[0])
                observe_device(
                    writer, rule, _subject(first), holds=True,
                    value=rows[0]["rule"], now_ms=now,
                )  # fmt: skip
            for device, alarm in told.items():
                if device not in late:
                    observe_device(
                        writer, rule, _subject(alarm), holds=False, value=None, now_ms=now
                    )
        return writer.told

    def _watch_clock(self) -> None:
        """Set back or forward, the clock of the machine makes no rescue late, and none later."""
        now, by_ms = self._now_ms(), self._clock.set_by()
        if self._started and not by_ms:
            return
        with transaction(self._engine) as connection:
            for row in _clocks(connection):
                before = rescue.from_json(row["rescue"])
                if before is None or before.over:
                    continue
                after = rescue.clock_set(before, by_ms)
                if not self._started:
                    within = on_site_within().get(row["alarm_class"], after.due_at - after.since)
                    after = rescue.bounded(after, within, now)
                if after != before:
                    table, stored = tables.alarms, rescue.to_json(after)
                    here = sa.update(table).where(table.c.id == row["id"])
                    connection.execute(here.values(rescue=stored))
        self._started = True


def _clocks(connection: sa.Connection) -> Sequence[sa.RowMapping]:
    """Every clock that may still run, those of drills as well."""
    table = tables.alarms
    query = sa.select(table.c.id, table.c.alarm_class, table.c.rescue)
    running = sa.and_(table.c.is_open, table.c.rescue.is_not(None))
    return connection.execute(query.where(running).with_for_update()).mappings().all()


def _mark(writer: Writer, rows: Sequence[sa.RowMapping], now_ms: int) -> None:
    """Note once that a rescue is late, and keep it noted."""
    for row in rows:
        clock = rescue.from_json(row["rescue"])
        if clock is not None and not clock.late:
            stored = rescue.to_json(clock) | {"late": True}
            writer.update(row["id"], {"rescue": stored, "updated_at": now_ms})
            writer.event(row["id"], Transition.RESCUE_LATE, now_ms)


def _late(connection: sa.Connection, now_ms: int) -> Mapping[str, Sequence[sa.RowMapping]]:
    """The alarms of each elevator where somebody has to be on site and nobody is; no tests."""
    table = tables.alarms
    query = sa.select(table).where(table.c.is_open, ~table.c.test, table.c.rescue.is_not(None))
    found: dict[str, list[sa.RowMapping]] = {}
    for row in connection.execute(query.order_by(table.c.id)).mappings():
        clock = rescue.from_json(row["rescue"])
        if clock is not None and clock.overdue(now_ms):
            found.setdefault(row["device"], []).append(row)
    return found


def _told(connection: sa.Connection) -> Mapping[str, Alarm]:
    table = tables.alarms
    query = sa.select(table).where(table.c.is_open, table.c.active, table.c.rule == RULE)
    alarms = (to_alarm(row) for row in connection.execute(query).mappings())
    return {alarm.device: alarm for alarm in alarms}


def _subject(alarm: Alarm) -> Subject:
    return Subject(
        alarm.device, alarm.kind, alarm.device_name, alarm.place, alarm.path, alarm.unplaced,
        alarm.community,
    )  # fmt: skip
