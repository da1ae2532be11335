"""Which stages go on, and which have stopped although their process lives."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from collectors.pulse import Pulse

_START_S = 120.0
"""How long a stage may take for its first round: it may have a backlog to restore. [s]"""


@dataclass(frozen=True)
class Stage:
    """A stage that is watched."""

    pulse: Pulse
    limit_s: float
    """It has stopped when it did not beat for longer. [s]"""
    safety: bool
    """Whether an alarm cannot be raised or told without it."""


@dataclass(frozen=True)
class Heartbeats:
    """The pulses of all stages."""

    stages: Mapping[str, Stage]
    monotonic: Callable[[], float] = time.monotonic
    _started: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._started.append(self.monotonic())

    def stalled(self, *, safety_only: bool = False) -> Mapping[str, float]:
        """The stages that have stopped, each with how long ago it last beat [s]."""
        found = {}
        for name, stage in self.stages.items():
            age = stage.pulse.age()
            limit = stage.limit_s
            if age is None:
                age, limit = self.monotonic() - self._started[0], max(limit, _START_S)
            if age > limit and (stage.safety or not safety_only):
                found[name] = age
        return found

    def reason(self, name: str) -> str | None:
        """What `health` says of a stage by its pulse; None while it beats."""
        age = self.stalled().get(name)
        return None if age is None else f"has not gone on for {age:.0f} s"
