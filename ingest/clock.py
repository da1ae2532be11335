"""The clocks that `sitewatch` hands in; tests hand in their own."""

import time
from collections.abc import Callable
from dataclasses import dataclass


def wall_clock_ms() -> int:
    """Milliseconds since 1970 by the wall clock, UTC."""
    return time.time_ns() // 1_000_000


def steady_clock_ms() -> int:
    """Milliseconds since some moment, by a clock that nobody sets."""
    return time.monotonic_ns() // 1_000_000


@dataclass(frozen=True)
class Clocks:
    """Both clocks of a machine."""

    wall_ms: Callable[[], int] = wall_clock_ms
    """May be set by somebody. [ms, UTC]"""
    steady_ms: Callable[[], int] = steady_clock_ms
    """[ms]"""


MACHINE = Clocks()
"""The clocks of this machine."""
