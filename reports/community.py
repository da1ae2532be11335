"""How the communities of an estate stand beside each other: rank, trend, overdue orders. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from fractions import Fraction

from alerts.work_orders import OrderState, WorkOrder

STEADY = Fraction(1, 20)
"""A change of no more is no trend. [P]"""


class Trend(StrEnum):
    """Where consumption goes."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


def trend(change: Fraction | None) -> Trend | None:
    """A relative change in a word; None where the two cannot be compared."""
    if change is None:
        return None
    if abs(change) <= STEADY:
        return Trend.STEADY
    return Trend.RISING if change > 0 else Trend.FALLING


def ranks(values: Mapping[str, Fraction | None]) -> Mapping[str, int]:
    """The places of those that can be compared, the least first; equals share a place."""
    known = {name: value for name, value in values.items() if value is not None}
    return {
        name: 1 + sum(other < value for other in known.values()) for name, value in known.items()
    }


def overdue(orders: Iterable[WorkOrder], at_ms: int) -> int:
    """How many orders were open at a moment [ms, UTC] and had missed a time agreed before it."""
    return sum(_is_overdue(one, at_ms) for one in orders)


def _is_overdue(order: WorkOrder, at_ms: int) -> bool:
    if order.created_at >= at_ms or (order.closed_at is not None and order.closed_at <= at_ms):
        return False
    if order.state is OrderState.DONE and _happened(order.finished_at, at_ms):
        return False
    accepted = order.arrived_at if order.accepted_at is None else order.accepted_at
    agreed = order.agreed
    return any(
        due is not None and due < at_ms and not _happened(done, at_ms)
        for due, done in (
            (agreed.accept, accepted),
            (agreed.arrive, order.arrived_at),
            (agreed.finish, order.finished_at),
        )
    )


def _happened(at: int | None, until: int) -> bool:
    return at is not None and at <= until
