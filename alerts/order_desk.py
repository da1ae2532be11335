"""Makes work orders of alarms by itself, and alarms of what is overdue.

It reads the events of alarms after they are written: nothing here can hold up an alarm. What it has
made, and up to which event, is written in one transaction, so that each order is made once.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlalchemy as sa
import structlog

from alerts import order_evidence, order_rows, tables
from alerts.alarm import ANNOUNCES, Alarm, Transition, told
from alerts.feed import AlarmChange, AlarmFeed
from alerts.order_making import of_alarm
from alerts.order_plans import OVERDUE, WorkPlans
from alerts.routes import Routes
from alerts.rules import RuleSet
from alerts.service_alarm import observe, service_subject
from alerts.service_times import starts_with_alarm
from alerts.watch import place_path
from alerts.work_order_tables import order_alarms, order_cursor, work_orders
from alerts.work_orders import OrderEvent, OrderStep, WorkOrder, late
from alerts.writer import Writer, to_alarm
from collectors.pulse import Pulse
from device_configs.estate import Estate
from records import audit
from records.engine import reading, transaction

_LOG = structlog.get_logger(__name__)
_EVERY_S = 1.0
_CURSOR = "orders"
_EVENTS = 200
"""Events of alarms at most in one transaction, so that nobody waits for it for long."""
_MAKING = sorted(one.value for one in (*ANNOUNCES, Transition.RELEASED))


class OrderDesk:
    """Looks every second. All calls but `run` block."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        now_ms: Callable[[], int],
        plans: Callable[[], WorkPlans],
        routes: Callable[[], Routes],
        rules: Callable[[], RuleSet],
        estate: Callable[[], Estate],
        wake: Callable[[], None] = lambda: None,
        feed: AlarmFeed | None = None,
    ) -> None:
        self._engine = engine
        self._now_ms = now_ms
        self._plans = plans
        self._routes = routes
        self._rules = rules
        self._estate = estate
        self._wake = wake
        self._feed = feed
        self.pulse = Pulse()
        self.reason: str | None = None
        """Why it cannot look; None while it can."""

    async def run(self) -> None:
        """Look every second until cancelled."""
        while True:
            try:
                told_of = await asyncio.to_thread(self.look)
            except sa.exc.SQLAlchemyError as error:
                if self.reason is None:
                    _LOG.error("work orders cannot be looked after", error=str(error))
                self.reason = f"database: {error}"
            else:
                self.reason = None
                self.pulse.beat()
                if told_of:
                    self._wake()
                    if self._feed is not None:
                        self._feed.publish(told_of)
            await asyncio.sleep(_EVERY_S)

    def look(self) -> Sequence[AlarmChange]:
        """Make what is to be made, and raise or end the alarms of what is overdue."""
        while self._make_some():
            pass
        return self._settle_late()

    # ---- orders of alarms ----

    def _make_some(self) -> bool:
        """Look at the next events of alarms; whether there may be more."""
        events = tables.alarm_events
        with reading(self._engine) as connection:
            done = _done_until(connection)
            last = connection.execute(sa.select(sa.func.max(events.c.id))).scalar_one() or 0
        if done is None:
            # Orders are made of what happens from now on, not of a past without them.
            self._note(last, None)
            return False
        if last <= done:
            return False
        until = min(last, done + _EVENTS)
        with transaction(self._engine) as connection:
            order_evidence.lock(connection)
            if _done_until(connection) != done:
                return True
            wanted = sa.select(events.c.alarm).where(
                events.c.id > done, events.c.id <= until, events.c.event.in_(_MAKING)
            )
            for number in dict.fromkeys(connection.execute(wanted.order_by(events.c.id)).scalars()):
                self._see_to(connection, number)
            _move(connection, until)
        return until < last

    def _note(self, event: int, before: int | None) -> None:
        with transaction(self._engine) as connection:
            if _done_until(connection) == before:
                _move(connection, event)

    def _see_to(self, connection: sa.Connection, number: int) -> None:
        """Make the order of an alarm, or let one that is open see to it."""
        query = sa.select(tables.alarms).where(tables.alarms.c.id == number)
        alarm = to_alarm(connection.execute(query).mappings().one())
        entry = self._plans().entry_for(alarm)
        if entry is None or not told(alarm):
            return
        now = self._now_ms()
        known = _open_order_for(connection, alarm)
        if known is None:
            wanted = of_alarm(alarm, entry, audit.SYSTEM.name, now)
            made = order_rows.insert(connection, wanted, now)
            detail = {"alarm": alarm.id, "device": alarm.device, "rule": alarm.rule}
            audit.append(
                connection, audit.SYSTEM, "work_order.created", str(made.id), now, detail
            )  # fmt: skip
            return
        order_rows.link(connection, known, alarm.id)
        order_evidence.add(
            connection, known, OrderEvent.ALARM_AGAIN, now, audit.SYSTEM.name, None,
            {"alarm": alarm.id},
        )  # fmt: skip

    # ---- overdue orders ----

    def _settle_late(self) -> Sequence[AlarmChange]:
        rule = self._rules().find(OVERDUE)
        if rule is None:
            return ()
        now = self._now_ms()
        with reading(self._engine) as connection:
            # Two questions, each by an index: one with OR reads every order there ever was.
            found = {
                row["id"]: order_rows.to_order(row)
                for which in (order_rows.is_late(now), work_orders.c.is_late)
                for row in connection.execute(sa.select(work_orders).where(which)).mappings()
            }
        changed: list[AlarmChange] = []
        for order in found.values():
            if set(late(order, now)) != set(order.late):
                changed += self._settle(order.id, now)
        return changed

    def _settle(self, number: int, now: int) -> Sequence[AlarmChange]:
        rule = self._rules().find(OVERDUE)
        with transaction(self._engine) as connection:
            # The alarms' chain is locked before the orders', as everywhere.
            writer = Writer(connection, self._routes(), now)
            order = order_rows.find(connection, number, to_change=True)
            is_late = late(order, now)
            subject = replace(
                service_subject(order.site), path=place_path(self._estate(), order.site)
            )
            for step in (OrderStep.ACCEPT, OrderStep.ARRIVE, OrderStep.FINISH):
                if (step in is_late) != (step.value in order.late) and rule is not None:
                    observe(
                        writer, rule, point_of(order, step), holds=step in is_late,
                        value=_said(order, step) if step in is_late else None, now_ms=now,
                        subject=subject,
                    )  # fmt: skip
            order_rows.store(connection, replace(order, late=[step.value for step in is_late]))
        return writer.told


