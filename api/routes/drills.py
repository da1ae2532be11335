"""Drills: announced beforehand, they mark alarms and never suppress one."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query

from alerts.drill_rows import WantedDrill
from alerts.drills import Drill
from alerts.holdings import Noted
from api.auth import Asking, Caller
from api.errors import Refusal
from api.hold_items import check_scope, in_ms, is_visible, to_drill_item
from api.parts_of_app import Behind, IndexOfNow
from api.schemas_holds import DrillItem, DrillPage, DrillRequest
from records import audit

router = APIRouter(tags=["drills"])
Id = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/drills")
def get_drills(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> DrillPage:
    """Announced drills, newest first; `next` of a page is `after` of the next one."""
    found = house.alarms.holds.drills(limit, after)
    now = house.now_ms()
    seen = [one for one in found if is_visible(caller, index, one.site, one.devices)]
    return DrillPage(
        items=[to_drill_item(one, now) for one in seen],
        next=str(found[-1].id) if len(found) == limit else None,
    )


@router.post("/drills", status_code=201)
def post_drill(
    request: DrillRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> DrillItem:
    """Announce a drill: alarms of its class at what it names are marked, and told to the desk."""
    check_scope(caller, index, request.site, request.devices)
    known = house.rules().classes.get(request.alarm_class)
    if known is None:
        raise Refusal("invalid", f"alarm_class: there is no {request.alarm_class!r}")
    if not known.drillable:
        raise Refusal("invalid", f"alarm_class: {request.alarm_class!r} is never a drill")
    now = house.now_ms()
    start = now if request.starts_at is None else in_ms(request.starts_at, "starts_at")
    wanted = WantedDrill(
        request.owner, request.reason, request.alarm_class, request.site,
        tuple(request.devices), start, in_ms(request.ends_at, "ends_at"),
    )  # fmt: skip
    drill = house.alarms.holds.announce(
        wanted, caller.actor.name, now, _audited(caller, "drill.announced", now)
    )
    return to_drill_item(drill, now)


@router.post("/drills/{drill}/end")
def post_drill_end(drill: Id, caller: Asking, house: Behind, index: IndexOfNow) -> DrillItem:
    """End a drill before its time; what is still active becomes real."""
    found = house.alarms.holds.drill(drill)
    if not is_visible(caller, index, found.site, found.devices):
        raise Refusal("not_found", f"there is no drill {drill}")
    now = house.now_ms()
    also = _audited(caller, "drill.ended", now)
    return to_drill_item(house.alarms.holds.end_drill(drill, caller.actor.name, now, also), now)


def _audited(caller: Caller, action: str, now: int) -> Noted[Drill]:
    """The audit row of what is done to a drill, written with it or not at all."""

    def write(connection: sa.Connection, drill: Drill) -> None:
        detail = {
            "owner": drill.owner, "reason": drill.reason, "alarm_class": drill.alarm_class,
            "site": drill.site, "devices": list(drill.devices), "starts_at": drill.starts_at,
            "ends_at": drill.ends_at,
        }  # fmt: skip
        audit.append(connection, caller.actor, action, str(drill.id), now, detail)

    return write
