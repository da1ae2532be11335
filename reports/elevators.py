"""How much of a time an elevator could be used, and how far its counters went. Pure.

Availability is of the time in which the elevator was heard. Nobody knows what it did in the rest,
which is neither available nor unavailable and stands beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

from alerts.alarm import ANNOUNCES, NORMAL_AGAIN, Transition
from alerts.kpi import Life
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("elevator_stops.yaml")
_ENDS = NORMAL_AGAIN | {Transition.WITHDRAWN}

Stretch = tuple[int, int]
"""From a moment until another. [ms, UTC]"""


class Stops(Strict):
    """Which alarms say that a car carries nobody."""

    source: str
    confidence: str
    rules: frozenset[str]


@cache
def stops() -> Stops:
    """The rules that count against availability, read once."""
    return Stops.model_validate(read_yaml(_FILE).data)


@dataclass(frozen=True)
class Use:
    """How an elevator stood over a time; two add up."""

    passed_ms: int = 0
    known_ms: int = 0
    """Of it, the time in which it was heard within its allowed silence."""
    stopped_ms: int = 0
    """Of that, with an alarm that stops it."""

    def __add__(self, other: "Use") -> "Use":
        return Use(
            self.passed_ms + other.passed_ms,
            self.known_ms + other.known_ms,
            self.stopped_ms + other.stopped_ms,
        )

    @property
    def unknown_ms(self) -> int:
        """The rest, of which nobody can say anything."""
        return self.passed_ms - self.known_ms

    @property
    def availability(self) -> Fraction | None:
        """Share of the known time in which it could be used; None where nothing is known."""
        if not self.known_ms:
            return None
        return Fraction(self.known_ms - self.stopped_ms, self.known_ms)


@dataclass(frozen=True)
class KnownDay:
    """One local day, as far as it has passed."""

    start: int
    end: int
    """The first moment after it, or after what is reported. [ms, UTC]"""
    known_ms: int


def active_in(life: Life, start: int, end: int) -> list[Stretch]:
    """When an alarm was active within a time."""
    found: list[Stretch] = []
    since: int | None = None
    for step in life.steps:
        if step.event in ANNOUNCES and since is None:
            since = step.at
        elif step.event in _ENDS and since is not None:
            found.append((since, step.at))
            since = None
    if since is not None:
        found.append((since, end))
    cut = [(max(one, start), min(other, end)) for one, other in found]
    return [(one, other) for one, other in cut if one < other]


def together(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The times in which at least one of some stretches is, in order."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def length(stretches: Iterable[Stretch]) -> int:
    """How long stretches that do not overlap are together [ms]."""
    return sum(end - start for start, end in stretches)


def use_of(days: Iterable[KnownDay], stopped: Sequence[Stretch]) -> Use:
    """How an elevator stood over some days.

    Which minutes of a past day were known is not kept, only how many: a stop is taken to lie in
    them, so that an elevator never looks better than it was.
    """
    total = Use()
    for day in days:
        passed = max(0, day.end - day.start)
        known = min(max(0, day.known_ms), passed)
        inside = [(max(start, day.start), min(end, day.end)) for start, end in stopped]
        stood = length(one for one in inside if one[0] < one[1])
        total += Use(passed, known, min(stood, known))
    return total


def increase(values: Sequence[float]) -> float | None:
    """How far a counter went from the first of its readings to the last.

    None where there are fewer than two, or where it went back: what it counted before it was reset
    or exchanged is lost.
    """
    if len(values) < 2 or any(after < one for one, after in pairwise(values)):
        return None
    return values[-1] - values[0]
