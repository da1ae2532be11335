"""Alarms: the list, one alarm's life, and what people do about it."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query

from alerts.alarm import Alarm, Hold, Severity
from alerts.alarm_filter import AlarmFilter, Show
from alerts.repository import Also
from api.alarm_items import to_alarm_item, to_event_item
from api.auth import Asking, Caller
from api.errors import Refusal
from api.estate_index import EstateIndex
from api.house import House
from api.parts_of_app import Behind, IndexOfNow
from api.schemas import AckRequest, AlarmEvent, AlarmItem, AlarmPage, FindingRequest
from api.schemas_holds import ShelveRequest
from records import audit

router = APIRouter(tags=["alarms"])
MAX_NOTE = 2000
Id = Annotated[int, Path(ge=1, le=2**53)]


def sites_of(caller: Caller, index: EstateIndex, site: str | None) -> frozenset[str] | None:
    """The sites to filter by; None for whoever sees all, places that are gone included."""
    if site in (None, index.estate.id) and caller.everywhere(index.estate):
        return None
    return caller.within(index.estate, site)


def find_alarm(house: House, caller: Caller, index: EstateIndex, alarm: int) -> Alarm:
    """An alarm that the caller may see.

    Raises:
        Refusal: `not_found`, there is none, or not for the caller.
        AlarmNotFoundError: there is none of this number.
    """
    found = house.alarms.get(alarm)
    sites = sites_of(caller, index, None)
    if sites is not None and found.place not in sites:
        raise Refusal("not_found", f"there is no alarm {alarm}")
    return found


@router.get("/alarms")
def get_alarms(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    state: Show = Show.OPEN,
    site: str | None = None,
    severity: Severity | None = None,
    device: str | None = None,
    alarm_class: str | None = None,
    held: Hold | None = None,
    group: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> AlarmPage:
    """Alarms, newest first; `next` of a page is `after` of the next one."""
    sites = sites_of(caller, index, site)
    asked = AlarmFilter(state, sites, severity, device, alarm_class, held, group)
    page = house.alarms.page(limit=limit, after=after, asked=asked)
    return AlarmPage(
        items=[to_alarm_item(alarm) for alarm in page.items],
        next=None if page.next is None else str(page.next),
    )


@router.get("/alarms/{alarm}")
def get_alarm(alarm: Id, caller: Asking, house: Behind, index: IndexOfNow) -> AlarmItem:
    """One alarm."""
    return to_alarm_item(find_alarm(house, caller, index, alarm))


@router.get("/alarms/{alarm}/events")
def get_alarm_events(
    alarm: Id, caller: Asking, house: Behind, index: IndexOfNow
) -> list[AlarmEvent]:
    """What happened to an alarm, oldest first."""
    find_alarm(house, caller, index, alarm)
    return [to_event_item(event) for event in house.alarms.events(alarm)]


def _note(request: AckRequest | None) -> str | None:
    note = (request.note or "").strip() if request else ""
    if len(note) > MAX_NOTE:
        raise Refusal("invalid", f"note: at most {MAX_NOTE} characters")
    return note or None


@router.post("/alarms/{alarm}/ack")
def post_alarm_ack(
    alarm: Id,
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    request: AckRequest | None = None,
) -> AlarmItem:
    """Say that the alarm was seen; once more changes nothing."""
    find_alarm(house, caller, index, alarm)
    note, now = _note(request), house.now_ms()
    also = _audited(caller, "alarm.acknowledged", note, now)
    return to_alarm_item(house.alarms.acknowledge(alarm, caller.actor.name, note, now, also=also))


@router.post("/alarms/{alarm}/reset")
def post_alarm_reset(
    alarm: Id,
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    request: AckRequest | None = None,
) -> AlarmItem:
    """End a latched alarm; the note, which is required, says what was found on site."""
    find_alarm(house, caller, index, alarm)
    note, now = _note(request), house.now_ms()
    also = _audited(caller, "alarm.reset", note, now)
    return to_alarm_item(house.alarms.reset(alarm, caller.actor.name, note, now, also=also))


@router.post("/alarms/{alarm}/shelve")
def post_alarm_shelve(
    alarm: Id, request: ShelveRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> AlarmItem:
    """Put an alarm aside for a time: it is judged and shown, and nobody is told of it."""
    find_alarm(house, caller, index, alarm)
    now = house.now_ms()
    also = _audited(caller, "alarm.shelved", request.reason, now)
    duration = None if request.duration_s is None else request.duration_s * 1000
    shelved = house.alarms.holds.shelve(
        alarm, caller.actor.name, request.reason, now,
        duration_ms=duration, once=request.once, also=also,
    )  # fmt: skip
    return to_alarm_item(shelved)


@router.post("/alarms/{alarm}/unshelve")
def post_alarm_unshelve(
    alarm: Id,
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    request: AckRequest | None = None,
) -> AlarmItem:
    """Take an alarm from its shelf; if it is still active it is told as new."""
    find_alarm(house, caller, index, alarm)
    note, now = _note(request), house.now_ms()
    also = _audited(caller, "alarm.unshelved", note, now)
    return to_alarm_item(
        house.alarms.holds.unshelve(alarm, caller.actor.name, note, now, also=also)
    )


@router.post("/alarms/{alarm}/finding")
def post_alarm_finding(
    alarm: Id, request: FindingRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> AlarmItem:
    """Note what the alarm turned out to be, also once it is closed; the newest finding counts."""
    find_alarm(house, caller, index, alarm)
    note, now = _note(AckRequest(note=request.note)), house.now_ms()
    also = _audited(caller, "alarm.found", f"{request.finding.value}: {note or ''}", now)
    found = house.alarms.find(alarm, caller.actor.name, request.finding, note, now, also=also)
    return to_alarm_item(found)


def _audited(caller: Caller, action: str, note: str | None, now: int) -> Also:
    """The audit row of what is done to an alarm, written with it or not at all."""

    def write(connection: sa.Connection, alarm: Alarm) -> None:
        detail = {"rule": alarm.rule, "device": alarm.device, "point": alarm.point, "note": note}
        audit.append(connection, caller.actor, action, str(alarm.id), now, detail)

    return write
