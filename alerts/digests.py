"""Digests: which message waits for others, and until when. Pure; an emergency never waits."""

from dataclasses import dataclass
from enum import StrEnum

from alerts.alarm import Alarm, Transition
from alerts.chatter import QUIET_MS
from alerts.holds import alarm_classes, protects_life

FLOOD_WAIT_MS = 60_000
"""How long routine messages of a flood wait for each other [ms] [P]."""
LONGEST_WAIT_MS = 3_600_000
"""How long what chatters without end may say nothing [ms] [P]."""


class Why(StrEnum):
    """Why messages are one."""

    CHATTER = "chattering"
    FLOOD = "flood"
    GROUP = "group"


@dataclass(frozen=True)
class Digest:
    """The digest that a message joins. Times are [ms since 1970, UTC]."""

    key: str
    why: Why
    first_at: int
    """When its first message came."""
    due_at: int
    """When it is sent."""


def never_waits(alarm: Alarm, transition: Transition) -> bool:
    """Whether a message goes at once, whatever else waits of the same alarm.

    Life safety, what has become real, and what sitewatch says of itself.
    """
    return (
        protects_life(alarm)
        or alarm.alarm_class == "service"
        or transition is Transition.BECAME_REAL
    )


def digest_for(
    alarm: Alarm, transition: Transition, now_ms: int, *, flooded: bool
) -> Digest | None:
    """The digest that a message of an alarm would begin or join; None: it is sent at once.

    Of a group its first alarm is sent at once, of chatter the message that says that it chatters.
    """
    if never_waits(alarm, transition):
        return None
    if transition in {Transition.CHATTER_BEGAN, Transition.CHATTER_ENDED}:
        return None
    if alarm.chattering:
        key = f"{Why.CHATTER}:{alarm.rule}|{alarm.device}|{alarm.point}"
        return Digest(key, Why.CHATTER, now_ms, now_ms + QUIET_MS)
    if flooded:
        return Digest(f"{Why.FLOOD}:{alarm.community}", Why.FLOOD, now_ms, now_ms + FLOOD_WAIT_MS)
    known = alarm_classes().get(alarm.alarm_class)
    wait = 0 if known is None else round(known.group_wait * 1000)
    if wait and not alarm.first_in_group:
        return Digest(f"{Why.GROUP}:{alarm.group}", Why.GROUP, now_ms, now_ms + wait)
    return None


def joined(digest: Digest, waiting: Digest | None) -> Digest:
    """A digest with what waits in it already: chatter begins to wait anew, within its limit."""
    if waiting is None:
        return digest
    due = waiting.due_at
    if waiting.why is Why.CHATTER:
        due = min(waiting.first_at + LONGEST_WAIT_MS, max(due, digest.due_at))
    return Digest(waiting.key, waiting.why, waiting.first_at, due)
