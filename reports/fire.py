"""What became of fire alarms, how long detectors were shielded, and when nobody watched. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alerts.alarm import Finding, Transition
from alerts.kpi import Life, Spread, begins_within, finding_of, first_of, spread
from ingest.quality_days import Gap, gaps_of
from reports.elevators import Stretch, active_in, length

CLASSES = frozenset({"fire", "gas", "electrical_fire"})
SHIELDED = "fire_shielded"
"""The rule whose alarm says that something has been shielded for longer than it may be."""
ALIVE_MS = 60_000
"""A service that gave no sign of life for longer was not running. [ms]"""


@dataclass(frozen=True)
class FireAlarms:
    """The alarms of a time that began in it."""

    alarms: int
    """Without tests and drills; `found` and `not_judged` add up to them."""
    found: Counter[Finding]
    not_judged: int
    """Of which nobody has noted what was found."""
    tests: int
    """Alarms of tests and drills."""
    to_acknowledge: Spread
    to_reset: Spread


def fire_alarms(lives: Iterable[Life], start: int, end: int) -> FireAlarms:
    """What became of the alarms that began from `start` until `end` [ms, UTC]."""
    begun = [
        life for life in lives if life.alarm_class in CLASSES and begins_within(life, start, end)
    ]
    real = [life for life in begun if not life.test]
    judged = [found for life in real if (found := finding_of(life, end)) is not None]
    return FireAlarms(
        len(real),
        Counter(judged),
        len(real) - len(judged),
        len(begun) - len(real),
        spread(_took(life, Transition.ACKNOWLEDGED, end) for life in real),
        spread(_took(life, Transition.RESET, end) for life in real),
    )


def _took(life: Life, event: Transition, end: int) -> float | None:
    at = first_of(life, event, end)
    return None if at is None else (at - life.steps[0].at) / 1000


def shielded(lives: Iterable[Life], start: int, end: int) -> tuple[int, int]:
    """How many devices and parts were shielded for longer than allowed, and how long [ms].

    The time is counted from when the rule says so; what is shielded for less is in neither.
    """
    times = [
        (life.key[1], length(active_in(life, start, end)))
        for life in lives
        if life.key[0] == SHIELDED and not life.test
    ]
    return len({device for device, took in times if took}), sum(took for _, took in times)


def blind(runs: Sequence[Stretch], start: int, end: int) -> Sequence[Gap] | None:
    """When sitewatch did not run from `start` until `end` [ms, UTC]; None where it is not known.

    Before the first run that is known nothing is said.
    """
    if not runs:
        return None
    last = max(alive for _, alive in runs)
    known = [*runs, (end, end)] if end - last > ALIVE_MS else runs
    cut = [Gap(max(one.start, start), min(one.end, end)) for one in gaps_of(known)]
    return [one for one in cut if one.start < one.end]
