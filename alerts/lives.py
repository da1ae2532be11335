"""Reads what happened to alarms, for the figures of `alerts.kpi`."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from alerts import rescue, tables
from alerts.alarm import Finding, Rescue, Severity, Transition
from alerts.kpi import Life, Step
from alerts.work_order_tables import order_alarms, order_events
from alerts.work_orders import OrderEvent
from device_configs.estate import Estate
from device_configs.quantities import Label


@dataclass(frozen=True)
class Placed:
    """A life with where it was lived."""

    life: Life
    place: str
    path: tuple[str, ...]
    """Ids from the community down to the place, as they were when it was raised."""
    title: Label
    """What the alarm says, with the words of the table of fault codes where there is one."""
    rescue: Rescue | None = None
    """The clock of people who are trapped."""


def lives(
    connection: sa.Connection, start: int, end: int, places: Collection[str] | None = None
) -> list[Placed]:
    """Every alarm that was open at some time from `start` until `end` [ms, UTC].

    Args:
        connection: any connection.
        start: the first moment.
        end: the first moment after it.
        places: those to look at, all of them if None.
    """
    alarms, events = tables.alarms, tables.alarm_events
    lived = sa.and_(
        alarms.c.raised_at < end,
        sa.or_(alarms.c.cleared_at.is_(None), alarms.c.cleared_at >= start),
    )
    rows = [
        row
        for row in connection.execute(sa.select(alarms).where(lived)).mappings()
        if places is None or row["place"] in places
    ]
    happened = sa.select(events.c.alarm, events.c.at, events.c.event, events.c.value)
    steps: dict[int, list[Step]] = defaultdict(list)
    joined = happened.join(alarms, alarms.c.id == events.c.alarm).where(lived)
    for row in connection.execute(joined.order_by(events.c.id)).mappings():
        steps[row["alarm"]].append(_step(row))
    arrived = _arrivals(connection, lived, end)
    return [_placed(row, steps[row["id"]], arrived.get(row["id"])) for row in rows]


def _arrivals(connection: sa.Connection, lived: sa.ColumnElement[bool], end: int) -> dict[int, int]:
    """When somebody was first on site for an alarm, by its work orders, after it was raised."""
    alarms = tables.alarms
    at = sa.func.min(order_events.c.at)
    query = (
        sa.select(alarms.c.id, at)
        .select_from(alarms)
        .join(order_alarms, order_alarms.c.alarm == alarms.c.id)
        .join(order_events, order_events.c.work_order == order_alarms.c.work_order)
        .where(lived, order_events.c.event == OrderEvent.ARRIVED.value)
        .where(order_events.c.at >= alarms.c.raised_at, order_events.c.at < end)
        .group_by(alarms.c.id)
    )
    return {number: first for number, first in connection.execute(query)}


def _step(row: sa.RowMapping) -> Step:
    event = Transition(row["event"])
    found = Finding(row["value"]) if event is Transition.FOUND else None
    return Step(row["at"], event, found)


def _placed(row: sa.RowMapping, steps: list[Step], arrived_at: int | None) -> Placed:
    # By a work order or by the rescue clock, whichever was first.
    rescued_at = next((one.at for one in steps if one.event is Transition.RESCUE_ON_SITE), None)
    life = Life(
        key=(row["rule"], row["device"], row["point"]),
        alarm_class=row["alarm_class"],
        severity=Severity(row["severity"]),
        test=row["test"],
        steps=steps,
        arrived_at=min((one for one in (arrived_at, rescued_at) if one is not None), default=None),
    )
    path = tuple(step["id"] for step in row["path"])
    clock = rescue.from_json(row["rescue"])
    return Placed(life, row["place"], path, Label(**row["title"]), clock)


def is_in(one: Placed, site: str, estate: Estate) -> bool:
    """Whether an alarm belongs to a site; all do to the estate, also those of places now gone."""
    return site == estate.id or site == one.place or site in one.path
