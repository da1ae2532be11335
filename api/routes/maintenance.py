"""Maintenance windows: what is out of service, by whose word and until when."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query

from alerts.holdings import Noted
from alerts.maintenance import Scope, Window
from alerts.maintenance_rows import WantedWindow
from api.auth import Asking, Caller
from api.errors import Refusal
from api.estate_index import EstateIndex
from api.hold_items import check_scope, in_ms, is_visible, to_window_item
from api.house import House
from api.parts_of_app import Behind, IndexOfNow
from api.schemas_holds import WindowItem, WindowPage, WindowRequest
from records import audit

router = APIRouter(tags=["maintenance"])
Id = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/maintenance")
def get_maintenance(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> WindowPage:
    """Maintenance windows, newest first; `next` of a page is `after` of the next one."""
    found = house.alarms.holds.windows(limit, after)
    now = house.now_ms()
    seen = [one for one in found if _is_visible(one, caller, index)]
    return WindowPage(
        items=[to_window_item(one, now) for one in seen],
        next=str(found[-1].id) if len(found) == limit else None,
    )


@router.post("/maintenance", status_code=201)
def post_maintenance(
    request: WindowRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> WindowItem:
    """Plan a window; alarms inside are recorded and shown, and nobody is told of them."""
    check_scope(caller, index, request.site, request.devices)
    rules = house.rules()
    for name, given, known in (
        ("rules", request.rules, rules.rules),
        ("classes", request.classes, rules.classes),
    ):
        unknown = [one for one in given if one not in known]
        if unknown:
            raise Refusal("invalid", f"{name}: there is no {unknown[0]!r}")
    now = house.now_ms()
    scope = Scope(
        request.site, tuple(request.devices), tuple(request.rules), tuple(request.classes)
    )
    start = now if request.starts_at is None else in_ms(request.starts_at, "starts_at")
    wanted = WantedWindow(
        request.owner, request.reason, scope, start, in_ms(request.ends_at, "ends_at")
    )
    also = _audited(caller, "maintenance.planned", now)
    window = house.alarms.holds.plan(wanted, caller.actor.name, now, also)
    return to_window_item(window, now)


@router.post("/maintenance/{window}/confirm")
def post_window_confirm(window: Id, caller: Asking, house: Behind, index: IndexOfNow) -> WindowItem:
    """The second person's word, without which life safety stays in service."""
    found = _find(house, caller, index, window)
    check_scope(caller, index, found.scope.site, found.scope.devices)
    if caller.person is None:
        raise Refusal("forbidden", "only a person can be the second person")
    now = house.now_ms()
    also = _audited(caller, "maintenance.confirmed", now)
    return to_window_item(house.alarms.holds.confirm(window, caller.actor.name, now, also), now)


@router.post("/maintenance/{window}/end")
def post_window_end(window: Id, caller: Asking, house: Behind, index: IndexOfNow) -> WindowItem:
    """End a window before its time; what is still active is told as new."""
    _find(house, caller, index, window)
    now = house.now_ms()
    also = _audited(caller, "maintenance.ended", now)
    return to_window_item(house.alarms.holds.end_window(window, caller.actor.name, now, also), now)


def _find(house: House, caller: Caller, index: EstateIndex, number: int) -> Window:
    window = house.alarms.holds.window(number)
    if not _is_visible(window, caller, index):
        raise Refusal("not_found", f"there is no maintenance window {number}")
    return window


def _is_visible(window: Window, caller: Caller, index: EstateIndex) -> bool:
    return is_visible(caller, index, window.scope.site, window.scope.devices)


def _audited(caller: Caller, action: str, now: int) -> Noted[Window]:
    """The audit row of what is done to a window, written with it or not at all."""

    def write(connection: sa.Connection, window: Window) -> None:
        scope = window.scope
        detail = {
            "owner": window.owner, "reason": window.reason, "site": scope.site,
            "devices": list(scope.devices), "rules": list(scope.rules),
            "classes": list(scope.classes), "starts_at": window.starts_at,
            "ends_at": window.ends_at,
        }  # fmt: skip
        audit.append(connection, caller.actor, action, str(window.id), now, detail)

    return write
