"""Maintenance windows and drills as the interface shows them, and what a request may name."""

import datetime as dt
from collections.abc import Sequence

from alerts.drills import Drill
from alerts.maintenance import Window, needs_two_persons
from api.auth import Caller
from api.errors import Refusal
from api.estate_index import EstateIndex
from api.items import moment
from api.schemas_holds import DrillItem, WindowItem


def to_window_item(window: Window, now_ms: int) -> WindowItem:
    """A maintenance window."""
    confirmed = window.confirmed_at
    return WindowItem(
        id=window.id,
        owner=window.owner,
        reason=window.reason,
        site=window.scope.site,
        devices=list(window.scope.devices),
        rules=list(window.scope.rules),
        classes=list(window.scope.classes),
        starts_at=moment(window.starts_at),
        ends_at=moment(window.ends_at),
        created_by=window.created_by,
        created_at=moment(window.created_at),
        confirmed_by=window.confirmed_by,
        confirmed_at=None if confirmed is None else moment(confirmed),
        ended_by=window.ended_by,
        needs_second_person=needs_two_persons(window.scope) and window.confirmed_by is None,
        running=window.runs(now_ms),
    )


def to_drill_item(drill: Drill, now_ms: int) -> DrillItem:
    """An announced drill."""
    return DrillItem(
        id=drill.id,
        owner=drill.owner,
        reason=drill.reason,
        alarm_class=drill.alarm_class,
        site=drill.site,
        devices=list(drill.devices),
        starts_at=moment(drill.starts_at),
        ends_at=moment(drill.ends_at),
        created_by=drill.created_by,
        created_at=moment(drill.created_at),
        ended_by=drill.ended_by,
        running=drill.runs(now_ms),
    )


def in_ms(at: dt.datetime, field: str) -> int:
    """A moment of a request [ms, UTC].

    Raises:
        Refusal: it has no zone, so nobody can know when it is.
    """
    if at.tzinfo is None:
        raise Refusal("invalid", f"{field}: give the zone as well, such as 2026-11-25T08:00:00Z")
    return round(at.timestamp() * 1000)


def check_scope(
    caller: Caller, index: EstateIndex, site: str | None, devices: Sequence[str]
) -> None:
    """Hold what a request names against what the caller may see.

    Raises:
        Refusal: `not_found`, there is no such site or device, or not for the caller.
    """
    visible = caller.within(index.estate, None)
    if site is not None:
        caller.within(index.estate, site)
    for device in devices:
        index.device(device, visible)


def is_visible(
    caller: Caller, index: EstateIndex, site: str | None, devices: Sequence[str]
) -> bool:
    """Whether something with this scope touches what the caller may see."""
    if caller.everywhere(index.estate):
        return True
    visible = caller.visible(index.estate)
    if site is not None:
        return not index.estate.below(site).isdisjoint(visible)
    return any(index.place_of(device) in visible for device in devices)
