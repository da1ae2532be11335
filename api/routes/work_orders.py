"""Work orders: the list, one order's life, and what people do about it."""

from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from alerts.errors import BadPhotoError
from alerts.order_book import OrderNoted
from alerts.order_rows import OrderFilter, Wanted
from alerts.photos import picture_of
from alerts.work_orders import (
    EVENT_OF,
    NOTHING_AGREED,
    OPEN_STATES,
    Agreed,
    Deed,
    OrderState,
    OrderStep,
    Origin,
    Part,
    Photo,
    WorkOrder,
    steps_of,
)
from api.auth import Asking, Caller
from api.device_items import both
from api.errors import Refusal
from api.estate_index import EstateIndex
from api.hold_items import in_ms
from api.house import House
from api.items import moment
from api.order_items import to_order_detail, to_order_item, to_workload, to_workloads
from api.order_people import order_people
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.schemas_orders import (
    AlarmOrderRequest,
    AnswerRequest,
    Assignees,
    NoteRequest,
    OrderDetail,
    OrderPage,
    OrderRequest,
    OrderStatistics,
    PartRequest,
    StepRequest,
    TeamChoice,
)
from device_configs.quantities import Label
from records import audit
from reports.periods import parse_period

router = APIRouter(tags=["work orders"])
Id = Annotated[int, Path(ge=1, le=2**53)]
_PHOTO_POLICY = "default-src 'none'; sandbox"
"""A photo runs nothing, even where somebody opens it by itself."""


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


def _sites(caller: Caller, index: EstateIndex, site: str | None) -> frozenset[str] | None:
    """The sites to filter by; None for whoever sees all, places that are gone included."""
    if site in (None, index.estate.id) and caller.everywhere(index.estate):
        return None
    return caller.within(index.estate, site)


def _find(house: House, caller: Caller, index: EstateIndex, order: int) -> WorkOrder:
    found = house.work_orders.get(order)
    sites = _sites(caller, index, None)
    if sites is not None and found.site not in sites:
        raise Refusal("not_found", f"there is no work order {order}")
    return found


def _detail(house: House, caller: Caller, index: EstateIndex, order: WorkOrder) -> OrderDetail:
    book = house.work_orders
    steps = steps_of(order, caller.actor.name, is_person=caller.person is not None)
    return to_order_detail(
        order, index, order_people(house).teams, house.now_ms(),
        steps=steps, alarms=book.alarms_of(order.id), events=book.events(order.id),
    )  # fmt: skip


