"""A state that is not normal, with what it belongs to; and what is asked of it."""

from dataclasses import dataclass

from alerts.condition import Missing, Refused, Together, Verdict
from alerts.engine import State
from alerts.rule import Rule
from alerts.watch import Key, Watch
from collectors.sample import Reason, Sample


def missing(watch: Watch, sample: Sample, point: str, heard: bool) -> Verdict:
    """Whether a point is missing although its device answers; of silence it says nothing."""
    if sample.values[point] is not None or sample.reasons.get(point) == Reason.NOT_IMPLEMENTED:
        return Verdict.FALSE
    answers = heard or (watch.parent is not None and not watch.root.silent)
    return Verdict.TRUE if answers else Verdict.BETWEEN


OF_ANSWERS = (Missing, Refused)
"""Conditions that only a device which answers can meet."""


@dataclass
class Tracked:
    """A state that is not normal, with what it belongs to."""

    key: Key
    rule: Rule
    watch: Watch
    state: State


def is_safety(tracked: Tracked) -> bool:
    """Whether what it is about travels in the safety lane."""
    condition = tracked.rule.condition
    if isinstance(condition, Refused):
        return condition.protecting
    if isinstance(condition, Together):
        return True
    return tracked.watch.is_safety(tracked.key.point)


@dataclass(frozen=True)
class Gone:
    """Timing of a rule that no longer exists: it can only end."""

    on_delay_ms: int = 0
    off_delay_ms: int = 0
    latch: bool = False
    urgent: bool = False
