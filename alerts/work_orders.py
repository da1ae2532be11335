"""Work orders: somebody has to go and do something, step by step until another has looked. Pure.

The clearing of an alarm ends no work order: what made the alarm may still have to be repaired.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from alerts.errors import NotAllowedError
from device_configs.quantities import Label


class OrderState(StrEnum):
    """How far an order is."""

    OPEN = "open"
    """Nobody has it yet; a team may."""
    ASSIGNED = "assigned"
    """A person has it, who has not said yes yet."""
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    DONE = "done"
    """Whoever did it says so; another person has to look."""
    VERIFIED = "verified"
    CANCELLED = "cancelled"


CLOSED = frozenset({OrderState.VERIFIED, OrderState.CANCELLED})
"""States in which nobody has to do anything any more."""
OPEN_STATES = tuple(state for state in OrderState if state not in CLOSED)


class OrderStep(StrEnum):
    """What a person does to an order's state."""

    ASSIGN = "assign"
    ACCEPT = "accept"
    REJECT = "reject"
    ARRIVE = "arrive"
    FINISH = "finish"
    VERIFY = "verify"
    REOPEN = "reopen"
    CANCEL = "cancel"


class OrderEvent(StrEnum):
    """What can have happened to an order; each is one row that nobody can change."""

    CREATED = "created"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ARRIVED = "arrived"
    FINISHED = "finished"
    VERIFIED = "verified"
    REOPENED = "reopened"
    CANCELLED = "cancelled"
    NOTED = "noted"
    CHECKED = "checked"
    """An item of the checklist was answered."""
    PART_USED = "part_used"
    PHOTO_ADDED = "photo_added"
    ALARM_AGAIN = "alarm_again"
    """The same came again, and is seen to by this order."""


EVENT_OF: Mapping[OrderStep, OrderEvent] = {
    OrderStep.ASSIGN: OrderEvent.ASSIGNED,
    OrderStep.ACCEPT: OrderEvent.ACCEPTED,
    OrderStep.REJECT: OrderEvent.REJECTED,
    OrderStep.ARRIVE: OrderEvent.ARRIVED,
    OrderStep.FINISH: OrderEvent.FINISHED,
    OrderStep.VERIFY: OrderEvent.VERIFIED,
    OrderStep.REOPEN: OrderEvent.REOPENED,
    OrderStep.CANCEL: OrderEvent.CANCELLED,
}
"""The event that each step leaves."""
FROM: Mapping[OrderStep, frozenset[OrderState]] = {
    OrderStep.ASSIGN: frozenset({OrderState.OPEN, OrderState.ASSIGNED, OrderState.ACCEPTED}),
    OrderStep.ACCEPT: frozenset({OrderState.OPEN, OrderState.ASSIGNED}),
    OrderStep.REJECT: frozenset({OrderState.ASSIGNED, OrderState.ACCEPTED}),
    # Whoever stands there already need not say first that they will come.
    OrderStep.ARRIVE: frozenset({OrderState.OPEN, OrderState.ASSIGNED, OrderState.ACCEPTED}),
    OrderStep.FINISH: frozenset({OrderState.ON_SITE}),
    OrderStep.VERIFY: frozenset({OrderState.DONE}),
    OrderStep.REOPEN: frozenset({OrderState.DONE, *CLOSED}),
    OrderStep.CANCEL: frozenset(OPEN_STATES) - {OrderState.DONE},
}
"""The states from which each step can be taken."""
_NOTED = frozenset({OrderStep.REJECT, OrderStep.REOPEN, OrderStep.CANCEL})
"""Steps that need a reason."""


class Answer(StrEnum):
    """What is said of an item of a checklist."""

    OPEN = "open"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class CheckItem:
    """One item of a checklist, with what was said of it last."""

    text: Label
    answer: Answer = Answer.OPEN
    remark: str = ""
    by: str | None = None
    at: int | None = None
    """[ms, UTC]"""


@dataclass(frozen=True)
class Part:
    """Something that was used up."""

    name: str
    count: float


@dataclass(frozen=True)
class Photo:
    """A picture; its content is in the data folder under its SHA-256."""

    sha256: str
    media_type: str
    size: int
    """[B]"""
    width: int
    height: int
    """[px]"""
    by: str
    at: int
    """[ms, UTC]"""


@dataclass(frozen=True)
class Agreed:
    """Until when something has to have happened [ms, UTC]; None where nothing is agreed."""

    accept: int | None = None
    arrive: int | None = None
    finish: int | None = None


NOTHING_AGREED = Agreed()


class Origin(StrEnum):
    """Where an order came from."""

    ALARM = "alarm"
    PLAN = "plan"
    HAND = "hand"


@dataclass(frozen=True)
class WorkOrder:
    """One order as it is now. Times are [ms since 1970, UTC]."""

    id: int
    origin: Origin
    title: Label
    site: str
    device: str | None
    """`device` or `device/part`; None for work on a site."""
    alarm: int | None
    """The alarm it was made for; further ones are linked beside it."""
    alarm_class: str | None
    severity: str | None
    plan: str | None
    due_day: str | None
    """The day of the plan, `2026-11-30`."""
    created_by: str
    created_at: int
    agreed: Agreed = NOTHING_AGREED
    state: OrderState = OrderState.OPEN
    team: str | None = None
    assignee: str | None = None
    """`person:NAME`"""
    accepted_at: int | None = None
    arrived_at: int | None = None
    finished_at: int | None = None
    finished_by: str | None = None
    closed_at: int | None = None
    closed_by: str | None = None
    checklist: Sequence[CheckItem] = ()
    parts: Sequence[Part] = ()
    photos: Sequence[Photo] = ()
    late: Sequence[str] = ()
    """Agreed times that have passed without it, as `OrderStep` names; alarms of sitewatch."""

    @property
    def closed(self) -> bool:
        """Whether nobody has to do anything any more."""
        return self.state in CLOSED


