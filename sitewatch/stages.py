"""How the stages of the service are doing, as `health` tells it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from collectors.driver import LineHealth

OK = "ok"
_SHOWN = 3


def lines_stage(lines: Sequence[LineHealth]) -> str:
    """`ok`, or which lines have no connection."""
    broken = [line.line for line in lines if not line.connected]
    if not broken:
        return OK
    more = f" and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
    return f"{len(broken)} of {len(lines)} not connected: {', '.join(broken[:_SHOWN])}{more}"


@dataclass(frozen=True)
class Stages:
    """Asks every stage why it does not work; None from a stage means that it does."""

    lines: Callable[[], Sequence[LineHealth]]
    reasons: Callable[[], Mapping[str, str | None]]

    def __call__(self) -> dict[str, str]:
        """Stage to `ok` or the reason."""
        found = {"collectors": lines_stage(self.lines())}
        return found | {stage: reason or OK for stage, reason in self.reasons().items()}
