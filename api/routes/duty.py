"""The duty list: contacts, teams, schedules, who is on duty, and roll-calls of duty desks."""

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from alerts import duty_book
from alerts.contacts import Contact, DutyList, Holiday, Team
from alerts.duty import Schedule, gaps, handover, on_duty, turns
from alerts.duty_audit import GAP_AHEAD_MS
from alerts.roll_call import RollCall
from api.auth import Asking, Caller
from api.errors import Refusal
from api.house import House
from api.items import moment
from api.parts_of_app import Behind, IndexOfNow
from api.schemas_duty import DutyTurn, NewRollCall, OnDuty, RollCallItem, RollCallPage
from device_configs.estate import Estate
from records.engine import reading, transaction

router = APIRouter(tags=["duty"])
_FIRST_DAY, _LAST_DAY = dt.date(2000, 1, 1), dt.date(2199, 12, 31)


def _everywhere(caller: Caller, estate: Estate) -> None:
    """The list holds phone numbers of the whole estate, and is not cut by site."""
    if not caller.everywhere(estate):
        raise Refusal("not_found")


def _put(house: House, caller: Caller, entry: duty_book.Entry) -> None:
    with transaction(house.engine) as connection:
        duty_book.put(connection, entry, caller.actor, house.now_ms())


def _remove(house: House, caller: Caller, kind: str, id_: str) -> Response:
    with transaction(house.engine) as connection:
        if not duty_book.remove(connection, kind, id_, caller.actor, house.now_ms()):
            raise Refusal("not_found", f"there is no {kind} {id_!r}")
    return Response(status_code=204)


def _same(id_: str, given: str) -> None:
    if id_ != given:
        raise Refusal("invalid", f"id: {given!r} is not the {id_!r} of the address")


@router.get("/duty")
def get_duty(caller: Asking, house: Behind, index: IndexOfNow) -> DutyList:
    """The whole list."""
    _everywhere(caller, index.estate)
    with reading(house.engine) as connection:
        return duty_book.listed(connection)


@router.get("/duty/now")
def get_duty_now(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    at: Annotated[dt.datetime | None, Query()] = None,
) -> list[OnDuty]:
    """Who is on duty now or at a moment, and whether a gap begins within 24 h of it."""
    _everywhere(caller, index.estate)
    if at is not None and at.tzinfo is None:
        raise Refusal("invalid", "at: a time has a zone: 2026-11-23T08:00:00Z")
    now = house.now_ms() if at is None else round(at.timestamp() * 1000)
    with reading(house.engine) as connection:
        people = duty_book.directory(connection)
    found = []
    for one in people.schedules.values():
        crew = on_duty(one, now, people.calendar)
        ahead = gaps(one, now, now + GAP_AHEAD_MS, people.calendar)
        after = handover(one, now, people.calendar)
        found.append(
            OnDuty(
                schedule=one.id, name=one.name, people=one.people, contacts=list(crew),
                gap_at=moment(ahead[0].start) if ahead else None,
                until=None if after is None else moment(after[0]),
                next=[] if after is None else list(after[1]),
            )
        )  # fmt: skip
    return found


@router.get("/duty/turns")
def get_duty_turns(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    day: dt.date,
    days: Annotated[int, Query(ge=1, le=62)] = 7,
) -> list[DutyTurn]:
    """Who has which shift from a day on, swaps and holidays taken in."""
    _everywhere(caller, index.estate)
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise Refusal("invalid", f"day: between {_FIRST_DAY} and {_LAST_DAY}")
    with reading(house.engine) as connection:
        people = duty_book.directory(connection)
    return [
        DutyTurn(
            schedule=one.id, shift=turn.shift, day=turn.day, start=moment(turn.start),
            end=moment(turn.end), crew=list(turn.crew), swapped=turn.swapped,
        )
        for one in people.schedules.values()
        for turn in turns(one, day, days, people.calendar)
    ]  # fmt: skip


@router.put("/contacts/{id_}", status_code=204)
def put_contact(
    id_: str, entry: Contact, caller: Asking, house: Behind, index: IndexOfNow
) -> Response:
    """Add or replace a contact."""
    _everywhere(caller, index.estate)
    _same(id_, entry.id)
    _put(house, caller, entry)
    return Response(status_code=204)


@router.put("/teams/{id_}", status_code=204)
def put_team(id_: str, entry: Team, caller: Asking, house: Behind, index: IndexOfNow) -> Response:
    """Add or replace a team."""
    _everywhere(caller, index.estate)
    _same(id_, entry.id)
    _put(house, caller, entry)
    return Response(status_code=204)


@router.put("/duty/{id_}", status_code=204)
def put_schedule(
    id_: str, entry: Schedule, caller: Asking, house: Behind, index: IndexOfNow
) -> Response:
    """Add or replace a duty schedule."""
    _everywhere(caller, index.estate)
    _same(id_, entry.id)
    _put(house, caller, entry)
    return Response(status_code=204)


@router.put("/holidays/{date}", status_code=204)
def put_holiday(
    date: dt.date, entry: Holiday, caller: Asking, house: Behind, index: IndexOfNow
) -> Response:
    """Declare a holiday, or a weekend day that is worked."""
    _everywhere(caller, index.estate)
    _same(date.isoformat(), entry.date.isoformat())
    _put(house, caller, entry)
    return Response(status_code=204)


@router.delete("/duty/{kind}/{id_}", status_code=204)
def delete_duty_entry(
    kind: Literal["contact", "team", "schedule", "holiday"],
    id_: str,
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
) -> Response:
    """Take an entry out; a contact that a team or a schedule names stays."""
    _everywhere(caller, index.estate)
    return _remove(house, caller, kind, id_)


@router.post("/roll-calls", status_code=201)
def post_roll_call(
    new: NewRollCall, caller: Asking, house: Behind, index: IndexOfNow
) -> RollCallItem:
    """Call the duty desk of a site."""
    caller.within(index.estate, new.site)
    return _item(house.roll_calls.ask(new.site, caller.actor))


@router.get("/roll-calls")
def get_roll_calls(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RollCallPage:
    """The newest roll-calls of the sites that the caller may see."""
    visible = caller.visible(index.estate)
    found = [one for one in house.roll_calls.listed(limit) if one.site in visible]
    return RollCallPage(items=[_item(one) for one in found])


def _item(one: RollCall) -> RollCallItem:
    return RollCallItem(
        id=one.id, site=one.site, alarm=one.alarm, asked_by=one.asked_by,
        asked_at=moment(one.asked_at), due_at=moment(one.due_at), answered_by=one.answered_by,
        answered_at=None if one.answered_at is None else moment(one.answered_at),
        missed=one.missed_at is not None,
    )  # fmt: skip