def point_of(order: WorkOrder, step: OrderStep) -> str:
    """The point of the alarm that says that a step of an order is overdue."""
    return f"order_{order.id}_{step.value}"


def _said(order: WorkOrder, step: OrderStep) -> str:
    who = order.assignee or order.team or "-"
    about = f", {order.device}" if order.device else ""
    return f"{order.id} {step.value}: {order.title.zh} / {order.title.en}{about}, {who}"


def _open_order_for(connection: sa.Connection, alarm: Alarm) -> int | None:
    """The open order that sees to the same already, the newest first.

    The same is the rule, device and point; of life safety the group: a building on fire, one lift.
    """
    alarms = tables.alarms
    same = sa.and_(
        alarms.c.rule == alarm.rule,
        alarms.c.device == alarm.device,
        alarms.c.point == alarm.point,
    )
    if starts_with_alarm(alarm.alarm_class):
        grouped = sa.func.coalesce(alarms.c.group_id, alarms.c.id) == alarm.group
        same = sa.or_(same, sa.and_(grouped, alarms.c.alarm_class == alarm.alarm_class))
    query = (
        sa.select(work_orders.c.id)
        .join(order_alarms, order_alarms.c.work_order == work_orders.c.id)
        .join(alarms, alarms.c.id == order_alarms.c.alarm)
        .where(work_orders.c.is_open, same)
        .order_by(work_orders.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def _done_until(connection: sa.Connection) -> int | None:
    query = sa.select(order_cursor.c.event).where(order_cursor.c.name == _CURSOR)
    return connection.execute(query).scalar_one_or_none()


def _move(connection: sa.Connection, event: int) -> None:
    here = sa.update(order_cursor).where(order_cursor.c.name == _CURSOR).values(event=event)
    if connection.execute(here).rowcount == 0:
        connection.execute(sa.insert(order_cursor).values(name=_CURSOR, event=event))
