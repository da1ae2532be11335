"""How fast a pile may speak: what comes faster waits, and nothing is refused. Pure."""

_SAVED_S = 10.0
"""A pile that was quiet may say at once what it could have said in this time. [s]"""


class Pace:
    """A bucket of messages that fills with time."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * _SAVED_S)
        self._left = self._most
        self._at: float | None = None

    def wait_s(self, now_s: float) -> float:
        """How long to wait [s] before the next message is handled."""
        if self._at is not None:
            gained = max(0.0, now_s - self._at) * self._per_second
            self._left = min(self._most, self._left + gained)
        self._at = now_s
        self._left -= 1.0
        return max(0.0, -self._left / self._per_second)
