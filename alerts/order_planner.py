"""Makes the work orders of maintenance plans, each device and due day once. All calls block.

How far a plan is made for a device is stored with the orders. Days that passed while the service
was off are made afterwards: maintenance that nobody was asked for is missing all the same.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from alerts import order_evidence, order_rows
from alerts.order_making import of_plan
from alerts.order_plans import PlanEntry, WorkPlans
from alerts.work_order_tables import plan_days, work_orders
from device_configs.estate import Estate
from records import audit
from records.engine import reading, transaction

_AT_ONCE = 20
"""Devices in one transaction, so that no alarm waits for it for long."""


@dataclass(frozen=True)
class _Due:
    device: str
    days: Sequence[dt.date]
    until: dt.date


class OrderPlanner:
    """Makes what is due by now."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        now_ms: Callable[[], int],
        plans: Callable[[], WorkPlans],
        estate: Callable[[], Estate],
    ) -> None:
        self._engine = engine
        self._now_ms = now_ms
        self._plans = plans
        self._estate = estate

    def make_due(self) -> int:
        """Make every order whose lead time has begun; how many were made."""
        estate, plans = self._estate(), self._plans().plans
        now = dt.datetime.fromtimestamp(self._now_ms() / 1000, estate.timezone)
        made = 0
        for plan in plans:
            subjects = tuple(plan.subjects(estate))
            self._forget(plan.plan, subjects)
            due = self._due(plan, subjects, now.date())
            for start in range(0, len(due), _AT_ONCE):
                made += self._make(plan, due[start : start + _AT_ONCE], estate)
        self._forget_plans({plan.plan for plan in plans})
        return made

    def _due(self, plan: PlanEntry, subjects: Sequence[str], today: dt.date) -> list[_Due]:
        query = sa.select(plan_days.c.device, plan_days.c.made_until)
        with reading(self._engine) as connection:
            rows = connection.execute(query.where(plan_days.c.plan == plan.plan)).all()
        known = {row.device: dt.date.fromisoformat(row.made_until) for row in rows}
        until = today + dt.timedelta(days=plan.lead_days)
        found = []
        for device in subjects:
            # The day on which a plan is taken up may be a due day.
            after = known.get(device, today - dt.timedelta(days=1))
            if until > after:
                days = tuple(plan.due_days(device, after + dt.timedelta(days=1), until))
                if days or device not in known:
                    found.append(_Due(device, days, until))
        return found

    def _make(self, plan: PlanEntry, due: Sequence[_Due], estate: Estate) -> int:
        now, made = self._now_ms(), 0
        with transaction(self._engine) as connection:
            order_evidence.lock(connection)
            for one in due:
                site = estate.place_of(one.device) or estate.id
                for day in one.days:
                    if _is_made(connection, plan.plan, one.device, day):
                        continue
                    wanted = of_plan(
                        plan, one.device, site, day, estate.timezone, audit.SYSTEM.name
                    )
                    order = order_rows.insert(connection, wanted, now)
                    detail = {"plan": plan.plan, "device": one.device, "due": day.isoformat()}
                    audit.append(
                        connection, audit.SYSTEM, "work_order.created", str(order.id), now, detail
                    )
                    made += 1
                _move(connection, plan.plan, one.device, one.until)
        return made

    def _forget(self, plan: str, subjects: Sequence[str]) -> None:
        """A device that comes back later begins anew: nobody missed its days in between."""
        query = sa.select(plan_days.c.device).where(plan_days.c.plan == plan)
        with reading(self._engine) as connection:
            gone = set(connection.execute(query).scalars()) - set(subjects)
        self._delete(sa.and_(plan_days.c.plan == plan, plan_days.c.device.in_(gone)), gone)

    def _forget_plans(self, plans: set[str]) -> None:
        with reading(self._engine) as connection:
            gone = set(connection.execute(sa.select(plan_days.c.plan)).scalars()) - plans
        self._delete(plan_days.c.plan.in_(gone), gone)

    def _delete(self, which: sa.ColumnElement[bool], gone: set[str]) -> None:
        if gone:
            with transaction(self._engine) as connection:
                connection.execute(sa.delete(plan_days).where(which))


def _is_made(connection: sa.Connection, plan: str, device: str, day: dt.date) -> bool:
    columns = work_orders.c
    query = sa.select(columns.id).where(
        columns.plan == plan, columns.device == device, columns.due_day == day.isoformat()
    )
    return connection.execute(query).first() is not None


def _move(connection: sa.Connection, plan: str, device: str, until: dt.date) -> None:
    here = sa.and_(plan_days.c.plan == plan, plan_days.c.device == device)
    values = {"made_until": until.isoformat()}
    if connection.execute(sa.update(plan_days).where(here).values(**values)).rowcount == 0:
        new = sa.insert(plan_days).values(plan=plan, device=device, **values)
        connection.execute(new)
