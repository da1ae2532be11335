"""Work orders in SQL, inside a transaction of the caller: made, changed, found. All calls block."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from alerts import order_evidence
from alerts.errors import WorkOrderNotFoundError
from alerts.work_order_tables import order_alarms, order_events, work_orders
from alerts.work_orders import (
    CLOSED,
    NOTHING_AGREED,
    OPEN_STATES,
    Agreed,
    Answer,
    CheckItem,
    OrderEvent,
    OrderState,
    Origin,
    Part,
    Photo,
    WorkOrder,
)
from device_configs.quantities import Label


@dataclass(frozen=True)
class Wanted:
    """An order that is to be made. Times are [ms, UTC]."""

    origin: Origin
    title: Label
    site: str
    created_by: str
    device: str | None = None
    alarm: int | None = None
    alarm_class: str | None = None
    severity: str | None = None
    plan: str | None = None
    due_day: str | None = None
    team: str | None = None
    assignee: str | None = None
    agreed: Agreed = NOTHING_AGREED
    checklist: Sequence[Label] = ()
    note: str | None = None


@dataclass(frozen=True)
class Happened:
    """One event of an order."""

    id: int
    at: int
    """[ms, UTC]"""
    event: OrderEvent
    actor: str
    note: str | None
    detail: Mapping[str, object]


@dataclass(frozen=True)
class OrderFilter:
    """Which orders to list; what is not given is not asked."""

    sites: Collection[str] | None = None
    states: Collection[OrderState] = OPEN_STATES
    team: str | None = None
    assignee: str | None = None
    device: str | None = None
    """The device itself and its parts."""
    alarm: int | None = None
    overdue: bool = False


def to_order(row: sa.RowMapping) -> WorkOrder:
    """A row of `work_orders` as an order."""
    return WorkOrder(
        id=row["id"],
        origin=Origin(row["origin"]),
        title=Label(**row["title"]),
        site=row["site"],
        device=row["device"],
        alarm=row["alarm"],
        alarm_class=row["alarm_class"],
        severity=row["severity"],
        plan=row["plan"],
        due_day=row["due_day"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        agreed=Agreed(row["accept_by"], row["arrive_by"], row["finish_by"]),
        state=OrderState(row["state"]),
        team=row["team"],
        assignee=row["assignee"],
        accepted_at=row["accepted_at"],
        arrived_at=row["arrived_at"],
        finished_at=row["finished_at"],
        finished_by=row["finished_by"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        checklist=tuple(_item(one) for one in row["checklist"]),
        parts=tuple(Part(**one) for one in row["parts"]),
        photos=tuple(Photo(**one) for one in row["photos"]),
        late=tuple(row["late"]),
    )


def _item(stored: Mapping[str, Any]) -> CheckItem:
    return CheckItem(
        Label(**stored["text"]), Answer(stored["answer"]), stored["remark"], stored["by"],
        stored["at"],
    )  # fmt: skip


def _items(checklist: Sequence[CheckItem]) -> list[dict[str, object]]:
    return [
        {"text": one.text.model_dump(), "answer": one.answer.value, "remark": one.remark,
         "by": one.by, "at": one.at}
        for one in checklist
    ]  # fmt: skip


def _state(order: WorkOrder) -> dict[str, object]:
    """The columns that change in the life of an order."""
    return {
        "state": order.state.value,
        "is_open": not order.closed,
        "team": order.team,
        "assignee": order.assignee,
        "accepted_at": order.accepted_at,
        "arrived_at": order.arrived_at,
        "finished_at": order.finished_at,
        "finished_by": order.finished_by,
        "closed_at": order.closed_at,
        "closed_by": order.closed_by,
        "checklist": _items(order.checklist),
        "parts": [asdict(one) for one in order.parts],
        "photos": [asdict(one) for one in order.photos],
        "late": list(order.late),
        "is_late": bool(order.late),
    }


def insert(connection: sa.Connection, wanted: Wanted, now_ms: int) -> WorkOrder:
    """Make an order, with its first event and the link to its alarm."""
    order_evidence.lock(connection)
    order = WorkOrder(
        id=0, origin=wanted.origin, title=wanted.title, site=wanted.site, device=wanted.device,
        alarm=wanted.alarm, alarm_class=wanted.alarm_class, severity=wanted.severity,
        plan=wanted.plan, due_day=wanted.due_day, created_by=wanted.created_by,
        created_at=now_ms, agreed=wanted.agreed,
        state=OrderState.OPEN if wanted.assignee is None else OrderState.ASSIGNED,
        team=wanted.team, assignee=wanted.assignee,
        checklist=tuple(CheckItem(text) for text in wanted.checklist),
    )  # fmt: skip
    values = _state(order) | {
        "origin": order.origin.value, "title": order.title.model_dump(), "site": order.site,
        "device": order.device, "alarm": order.alarm, "alarm_class": order.alarm_class,
        "severity": order.severity, "plan": order.plan, "due_day": order.due_day,
        "created_by": order.created_by, "created_at": order.created_at,
        "accept_by": order.agreed.accept, "arrive_by": order.agreed.arrive,
        "finish_by": order.agreed.finish,
    }  # fmt: skip
    key = connection.execute(sa.insert(work_orders).values(**values)).inserted_primary_key
    assert key is not None  # noqa: S101  (an insert of one row always has its key)
    number = int(key[0])
    detail = {
        "title": order.title.model_dump(), "team": order.team, "assignee": order.assignee,
        "checklist": [text.model_dump() for text in wanted.checklist],
        "agreed": asdict(order.agreed),
    }  # fmt: skip
    order_evidence.add(
        connection, number, OrderEvent.CREATED, now_ms, wanted.created_by, wanted.note, detail
    )
    if wanted.alarm is not None:
        link(connection, number, wanted.alarm)
    return find(connection, number)


def link(connection: sa.Connection, order: int, alarm: int) -> bool:
    """Let an order see to an alarm; whether it did not before."""
    there = sa.select(order_alarms).where(
        order_alarms.c.alarm == alarm, order_alarms.c.work_order == order
    )
    if connection.execute(there).first() is not None:
        return False
    connection.execute(sa.insert(order_alarms).values(alarm=alarm, work_order=order))
    return True


def find(connection: sa.Connection, number: int, *, to_change: bool = False) -> WorkOrder:
    """One order; locked where it is to be changed.

    Raises:
        WorkOrderNotFoundError: there is none of this number.
    """
    query = sa.select(work_orders).where(work_orders.c.id == number)
    if to_change:
        order_evidence.lock(connection)
        query = query.with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise WorkOrderNotFoundError(number)
    return to_order(row)


def store(connection: sa.Connection, order: WorkOrder) -> None:
    """Write what has changed of an order."""
    here = work_orders.c.id == order.id
    connection.execute(sa.update(work_orders).where(here).values(**_state(order)))


def listed(
    connection: sa.Connection, chosen: OrderFilter, now_ms: int, limit: int, after: int | None
) -> tuple[WorkOrder, ...]:
    """Orders, newest first; `after` is the number of the last one seen."""
    query = sa.select(work_orders).order_by(work_orders.c.id.desc()).limit(limit)
    query = query.where(*_asked(chosen, now_ms))
    if after is not None:
        query = query.where(work_orders.c.id < after)
    return tuple(to_order(row) for row in connection.execute(query).mappings())


def _asked(chosen: OrderFilter, now_ms: int) -> list[sa.ColumnElement[bool]]:
    columns = work_orders.c
    asked: list[sa.ColumnElement[bool]] = []
    if set(chosen.states) != set(OrderState):
        asked.append(columns.state.in_([state.value for state in chosen.states]))
    if CLOSED.isdisjoint(chosen.states):
        # The few that are open are found without reading all that ever were.
        asked.append(columns.is_open)
    if chosen.sites is not None:
        asked.append(columns.site.in_(sorted(chosen.sites)))
    if chosen.team is not None:
        asked.append(columns.team == chosen.team)
    if chosen.assignee is not None:
        asked.append(columns.assignee == chosen.assignee)
    if chosen.device is not None:
        part = columns.device.startswith(f"{chosen.device}/", autoescape=True)
        asked.append(sa.or_(columns.device == chosen.device, part))
    if chosen.alarm is not None:
        linked = sa.select(order_alarms.c.work_order).where(order_alarms.c.alarm == chosen.alarm)
        asked.append(columns.id.in_(linked))
    if chosen.overdue:
        asked.append(is_late(now_ms))
    return asked


def is_late(now_ms: int) -> sa.ColumnElement[bool]:
    """Whether an agreed time has passed without it: as `alerts.work_orders.late`."""
    columns = work_orders.c
    accepted = sa.func.coalesce(columns.accepted_at, columns.arrived_at)
    return sa.and_(
        columns.is_open,
        sa.or_(
            sa.and_(columns.accept_by <= now_ms, accepted.is_(None)),
            sa.and_(columns.arrive_by <= now_ms, columns.arrived_at.is_(None)),
            sa.and_(columns.finish_by <= now_ms, columns.finished_at.is_(None)),
        ),
    )


def events(connection: sa.Connection, order: int) -> tuple[Happened, ...]:
    """What happened to an order, oldest first."""
    query = sa.select(order_events).where(order_events.c.work_order == order)
    return tuple(
        Happened(
            row["id"], row["at"], OrderEvent(row["event"]), row["actor"], row["note"],
            json.loads(row["detail"]),
        )
        for row in connection.execute(query.order_by(order_events.c.id)).mappings()
    )  # fmt: skip


def alarms_of(connection: sa.Connection, order: int) -> tuple[int, ...]:
    """The alarms that an order sees to."""
    query = sa.select(order_alarms.c.alarm).where(order_alarms.c.work_order == order)
    return tuple(connection.execute(query.order_by(order_alarms.c.alarm)).scalars())


def made_between(
    connection: sa.Connection, start: int, end: int, sites: Collection[str] | None
) -> tuple[tuple[WorkOrder, ...], frozenset[int]]:
    """The orders made from `start` until `end` [ms, UTC], and which of them were reopened."""
    columns = work_orders.c
    made = sa.and_(columns.created_at >= start, columns.created_at < end)
    if sites is not None:
        made = sa.and_(made, columns.site.in_(sorted(sites)))
    orders = tuple(
        to_order(row) for row in connection.execute(sa.select(work_orders).where(made)).mappings()
    )
    reopened = (
        sa.select(order_events.c.work_order)
        .join(work_orders, columns.id == order_events.c.work_order)
        .where(made, order_events.c.event == OrderEvent.REOPENED.value)
    )
    return orders, frozenset(connection.execute(reopened).scalars())
