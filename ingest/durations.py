"""How long something took, again and again, as a histogram that costs nothing to keep."""

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets; what takes longer is in one more. [s]"""


class Durations:
    """A histogram; one thread writes, any may read."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self.total_s = 0.0
        """All durations together. [s]"""

    def add(self, duration_s: float) -> None:
        """Count one duration [s]."""
        self._counts[bisect_left(BOUNDS_S, duration_s)] += 1
        self.total_s += duration_s

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Count how long the block takes, also when it fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(time.perf_counter() - began)

    @property
    def cumulative(self) -> Sequence[int]:
        """How many took no longer than each bound, then all."""
        return tuple(accumulate(self._counts))
