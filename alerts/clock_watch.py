"""Tells when somebody sets the wall clock, by a clock that only counts on."""

from collections.abc import Callable

SMALLEST_MS = 1000
"""A smaller difference between two looks is no setting. [ms] [P]

A clock that is led (adjtime) deviates by at most 500 ppm: so much in half an hour.
"""


class ClockWatch:
    """Compares the two clocks at every look."""

    def __init__(self, now_ms: Callable[[], int], steady_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._steady_ms = steady_ms
        self._between = now_ms() - steady_ms()
        self._newest: tuple[int, int] | None = None
        """The newest setting: by how much, and when by the steady clock. [ms]"""

    def set_by(self) -> int:
        """By how much the wall clock was set since the last look. [ms]; 0 where it was not."""
        between = self._now_ms() - self._steady_ms()
        by, self._between = between - self._between, between
        if abs(by) < SMALLEST_MS:
            return 0
        self._newest = (by, self._steady_ms())
        return by

    def recently(self, within_ms: int) -> int:
        """By how much it was set at the newest setting within a time [ms]; 0 where it was not."""
        if self._newest is None or self._steady_ms() - self._newest[1] > within_ms:
            return 0
        return abs(self._newest[0])
