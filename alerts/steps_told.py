"""Which steps of an alarm's life each channel tells of where a route does not say (`on`). Pure.

A call or a short message that says nothing new uses up what the next emergency needs: providers
ring one phone five times an hour (`budgets.yaml`). So a phone rings when somebody has to act, and
what is over is written. Escalation is not among these steps: it goes by the channels it names.
"""

from collections.abc import Iterable

from alerts.alarm import Transition
from alerts.targets import FIRST, Target

CALLS = (
    Transition.RAISED,
    Transition.RERAISED,
    Transition.BECAME_REAL,
    Transition.RELEASED,
)
"""Somebody has to act: active and unacknowledged, new or again."""
SHORT = (*CALLS, Transition.CLEARED)
"""Also that it is over and closed."""
RELAY = (*CALLS, Transition.ACKNOWLEDGED, Transition.RESET, Transition.CLEARED)
"""A siren has to hear what switches it off; which of it does, its settings say (`off_when`)."""
ALL = (*CALLS, Transition.RETURNED, Transition.LATCHED, Transition.CLEARED)
"""Also that the condition is gone and the alarm still waits for somebody."""

_OF = {
    "aliyun_voice": CALLS,
    "tencent_voice": CALLS,
    "aliyun_sms": SHORT,
    "tencent_sms": SHORT,
    "smpp": SHORT,
    "siren": RELAY,
}


def default_steps(channel: str) -> tuple[Transition, ...]:
    """The steps that a channel tells of by itself."""
    return _OF.get(channel, ALL)


def telling(target: Target, step: Transition, on: Iterable[Transition] | None) -> Target | None:
    """A target as it is told of a step; None where it is not told of it.

    Of a list that is tried in order only those remain that tell of the step: what is over is
    not called out by telephone because the group's robot has failed. It is a target of its own
    then: merged with what is new, it would take the telephone from that as well.

    Args:
        target: whom a route names.
        step: what happened to the alarm.
        on: the steps that the route gives; None where it gives none.
    """
    if on is not None:
        return target if step in on else None
    if target.channel != FIRST:
        return target if step in default_steps(target.channel) else None
    kept = [one for one in target.options if step in default_steps(one.channel)]
    if not kept or len(kept) == len(target.options):
        return target if kept else None
    return Target.in_order([Target(one.channel, one.parameters) for one in kept])
