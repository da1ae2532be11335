"""A state that is not normal, with what it belongs to."""

from dataclasses import dataclass

from alerts.condition import Refused
from alerts.engine import State
from alerts.rule import Rule
from alerts.watch import Key, Watch


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
        return self.watch.is_safety(self.key.point)
