"""What a live probe knows by now: of every point the last value, its age and its last change.

Pure: the readings and the time come from outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from collectors.probe import Probe, ProbedPoint, ProbeQuality
from collectors.recorded_registers import MadeRequest
from collectors.sample import Reason

_NO_TIME = float("-inf")


@dataclass(frozen=True)
class Row:
    """One point: the newest value there was, and whether it is still so."""

    point: ProbedPoint
    """As it was last read well; where it never was, as it was last read."""
    heard_at: float | None
    """When the device last gave it. [s, monotonic]"""
    changed_at: float = _NO_TIME
    """When its value last differed from the one before. [s, monotonic]"""
    now_missing: bool = False
    """Whether the newest reading brought nothing for it."""


@dataclass(frozen=True)
class Totals:
    """What all readings together cost."""

    readings: int = 0
    failed: int = 0
    requests: int = 0
    timeouts: int = 0
    refused: int = 0
    last_ms: float = 0.0
    """The requests of the newest good reading. [ms]"""

    def plus(self, requests: tuple[MadeRequest, ...], *, failed: bool) -> "Totals":
        """The totals after one more reading."""
        ms = self.last_ms if failed else sum(request.ms for request in requests)
        return Totals(
            self.readings + 1,
            self.failed + failed,
            self.requests + len(requests),
            self.timeouts + _ended(requests, Reason.NO_ANSWER),
            self.refused + _ended(requests, Reason.REFUSED),
            ms,
        )


def _ended(requests: tuple[MadeRequest, ...], reason: Reason) -> int:
    return sum(request.reason is reason for request in requests)


Key = tuple[str, str]
"""Device or part, and point."""


@dataclass(frozen=True)
class Board:
    """The state of a live probe."""

    rows: Mapping[Key, Row] = field(default_factory=dict)
    totals: Totals = Totals()
    away_since: float | None = None
    """Since when the device gives nothing. [s, monotonic]"""
    why: str = ""
    """The sentence that says why."""

    def heard(self, probe: Probe, now: float) -> "Board":
        """The board after a reading that brought something."""
        rows = dict(self.rows)
        for device in probe.devices:
            for name, point in device.points.items():
                key = (device.id, name)
                rows[key] = _row(rows.get(key), point, now)
        return Board(rows, self.totals.plus(tuple(probe.requests), failed=False))

    def lost(self, why: str, requests: tuple[MadeRequest, ...], now: float) -> "Board":
        """The board after a reading that brought nothing."""
        since = now if self.away_since is None else self.away_since
        rows = {key: replace(row, now_missing=True) for key, row in self.rows.items()}
        return Board(rows, self.totals.plus(requests, failed=True), since, why)


def _row(before: Row | None, point: ProbedPoint, now: float) -> Row:
    if point.quality is ProbeQuality.MISSING and before is not None and before.heard_at is not None:
        # The last value stays to be seen with its age, and is not taken for a present one.
        return replace(before, now_missing=True)
    heard = None if point.quality is ProbeQuality.MISSING else now
    changed = before is not None and before.heard_at is not None and differs(before.point, point)
    kept = before.changed_at if before is not None else _NO_TIME
    return Row(point, heard, now if changed else kept)


def differs(before: ProbedPoint, after: ProbedPoint) -> bool:
    """Whether a point says something else than before."""
    return (before.value, before.quality) != (after.value, after.quality)