@router.get("/work-orders")
def get_orders(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    state: Literal["unfinished", "all"] | OrderState = "unfinished",
    site: str | None = None,
    team: Annotated[str | None, Query(max_length=63)] = None,
    assignee: Annotated[str | None, Query(max_length=128)] = None,
    device: Annotated[str | None, Query(max_length=130)] = None,
    alarm: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    overdue: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> OrderPage:
    """Work orders, newest first; `next` of a page is `after` of the next one.

    `unfinished` are those that are neither verified nor cancelled; `assignee` is `me` or a user
    name, `device` the device itself and its parts.
    """
    states = {"unfinished": OPEN_STATES, "all": tuple(OrderState)}
    chosen = OrderFilter(
        sites=_sites(caller, index, site),
        states=states.get(state) or (OrderState(state),),
        team=team,
        assignee=_asked(caller, assignee),
        device=device,
        alarm=alarm,
        overdue=overdue,
    )
    now = house.now_ms()
    found = house.work_orders.listed(chosen, now, limit + 1, after)
    teams = order_people(house).teams
    return OrderPage(
        items=[to_order_item(one, index, teams, now) for one in found[:limit]],
        next=str(found[limit - 1].id) if len(found) > limit else None,
    )


def _asked(caller: Caller, assignee: str | None) -> str | None:
    if assignee is None:
        return None
    return caller.actor.name if assignee == "me" else f"person:{assignee.removeprefix('person:')}"


@router.post("/work-orders", status_code=201)
def post_order(
    request: OrderRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> OrderDetail:
    """Make a work order by hand, for a site or a device."""
    site = _site_of(request, caller, index)
    assignee = order_people(house).check(site, request.team, request.assignee)
    now = house.now_ms()
    agreed = NOTHING_AGREED
    if request.due_at is not None:
        agreed = Agreed(finish=in_ms(request.due_at, "due_at"))
    wanted = Wanted(
        Origin.HAND, _label(request.title), site, caller.actor.name, request.device,
        team=request.team, assignee=assignee, agreed=agreed, note=request.note,
        checklist=[_label(text) for text in request.checklist],
    )  # fmt: skip
    made = house.work_orders.make(wanted, now, _audited(caller, "created", now))
    return _detail(house, caller, index, made)


def _label(text: str) -> Label:
    """What a person writes stands for both languages."""
    return Label(zh=text.strip(), en=text.strip())


def _site_of(request: OrderRequest, caller: Caller, index: EstateIndex) -> str:
    if request.device is not None:
        index.device(request.device, caller.within(index.estate, None))
        site = index.place_of(request.device) or index.estate.id
        if request.site not in (None, site):
            raise Refusal("invalid", f"site: the device stands at {site!r}")
        return site
    if request.site is None:
        raise Refusal("invalid", "site: name a site or a device")
    caller.within(index.estate, request.site)
    return request.site


@router.post("/alarms/{alarm}/work-order", status_code=201)
def post_alarm_order(
    alarm: Id,
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    request: AlarmOrderRequest | None = None,
) -> OrderDetail:
    """Make a work order for an alarm; what is not given is as the estate folder says."""
    asked = request or AlarmOrderRequest()
    found = house.alarms.get(alarm)
    sites = _sites(caller, index, None)
    if sites is not None and found.place not in sites:
        raise Refusal("not_found", f"there is no alarm {alarm}")
    assignee = order_people(house).check(found.place, asked.team, asked.assignee)
    now = house.now_ms()
    made = house.work_orders.make_for_alarm(
        alarm, caller.actor.name, now,
        title=None if asked.title is None else _label(asked.title),
        team=asked.team, assignee=assignee, note=asked.note,
        also=_audited(caller, "created", now),
    )  # fmt: skip
    return _detail(house, caller, index, made)


@router.get("/work-orders/statistics")
async def get_statistics(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    period: Annotated[str, Query(max_length=10, description="2026, 2026-11 or 2026-11-23")],
    site: str | None = None,
) -> OrderStatistics:
    """Workload and times of teams and people, of the orders made in a period."""
    chosen = site or index.estate.id
    sites = _sites(caller, index, chosen)
    asked = parse_period(period, index.estate.timezone)
    now = house.now_ms()
    end = min(asked.span.end, max(now, asked.span.start) + 1)

    def ask() -> OrderStatistics:
        found = house.work_orders.statistics(asked.span.start, end, sites, now)
        names = {name: team.name for name, team in order_people(house).teams.items()}
        return OrderStatistics(
            site=chosen, period=asked.name, timezone=str(index.estate.timezone),
            until=moment(end), total=to_workload(None, None, found.total),
            teams=to_workloads(found.teams, names), people=to_workloads(found.people, {}),
        )  # fmt: skip

    return await threads.query(ask)


@router.get("/work-orders/assignees")
def get_assignees(
    caller: Asking, house: Behind, index: IndexOfNow, site: str | None = None
) -> Assignees:
    """The teams and people who may be given an order of a site; without one, all teams."""
    caller.within(index.estate, site)
    found = order_people(house)
    teams = found.teams_of(site) if site is not None else found.teams.values()
    return Assignees(
        teams=[TeamChoice(id=one.id, name=both(one.name)) for one in teams],
        people=found.people_of(site) if site is not None else [],
    )


@router.get("/work-orders/{order}")
def get_order(order: Id, caller: Asking, house: Behind, index: IndexOfNow) -> OrderDetail:
    """One work order with everything that happened to it."""
    return _detail(house, caller, index, _find(house, caller, index, order))


@router.post("/work-orders/{order}/steps")
def post_step(
    order: Id, request: StepRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> OrderDetail:
    """Take a step: assign, accept, reject, arrive, finish, verify, reopen or cancel.

    Only a person who neither had the order nor did the work can verify it.
    """
    found = _find(house, caller, index, order)
    assignee = None
    if request.step is OrderStep.ASSIGN:
        assignee = order_people(house).check(found.site, request.team, request.assignee)
    elif request.team is not None or request.assignee is not None:
        raise Refusal("invalid", "team and assignee are for the step assign only")
    now = house.now_ms()
    deed = Deed(
        request.step, caller.actor.name, now, request.note, request.team, assignee,
        caller.person is not None,
    )  # fmt: skip
    also = _audited(caller, EVENT_OF[request.step].value, now)
    taken = house.work_orders.step(order, deed, also)
    return _detail(house, caller, index, taken)


@router.post("/work-orders/{order}/checklist/{item}")
def post_answer(
    order: Id,
    item: Annotated[int, Path(ge=0, le=1000)],
    request: AnswerRequest,
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
) -> OrderDetail:
    """Answer an item of the checklist; items count from 0, and the newest answer counts."""
    _find(house, caller, index, order)
    now = house.now_ms()
    found = house.work_orders.check(
        order, item, request.answer, request.remark, caller.actor.name, now,
        _audited(caller, "checked", now),
    )  # fmt: skip
    return _detail(house, caller, index, found)


@router.post("/work-orders/{order}/notes")
def post_note(
    order: Id, request: NoteRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> OrderDetail:
    """Add a note."""
    _find(house, caller, index, order)
    now = house.now_ms()
    also = _audited(caller, "noted", now)
    found = house.work_orders.note(order, request.note, caller.actor.name, now, also)
    return _detail(house, caller, index, found)


@router.post("/work-orders/{order}/parts")
def post_part(
    order: Id, request: PartRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> OrderDetail:
    """Say that something was used up."""
    _find(house, caller, index, order)
    now = house.now_ms()
    part = Part(request.name.strip(), request.count)
    also = _audited(caller, "part_used", now)
    found = house.work_orders.use_part(order, part, caller.actor.name, now, also)
    return _detail(house, caller, index, found)


@router.post("/work-orders/{order}/photos", status_code=201)
def post_photo(
    order: Id, content: Body, caller: Asking, house: Behind, index: IndexOfNow
) -> OrderDetail:
    """Add a photo: the body is a JPEG, PNG or WebP picture, told by its content."""
    found = _find(house, caller, index, order)
    if found.closed:
        raise Refusal("conflict", "the work order is closed")
    if not content:
        raise BadPhotoError("the body is the photo, and there is none")
    picture = picture_of(content)
    now = house.now_ms()
    photo = Photo(
        house.attachments.keep(content), picture.media_type, len(content), picture.width,
        picture.height, caller.actor.name, now,
    )  # fmt: skip
    also = _audited(caller, "photo_added", now)
    return _detail(house, caller, index, house.work_orders.add_photo(order, photo, also))


@router.get("/work-orders/{order}/photos/{sha256}", response_class=Response)
def get_photo(
    order: Id,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
) -> Response:
    """The content of a photo of this order."""
    found = _find(house, caller, index, order)
    photo = next((one for one in found.photos if one.sha256 == sha256), None)
    if photo is None:
        raise Refusal("not_found", f"work order {order} has no such photo")
    headers = {
        "Content-Security-Policy": _PHOTO_POLICY,
        "Content-Disposition": "inline",
        # Its name is its content; a shared machine keeps it no longer than the page is open.
        "Cache-Control": "private, max-age=300",
    }
    return Response(house.attachments.read(sha256), media_type=photo.media_type, headers=headers)


def _audited(caller: Caller, what: str, now: int) -> OrderNoted:
    """The audit row of what is done to an order, written with it or not at all."""

    def write(connection: sa.Connection, order: WorkOrder) -> None:
        detail = {
            "state": order.state.value, "site": order.site, "device": order.device,
            "alarm": order.alarm,
        }  # fmt: skip
        action = f"work_order.{what}"
        audit.append(connection, caller.actor, action, str(order.id), now, detail)

    return write
