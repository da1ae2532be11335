"""What the alarm desk needs beside the alarms: incidents, classes, and who was told."""

from typing import Annotated

from fastapi import APIRouter, Query

from alerts.alarm import Hold, Severity
from alerts.alarm_filter import AlarmFilter, Show
from api.auth import Asking
from api.desk_items import to_classes, to_groups, to_telling
from api.parts_of_app import Behind, IndexOfNow
from api.routes.alarms import Id, find_alarm, sites_of
from api.schemas_desk import AlarmClasses, AlarmGroupPage, TellingItem

router = APIRouter(tags=["alarms"])


@router.get("/alarms/groups")
def get_alarm_groups(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    state: Annotated[Show, Query(description="open and its parts")] = Show.OPEN,
    site: str | None = None,
    severity: Severity | None = None,
    alarm_class: str | None = None,
    held: Hold | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AlarmGroupPage:
    """Alarms folded by incident, the most urgent first; the counts are of all that fit."""
    sites = sites_of(caller, index, site)
    asked = AlarmFilter(state, sites, severity, alarm_class=alarm_class, held=held)
    return to_groups(house.alarms.groups(asked, limit))


@router.get("/alarms/{alarm}/notifications")
def get_alarm_notifications(
    alarm: Id, caller: Asking, house: Behind, index: IndexOfNow
) -> TellingItem:
    """Who was told of an alarm, by which channel, with what success; and who is told next."""
    find_alarm(house, caller, index, alarm)
    return to_telling(house.alarms.telling(alarm))


@router.get("/alarm-classes")
def get_alarm_classes(caller: Asking) -> AlarmClasses:
    """The classes of alarms, and how long each may be put aside."""
    del caller
    return to_classes()