@dataclass(frozen=True)
class Deed:
    """What somebody does to an order, and when [ms, UTC]."""

    step: OrderStep
    actor: str
    at: int
    note: str = ""
    team: str | None = None
    assignee: str | None = None
    is_person: bool = field(default=True)
    """Not a machine's token."""


def take_step(order: WorkOrder, deed: Deed) -> WorkOrder:
    """The order after a step.

    Raises:
        NotAllowedError: its state, its checklist or the one who asks forbids it.
    """
    if order.state not in FROM[deed.step]:
        raise NotAllowedError("order_state")
    if deed.step in _NOTED and not deed.note.strip():
        raise NotAllowedError("reason_missing")
    if deed.step is OrderStep.ASSIGN:
        return _assigned(order, deed)
    if deed.step is OrderStep.ACCEPT:
        first = deed.at if order.accepted_at is None else order.accepted_at
        return replace(order, state=OrderState.ACCEPTED, assignee=deed.actor, accepted_at=first)
    if deed.step is OrderStep.REJECT:
        return replace(order, state=OrderState.OPEN, assignee=None, accepted_at=None)
    if deed.step is OrderStep.ARRIVE:
        return _arrived(order, deed)
    return _ended(order, deed)


def _assigned(order: WorkOrder, deed: Deed) -> WorkOrder:
    if deed.team is None and deed.assignee is None:
        raise NotAllowedError("order_assignee")
    state = OrderState.OPEN if deed.assignee is None else OrderState.ASSIGNED
    return replace(
        order, state=state, team=deed.team or order.team, assignee=deed.assignee, accepted_at=None
    )


def _arrived(order: WorkOrder, deed: Deed) -> WorkOrder:
    there = order.state is OrderState.ACCEPTED and order.assignee is not None
    return replace(
        order,
        state=OrderState.ON_SITE,
        assignee=order.assignee if there else deed.actor,
        accepted_at=deed.at if order.accepted_at is None else order.accepted_at,
        arrived_at=deed.at if order.arrived_at is None else order.arrived_at,
    )


def _ended(order: WorkOrder, deed: Deed) -> WorkOrder:
    if deed.step is OrderStep.FINISH:
        if any(item.answer is Answer.OPEN for item in order.checklist):
            raise NotAllowedError("order_checklist")
        return replace(order, state=OrderState.DONE, finished_at=deed.at, finished_by=deed.actor)
    if deed.step is OrderStep.VERIFY:
        if not deed.is_person:
            raise NotAllowedError("order_person")
        if deed.actor in {order.finished_by, order.assignee}:
            raise NotAllowedError("second_person")
        return _closed(order, deed, OrderState.VERIFIED)
    if deed.step is OrderStep.CANCEL:
        return _closed(order, deed, OrderState.CANCELLED)
    state = OrderState.OPEN if order.assignee is None else OrderState.ASSIGNED
    return replace(
        order, state=state, finished_at=None, finished_by=None, closed_at=None, closed_by=None
    )


def _closed(order: WorkOrder, deed: Deed, state: OrderState) -> WorkOrder:
    return replace(order, state=state, closed_at=deed.at, closed_by=deed.actor)


def answered(
    order: WorkOrder, number: int, answer: Answer, remark: str, actor: str, at: int
) -> WorkOrder:
    """The order after an item of its checklist was answered; items count from 0.

    Raises:
        NotAllowedError: there is no such item, or the work is over.
    """
    if order.closed or order.state is OrderState.DONE:
        raise NotAllowedError("order_state")
    if not 0 <= number < len(order.checklist):
        raise NotAllowedError("order_item")
    items = list(order.checklist)
    items[number] = CheckItem(items[number].text, answer, remark.strip(), actor, at)
    return replace(order, checklist=tuple(items))


def check_addition(order: WorkOrder) -> None:
    """Whether notes, parts and photos can be added still.

    Raises:
        NotAllowedError: it is closed.
    """
    if order.closed:
        raise NotAllowedError("order_state")


def steps_of(order: WorkOrder, actor: str, *, is_person: bool = True) -> tuple[OrderStep, ...]:
    """The steps that a person may take now, a missing note or checklist aside."""
    found = [step for step in OrderStep if order.state in FROM[step]]
    second = is_person and actor not in {order.finished_by, order.assignee}
    return tuple(step for step in found if step is not OrderStep.VERIFY or second)


def late(order: WorkOrder, now_ms: int) -> tuple[OrderStep, ...]:
    """The agreed times that have passed without it."""
    if order.closed:
        return ()
    # Whoever was there had accepted, whatever was asked of another person afterwards.
    accepted_at = order.arrived_at if order.accepted_at is None else order.accepted_at
    waits = (
        (OrderStep.ACCEPT, order.agreed.accept, accepted_at),
        (OrderStep.ARRIVE, order.agreed.arrive, order.arrived_at),
        (OrderStep.FINISH, order.agreed.finish, order.finished_at),
    )
    return tuple(
        step for step, due, at in waits if due is not None and at is None and now_ms >= due
    )
