"""How much work teams and people have, and how long it takes them. Pure, of orders as they are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from alerts.kpi import spread
from alerts.work_orders import OrderState, WorkOrder


@dataclass(frozen=True)
class Took:
    """How long something took [s]; None where nobody knows."""

    count: int
    mean: float | None
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class Kept:
    """How often an agreed time was kept, of the times that are over."""

    agreed: int
    in_time: int


@dataclass(frozen=True)
class Load:
    """The orders of somebody."""

    orders: int
    open: int
    done: int
    verified: int
    cancelled: int
    late: int
    reopened: int
    to_accept: Took
    to_arrive: Took
    to_finish: Took
    on_site: Took
    to_verify: Took
    """From when it was done until another person had looked at it."""
    kept_accept: Kept
    kept_arrive: Kept
    kept_finish: Kept


@dataclass(frozen=True)
class Statistics:
    """The orders of a time."""

    total: Load
    teams: Mapping[str | None, Load]
    people: Mapping[str | None, Load]


def statistics(orders: Iterable[WorkOrder], reopened: Collection[int], now_ms: int) -> Statistics:
    """The figures of some orders.

    Args:
        orders: those to look at.
        reopened: the numbers of those that were reopened.
        now_ms: what was agreed until then and has not happened is late. [ms, UTC]
    """
    every = list(orders)
    by_team: dict[str | None, list[WorkOrder]] = defaultdict(list)
    by_person: dict[str | None, list[WorkOrder]] = defaultdict(list)
    for order in every:
        by_team[order.team].append(order)
        by_person[order.finished_by or order.assignee].append(order)
    return Statistics(
        _load(every, reopened, now_ms),
        {who: _load(ones, reopened, now_ms) for who, ones in by_team.items()},
        {who: _load(ones, reopened, now_ms) for who, ones in by_person.items()},
    )


def was_late(order: WorkOrder, now_ms: int) -> bool:
    """Whether an agreed time passed without it, whatever happened since."""
    return any(_kept(order, at, due, now_ms) is False for at, due in _dues(order))


def _dues(order: WorkOrder) -> tuple[tuple[int | None, int | None], ...]:
    """When it was accepted, somebody was there, and it was done; and until when each was agreed."""
    accepted = order.arrived_at if order.accepted_at is None else order.accepted_at
    agreed = order.agreed
    return (
        (accepted, agreed.accept),
        (order.arrived_at, agreed.arrive),
        (order.finished_at, agreed.finish),
    )


def _kept(order: WorkOrder, at: int | None, due: int | None, now_ms: int) -> bool | None:
    """Whether an agreed time was kept; None where none was agreed, or it is not over."""
    if due is None:
        return None
    until = now_ms if order.closed_at is None else order.closed_at
    if at is None:
        return False if until > due else None
    return at <= due


def _load(orders: Sequence[WorkOrder], reopened: Collection[int], now_ms: int) -> Load:
    states = [order.state for order in orders]
    accept, arrive, finish = (_share(orders, number, now_ms) for number in range(3))
    return Load(
        orders=len(orders),
        open=sum(not one.closed and one.state is not OrderState.DONE for one in orders),
        done=states.count(OrderState.DONE),
        verified=states.count(OrderState.VERIFIED),
        cancelled=states.count(OrderState.CANCELLED),
        late=sum(was_late(order, now_ms) for order in orders),
        reopened=sum(order.id in reopened for order in orders),
        to_accept=_took((one.created_at, one.accepted_at) for one in orders),
        to_arrive=_took((one.created_at, one.arrived_at) for one in orders),
        to_finish=_took((one.created_at, one.finished_at) for one in orders),
        on_site=_took((one.arrived_at, one.finished_at) for one in orders),
        to_verify=_took(
            (one.finished_at, one.closed_at) for one in orders if one.state is OrderState.VERIFIED
        ),
        kept_accept=accept,
        kept_arrive=arrive,
        kept_finish=finish,
    )


def _share(orders: Sequence[WorkOrder], number: int, now_ms: int) -> Kept:
    found = [_kept(one, *_dues(one)[number], now_ms) for one in orders]
    return Kept(sum(one is not None for one in found), found.count(True))


def _took(spans: Iterable[tuple[int | None, int | None]]) -> Took:
    known = [(end - start) / 1000 for start, end in spans if start is not None and end is not None]
    found = spread(known)
    return Took(found.count, fmean(known) if known else None, found.median, found.p90)
