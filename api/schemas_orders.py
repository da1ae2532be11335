"""The shapes of work orders."""

import datetime as dt

from pydantic import Field

from alerts.order_plans import MAX_ITEMS
from alerts.work_orders import Answer, OrderEvent, OrderState, OrderStep, Origin
from api.schemas import Labelled, Shape

_TEXT = 200
_NOTE = 2000
_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"


class OrderRequest(Shape):
    """`POST work-orders`: by hand, at a site or a device."""

    title: str = Field(min_length=1, max_length=_TEXT)
    site: str | None = None
    """The device's own where a device is given."""
    device: str | None = Field(default=None, max_length=130)
    note: str | None = Field(default=None, max_length=_NOTE)
    team: str | None = Field(default=None, pattern=_NAME)
    assignee: str | None = Field(default=None, max_length=64)
    """User name."""
    due_at: dt.datetime | None = None
    """By when it is to be done; nothing is overdue when absent."""
    checklist: list[str] = Field(default=[], max_length=MAX_ITEMS)


class AlarmOrderRequest(Shape):
    """`POST alarms/{id}/work-order`: what is not given is as the estate folder says."""

    title: str | None = Field(default=None, min_length=1, max_length=_TEXT)
    note: str | None = Field(default=None, max_length=_NOTE)
    team: str | None = Field(default=None, pattern=_NAME)
    assignee: str | None = Field(default=None, max_length=64)
    """User name."""


class StepRequest(Shape):
    """`POST work-orders/{id}/steps`."""

    step: OrderStep
    note: str = Field(default="", max_length=_NOTE)
    """Required to reject, reopen and cancel."""
    team: str | None = Field(default=None, pattern=_NAME)
    assignee: str | None = Field(default=None, max_length=64)
    """User name; team and assignee are for `assign` only."""


class AnswerRequest(Shape):
    """`POST work-orders/{id}/checklist/{item}`."""

    answer: Answer
    remark: str = Field(default="", max_length=_NOTE)


class NoteRequest(Shape):
    """`POST work-orders/{id}/notes`."""

    note: str = Field(min_length=1, max_length=_NOTE, pattern=r"\S")


class PartRequest(Shape):
    """`POST work-orders/{id}/parts`: what was used up."""

    name: str = Field(min_length=1, max_length=_TEXT, pattern=r"\S")
    count: float = Field(gt=0, le=1_000_000)


class CheckItemItem(Shape):
    """One item of a checklist, with what was said of it last."""

    text: Labelled
    answer: Answer
    remark: str
    by: str | None
    at: dt.datetime | None


class PartItem(Shape):
    """Something that was used up."""

    name: str
    count: float


class PhotoItem(Shape):
    """A photo; its content is at `GET work-orders/{id}/photos/{sha256}`."""

    sha256: str
    media_type: str
    size: int
    """[B]"""
    width: int
    height: int
    """[px]"""
    by: str
    at: dt.datetime


class AgreedTime(Shape):
    """One agreed time."""

    step: OrderStep
    """accept, arrive or finish."""
    by: dt.datetime
    reached_at: dt.datetime | None
    late: bool
    """It has passed without it."""


class OrderEventItem(Shape):
    """One thing that happened to an order."""

    at: dt.datetime
    event: OrderEvent
    actor: str
    note: str | None
    detail: dict[str, object]


class OrderItem(Shape):
    """A work order as `GET work-orders` lists it."""

    id: int
    origin: Origin
    title: Labelled
    site: str
    site_path: list[Labelled]
    device: str | None
    device_name: Labelled | None
    """None where there is no device, or it is not in the estate any more."""
    alarm: int | None
    alarm_class: str | None
    severity: str | None
    plan: str | None
    due_day: dt.date | None
    created_by: str
    created_at: dt.datetime
    state: OrderState
    team: str | None
    team_name: Labelled | None
    assignee: str | None
    """`person:NAME`"""
    agreed: list[AgreedTime]
    late: list[OrderStep]
    """Agreed times that have passed without it; empty for a closed order."""
    checked: int
    """Items of the checklist that are answered, of `items`."""
    items: int
    closed_at: dt.datetime | None
    closed_by: str | None


class OrderDetail(OrderItem):
    """`GET work-orders/{id}`."""

    steps: list[OrderStep]
    """Those that the caller may take now, a missing note or checklist aside."""
    accepted_at: dt.datetime | None
    arrived_at: dt.datetime | None
    finished_at: dt.datetime | None
    finished_by: str | None
    checklist: list[CheckItemItem]
    parts: list[PartItem]
    photos: list[PhotoItem]
    alarms: list[int]
    """Every alarm that it sees to."""
    events: list[OrderEventItem]


class OrderPage(Shape):
    """`GET work-orders`, newest first."""

    items: list[OrderItem]
    next: str | None = None


class TeamChoice(Shape):
    """A team that an order can be given to."""

    id: str
    name: Labelled


class Assignees(Shape):
    """`GET work-orders/assignees`: who may be given an order of a site."""

    teams: list[TeamChoice]
    people: list[str]
    """User names."""


class StepTimes(Shape):
    """How long a step took [s]."""

    count: int
    mean: float | None
    median: float | None
    p90: float | None
    """Nine of ten took no longer."""


class TimesKept(Shape):
    """How often an agreed time was kept, of the times that are over."""

    agreed: int
    in_time: int


class Workload(Shape):
    """The orders of a team or a person that were made in the period."""

    who: str | None
    """Team id, or `person:NAME`; None for those that nobody has."""
    name: Labelled | None
    orders: int
    open: int
    done: int
    """Done and not verified yet."""
    verified: int
    cancelled: int
    late: int
    """Orders of which an agreed time passed without it, whatever happened since."""
    reopened: int
    to_accept: StepTimes
    to_arrive: StepTimes
    to_finish: StepTimes
    """Each from when the order was made."""
    on_site: StepTimes
    """From the arrival until it was done."""
    to_verify: StepTimes
    """From when it was done until another person had looked at it."""
    kept_accept: TimesKept
    kept_arrive: TimesKept
    kept_finish: TimesKept


class OrderStatistics(Shape):
    """`GET work-orders/statistics`."""

    site: str
    period: str
    timezone: str
    until: dt.datetime
    total: Workload
    teams: list[Workload]
    people: list[Workload]
