"""Leaks from the flow at night, when nobody uses water: a step that stays, a flow without end.

Minimum night flow is how water suppliers look for leaks (02:00 to 05:00, when legitimate use is
lowest). A night is compared with the nights before it by their medians, so that one night of
cleaning is no leak and a leak does not hide itself by becoming the rule.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

NIGHT_HOURS = (2, 5)
"""Local hours of minimum night flow, the end not included."""
LEARN_NIGHTS = 28
"""Nights before that a night is compared with, at most. [P]"""
LEAST_NIGHTS = 10
"""Fewer known nights say nothing. [P]"""
RECENT_NIGHTS = 5
"""Nights whose median is compared. [P]"""
STAYS_NIGHTS = 3
"""So many comparisons in a row must say the same. [P]"""
SIGMAS = 4.0
"""How far the medians must be apart, in standard deviations of their difference. [P]"""
FLOOR_M3_H = 0.02
"""Less than this, half a litre a minute or so, is a dripping tap and the meter's last digit. [P]"""
ENDLESS_NIGHTS = 14
"""Nights without one still quarter of an hour that make a flow endless. [P]"""
_MEDIAN_SPREAD = 1.2533
"""The standard error of a median over that of a mean, for normal noise: sqrt(pi / 2)."""


@dataclass(frozen=True)
class Night:
    """The water of one night."""

    day: dt.date
    """The day whose small hours they are."""
    flow: float
    """Mean flow from 02:00 to 05:00. [m3/h]"""
    least: float
    """The smallest flow of a quarter of an hour in it. [m3/h]"""


class LeakKind(StrEnum):
    """How a leak shows."""

    STEP = "step"
    """The night flow rose and stays."""
    ENDLESS = "endless"
    """The flow never ends, and did not before: when it began is not known."""


@dataclass(frozen=True)
class Leak:
    """What speaks for a leak."""

    kind: LeakKind
    since: dt.date
    flow: float
    """How large it is. [m3/h]"""
    half_width: float
    """Half of the 90 % interval of the flow. [m3/h]"""
    nights: int
    """Known nights that it has lasted."""

    @property
    def m3_a_day(self) -> float:
        """What it loses a day."""
        return self.flow * 24


def find_leak(nights: Sequence[Night]) -> Leak | None:
    """The leak that is there at the end of some nights; None where nothing speaks for one.

    Args:
        nights: those that are wholly known, in order.
    """
    step = _step(nights)
    return step if step is not None else _endless(nights)


def _step(nights: Sequence[Night]) -> Leak | None:
    begun: int | None = None
    said = 0
    for end in range(LEAST_NIGHTS + RECENT_NIGHTS, len(nights) + 1):
        recent = nights[end - RECENT_NIGHTS : end]
        until = begun if begun is not None else end - RECENT_NIGHTS
        before = nights[max(0, until - LEARN_NIGHTS) : until]
        rise, sigma = _apart(before, recent)
        if rise > max(SIGMAS * sigma, FLOOR_M3_H):
            said += 1
            begun = (
                begun if begun is not None else _first(nights, before, end - RECENT_NIGHTS, rise)
            )
        else:
            said, begun = 0, None
    if begun is None or said < STAYS_NIGHTS:
        return None
    before = nights[max(0, begun - LEARN_NIGHTS) : begun]
    since = nights[begun:]
    rise, sigma = _apart(before, since)
    return Leak(LeakKind.STEP, since[0].day, rise, 1.645 * sigma, len(since))


def _first(nights: Sequence[Night], before: Sequence[Night], begin: int, rise: float) -> int:
    """The first of the nights from `begin` on that lies nearer to the new flow than to the old."""
    usual = median(one.flow for one in before)
    for place in range(begin, len(nights)):
        if nights[place].flow > usual + rise / 2:
            return place
    return begin


def _apart(before: Sequence[Night], after: Sequence[Night]) -> tuple[float, float]:
    """How far the median of some nights is above that of others, and its standard error."""
    first, second = [one.flow for one in before], [one.flow for one in after]
    sigma = max(_sigma(first), 1e-6)
    error = sigma * _MEDIAN_SPREAD * math.sqrt(1 / len(first) + 1 / len(second))
    return median(second) - median(first), error


def _sigma(flows: Sequence[float]) -> float:
    """The standard deviation by the median of absolute deviations, and by what is half a night's.

    Flows that are nearly all equal have a median deviation of 0, which would make anything a leak:
    the mean deviation is looked at, too.
    """
    middle = median(flows)
    off = [abs(one - middle) for one in flows]
    return max(1.4826 * median(off), 1.2533 * math.fsum(off) / len(off))


def _endless(nights: Sequence[Night]) -> Leak | None:
    """A flow that was never still in any of the last nights."""
    last = nights[-ENDLESS_NIGHTS:]
    if len(last) < ENDLESS_NIGHTS or min(one.least for one in last) < FLOOR_M3_H:
        return None
    flows = sorted(one.least for one in last)
    spread = (flows[-1] - flows[0]) / 2
    return Leak(LeakKind.ENDLESS, last[0].day, median(flows), spread, len(last))
