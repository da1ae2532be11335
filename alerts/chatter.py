"""Chatter and floods: when messages about routine alarms help nobody any more. Pure."""

from collections.abc import Sequence

CHATTER_RAISES = 3
CHATTER_SPAN_MS = 60_000
"""Three raises of one alarm within a minute are chatter (EEMUA 191, from memory). [ms]"""
QUIET_MS = 600_000
"""How long it must not be raised to have stopped [ms] [P]."""
FLOOD_BEGINS = 10
FLOOD_ENDS = 5
FLOOD_SPAN_MS = 600_000
"""Ten new alarms of one desk in 10 min begin a flood, fewer than five end it (EEMUA 191). [ms]"""


def is_chattering(raises: Sequence[int], now_ms: int) -> bool:
    """Whether an alarm that is raised now chatters; `raises` are earlier moments [ms]."""
    return 1 + sum(now_ms - CHATTER_SPAN_MS <= at <= now_ms for at in raises) >= CHATTER_RAISES


def chattering_until(raises: Sequence[int], known_until: int | None, now_ms: int) -> int | None:
    """Until when an alarm that is raised now counts as chattering [ms]; None: it does not.

    Args:
        raises: when it was raised before [ms].
        known_until: what counted until now, of this alarm or the one before it of the same key.
        now_ms: the moment of the raise.
    """
    goes_on = known_until is not None and now_ms < known_until
    return now_ms + QUIET_MS if goes_on or is_chattering(raises, now_ms) else None


def is_flood(new_alarms: int, *, flooded: bool) -> bool:
    """Whether a duty desk is flooded after so many new alarms in the last 10 min."""
    return new_alarms >= (FLOOD_ENDS if flooded else FLOOD_BEGINS)
