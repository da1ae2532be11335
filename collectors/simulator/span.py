"""The model's time grid: every curve is known each five minutes and straight between.

Straight lines make power and counters agree exactly: the energy of a segment is its trapezium, and
where a balance changes its sign the crossing is a root of a linear equation. No step is integrated
numerically, so that a counter can be read at any moment without having simulated what went before.
"""

from dataclasses import dataclass

import numpy as np

from collectors.simulator.noise import Indices

STEP_MS = 300_000
"""Width of the grid. [ms]"""
STEPS_A_DAY = 288
DAY_MS = STEP_MS * STEPS_A_DAY
ZONE_MS = 8 * 3_600_000
"""Asia/Shanghai is UTC+8 all year (tz database, no daylight saving since 1991). [ms]"""
EPOCH_MS = 1_767_225_600_000 - ZONE_MS
"""2026-01-01 00:00 in Asia/Shanghai: all counters start here. [ms, UTC]"""


@dataclass(frozen=True)
class Span:
    """Some whole days of the grid, counted from the epoch; both ends included."""

    first_day: int
    days: int

    @property
    def index(self) -> Indices:
        """The grid indices: `days * 288 + 1` of them."""
        start = self.first_day * STEPS_A_DAY
        return np.arange(start, start + self.days * STEPS_A_DAY + 1, dtype=np.int64)


def day_of(at_ms: int) -> int:
    """The local day a moment falls on, counted from the epoch."""
    return (at_ms - EPOCH_MS) // DAY_MS


def start_of(day: int) -> int:
    """The first moment of a local day [ms, UTC]."""
    return EPOCH_MS + day * DAY_MS


def weekday(day: int) -> int:
    """Monday is 0; 2026-01-01 was a Thursday."""
    return (day + 3) % 7
