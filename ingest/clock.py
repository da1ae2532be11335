"""The clock that `sitewatch` hands in; tests hand in their own."""

import time


def wall_clock_ms() -> int:
    """Milliseconds since 1970 by the wall clock, UTC."""
    return time.time_ns() // 1_000_000


def steady_clock_ms() -> int:
    """Milliseconds since some moment, by a clock that nobody sets."""
    return time.monotonic_ns() // 1_000_000
