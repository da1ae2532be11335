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
    """One key that is not normal."""

    key: Key
    rule: Rule
    watch: Watch
    state: State

    @property
    def is_safety(self) -> bool:
        """Whether what it is about travels in the safety lane."""
        condition = self.rule.condition
        if isinstance(condition, Refused):
            return condition.protecting
        if isinstance(condition, Together):
            return True
        return self.watch.is_safety(self.key.point)
