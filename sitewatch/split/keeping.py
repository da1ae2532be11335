"""When a child is to be ended, and how long to wait before its next start. Pure."""

from dataclasses import dataclass, replace

TICK_S = 0.25
"""The parent counts its own ticks, not time: a machine that was asleep has missed nobody. [s]"""
_SILENT_TICKS = 120
"""30 s without a sign of life: it does not work any more."""
_OPENING_TICKS = 2400
"""600 s before the first one: importing may be slow, a salvage is not counted (it beats)."""
_HOLDS_TICKS = 4
"""1 s without a sign of life, while the database is held by somebody."""
_HOLDS_WORDS = 8
"""The database was found held so often in a row, each time after a second's wait."""
GOOD_TIME_S = 60.0
"""After running for so long a child counts as healthy again. [s]"""
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 15.0


@dataclass(frozen=True)
class Signs:
    """What the parent knows of a child."""

    ready: bool = False
    quiet: int = 0
    """Ticks since its last sign of life."""
    beats: int = 0

    def ticked(self) -> "Signs":
        """A tick later."""
        return replace(self, quiet=self.quiet + 1)

    def heard(self) -> "Signs":
        """After a sign of life."""
        return replace(self, quiet=0, beats=self.beats + 1)


def hangs(signs: Signs) -> bool:
    """Whether a child has been silent for so long that it must be ended."""
    return signs.quiet >= (_SILENT_TICKS if signs.beats else _OPENING_TICKS)


def holds_database(signs: Signs, blocked: int) -> bool:
    """Whether the serving child must be ended, so that alarms can be written.

    Args:
        signs: of the serving child.
        blocked: how often in a row the watching one found the database held by somebody.
    """
    if not blocked:
        return False
    return signs.quiet >= _HOLDS_TICKS or blocked >= _HOLDS_WORDS


def restart_wait_s(failures: int) -> float:
    """How long to wait [s] before the next start, after so many failures in a row."""
    wait: float = _FIRST_WAIT_S * 2.0 ** min(failures - 1, 16)
    return min(wait, _LONGEST_WAIT_S)
