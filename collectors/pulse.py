"""The pulse of a stage: the last moment at which it went round its loop.

A stage that waits for a database that is down beats too, since it tries again and again; one that
hangs in a call that never returns does not.
"""

import time
from collections.abc import Callable


class Pulse:
    """Beaten by a stage in every round; read by whoever watches it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._beaten_at: float | None = None

    def beat(self) -> None:
        """The stage is alive now."""
        self._beaten_at = self._monotonic()

    def age(self) -> float | None:
        """How long ago it last beat [s]; None before the first time."""
        return None if self._beaten_at is None else self._monotonic() - self._beaten_at
