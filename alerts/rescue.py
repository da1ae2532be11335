"""The rescue of people who are trapped: on the way, on site, released, by the clock. Pure.

The clock runs from the alarm until somebody says that the people are out, or the alarm is closed:
that the signal has gone is no rescue.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from enum import StrEnum

from alerts.alarm import Rescue, Transition
from alerts.errors import NotAllowedError


class RescueStep(StrEnum):
    """What a person says of the rescue, in this order; steps may be left out."""

    ON_THE_WAY = "on_the_way"
    ON_SITE = "on_site"
    RELEASED = "released"


EVENTS: Mapping[RescueStep, Transition] = {
    RescueStep.ON_THE_WAY: Transition.RESCUE_ON_THE_WAY,
    RescueStep.ON_SITE: Transition.RESCUE_ON_SITE,
    RescueStep.RELEASED: Transition.RESCUE_RELEASED,
}


def begin(at: int, within_ms: int) -> Rescue:
    """The clock of an alarm that begins."""
    return Rescue(at, at + within_ms)


def again(known: Rescue | None, at: int, within_ms: int) -> Rescue:
    """The clock when people are trapped again: a rescue that is going on goes on."""
    return begin(at, within_ms) if known is None or known.over else known


def joined(own: Rescue, other: Rescue) -> Rescue:
    """The clock of an alarm whose elevator has a rescue going on already: the same."""
    return other if not other.over and other.since <= own.since else own


def stepped(rescue: Rescue, step: RescueStep, at: int) -> Rescue:
    """The clock after a step; one that was said already changes nothing.

    Raises:
        NotAllowedError: a later step was said already.
    """
    moments = {
        RescueStep.ON_THE_WAY: rescue.on_the_way_at,
        RescueStep.ON_SITE: rescue.on_site_at,
        RescueStep.RELEASED: rescue.released_at,
    }
    if moments[step] is not None:
        return rescue
    order = list(RescueStep)
    if any(moments[later] is not None for later in order[order.index(step) + 1 :]):
        raise NotAllowedError("rescue_later")
    late = rescue.late or rescue.overdue(at)
    if step is RescueStep.ON_THE_WAY:
        return replace(rescue, on_the_way_at=at, late=late)
    if step is RescueStep.ON_SITE:
        return replace(rescue, on_site_at=at, late=late)
    return replace(rescue, released_at=at, late=late)


def clock_set(rescue: Rescue, by_ms: int) -> Rescue:
    """The clock after that of the machine was set: the time that was left is left."""
    return replace(rescue, due_at=rescue.due_at + by_ms)


def bounded(rescue: Rescue, within_ms: int, now_ms: int) -> Rescue:
    """The clock as a start finds it: no more is left than its whole time.

    The clock of the machine may have been set back while nobody looked.
    """
    return replace(rescue, due_at=min(rescue.due_at, now_ms + within_ms))


def to_json(rescue: Rescue) -> dict[str, object]:
    """The clock as it is stored."""
    return asdict(rescue)


def from_json(stored: Mapping[str, object] | None) -> Rescue | None:
    """The clock as it was stored; None where the alarm has none."""
    return None if not stored else Rescue(**stored)  # type: ignore[arg-type]
