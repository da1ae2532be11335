"""The clock that `sitewatch` hands in; tests hand in their own."""

import time


def wall_clock_ms() -> int:
    """Milliseconds since 1970 by the wall clock, UTC."""
    return time.time_ns() // 1_000_000
