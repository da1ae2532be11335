"""Work orders as the interface shows them."""

from collections.abc import Mapping, Sequence

from alerts.contacts import Team
from alerts.order_rows import Happened
from alerts.order_statistics import Kept, Load, Took
from alerts.work_orders import (
    Answer,
    CheckItem,
    OrderStep,
    Photo,
    WorkOrder,
    late,
)
from api.device_items import both
from api.estate_index import EstateIndex
from api.items import moment
from api.schemas import Labelled
from api.schemas_orders import (
    AgreedTime,
    CheckItemItem,
    OrderDetail,
    OrderEventItem,
    OrderItem,
    PartItem,
    PhotoItem,
    StepTimes,
    TimesKept,
    Workload,
)
from device_configs.quantities import Label

Teams = Mapping[str, Team]


def _fields(order: WorkOrder, index: EstateIndex, teams: Teams, now_ms: int) -> dict[str, object]:
    estate = index.estate
    path = estate.path(order.site)[1:] if order.site in estate.sites else ()
    closed = order.closed_at
    return {
        "id": order.id,
        "origin": order.origin,
        "title": both(order.title),
        # What is of no site, such as sitewatch itself, is of the whole estate.
        "site": order.site or estate.id,
        "site_path": [both(step.name) for step in path],
        "device": order.device,
        "device_name": _device_name(order.device, index),
        "alarm": order.alarm,
        "alarm_class": order.alarm_class,
        "severity": order.severity,
        "plan": order.plan,
        "due_day": order.due_day,
        "created_by": order.created_by,
        "created_at": moment(order.created_at),
        "state": order.state,
        "team": order.team,
        "team_name": _team_name(order.team, teams),
        "assignee": order.assignee,
        "agreed": _agreed(order, now_ms),
        "late": list(late(order, now_ms)),
        "checked": sum(one.answer is not Answer.OPEN for one in order.checklist),
        "items": len(order.checklist),
        "closed_at": None if closed is None else moment(closed),
        "closed_by": order.closed_by,
    }


def to_order_item(order: WorkOrder, index: EstateIndex, teams: Teams, now_ms: int) -> OrderItem:
    """An order in a list."""
    return OrderItem.model_validate(_fields(order, index, teams, now_ms))


def to_order_detail(
    order: WorkOrder,
    index: EstateIndex,
    teams: Teams,
    now_ms: int,
    *,
    steps: Sequence[OrderStep],
    alarms: Sequence[int],
    events: Sequence[Happened],
) -> OrderDetail:
    """An order with everything that happened to it."""
    times = {
        name: None if at is None else moment(at)
        for name, at in (
            ("accepted_at", order.accepted_at),
            ("arrived_at", order.arrived_at),
            ("finished_at", order.finished_at),
        )
    }
    more: dict[str, object] = {
        "steps": list(steps),
        "finished_by": order.finished_by,
        "checklist": [_check_item(one) for one in order.checklist],
        "parts": [PartItem(name=one.name, count=one.count) for one in order.parts],
        "photos": [_photo(one) for one in order.photos],
        "alarms": list(alarms),
        "events": [_event(one) for one in events],
    }
    return OrderDetail.model_validate(_fields(order, index, teams, now_ms) | times | more)


def _device_name(device: str | None, index: EstateIndex) -> Labelled | None:
    if device is None:
        return None
    root, _, part = device.partition("/")
    known = index.estate.devices.get(root)
    if known is None:
        return None
    own = known.parts[part].name if part in known.parts else None
    return both(own or known.name)


def _team_name(team: str | None, teams: Teams) -> Labelled | None:
    found = teams.get(team or "")
    return None if found is None else both(found.name)


def _agreed(order: WorkOrder, now_ms: int) -> list[AgreedTime]:
    passed = late(order, now_ms)
    accepted = order.arrived_at if order.accepted_at is None else order.accepted_at
    return [
        AgreedTime(
            step=step, by=moment(due), reached_at=None if at is None else moment(at),
            late=step in passed,
        )
        for step, due, at in (
            (OrderStep.ACCEPT, order.agreed.accept, accepted),
            (OrderStep.ARRIVE, order.agreed.arrive, order.arrived_at),
            (OrderStep.FINISH, order.agreed.finish, order.finished_at),
        )
        if due is not None
    ]  # fmt: skip


def _check_item(item: CheckItem) -> CheckItemItem:
    return CheckItemItem(
        text=both(item.text), answer=item.answer, remark=item.remark, by=item.by,
        at=None if item.at is None else moment(item.at),
    )  # fmt: skip


def _photo(photo: Photo) -> PhotoItem:
    return PhotoItem(
        sha256=photo.sha256, media_type=photo.media_type, size=photo.size, width=photo.width,
        height=photo.height, by=photo.by, at=moment(photo.at),
    )  # fmt: skip


def _event(event: Happened) -> OrderEventItem:
    return OrderEventItem(
        at=moment(event.at), event=event.event, actor=event.actor, note=event.note,
        detail=dict(event.detail),
    )  # fmt: skip


def to_workload(who: str | None, name: Label | None, load: Load) -> Workload:
    """The orders of somebody."""
    return Workload(
        who=who, name=None if name is None else both(name),
        orders=load.orders, open=load.open, done=load.done, verified=load.verified,
        cancelled=load.cancelled, late=load.late, reopened=load.reopened,
        to_accept=_times(load.to_accept), to_arrive=_times(load.to_arrive),
        to_finish=_times(load.to_finish), on_site=_times(load.on_site),
        to_verify=_times(load.to_verify), kept_accept=_kept(load.kept_accept),
        kept_arrive=_kept(load.kept_arrive), kept_finish=_kept(load.kept_finish),
    )  # fmt: skip


def _kept(kept: Kept) -> TimesKept:
    return TimesKept(agreed=kept.agreed, in_time=kept.in_time)


def to_workloads(loads: Mapping[str | None, Load], names: Mapping[str, Label]) -> list[Workload]:
    """The orders of several, in the order of their ids."""
    return [
        to_workload(who, names.get(who or ""), load)
        for who, load in sorted(loads.items(), key=lambda one: one[0] or "")
    ]


def _times(took: Took) -> StepTimes:
    return StepTimes(count=took.count, mean=took.mean, median=took.median, p90=took.p90)
