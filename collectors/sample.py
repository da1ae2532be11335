"""The sample: what a collector read of one device at one moment, and nothing it did not read."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

Value = float | int | bool | str | None
"""A point's value in its stored unit; None is unknown, and never 0."""


class Lane(StrEnum):
    """Safety samples overtake routine ones in every queue."""

    SAFETY = "safety"
    ROUTINE = "routine"


class Quality(StrEnum):
    """How far a value can be believed; the one enumeration of it."""

    GOOD = "good"
    SUSPECT = "suspect"
    MISSING = "missing"
    STALE = "stale"


class Reason(StrEnum):
    """Why a value is missing or suspect."""

    NOT_IMPLEMENTED = "not_implemented"
    """The device says that it does not have this value (sentinel, NaN)."""
    NO_ANSWER = "no_answer"
    """The device or its line did not answer in time."""
    REFUSED = "refused"
    """The device answered that it has no such thing, or will not give it."""
    BUSY = "busy"
    """The device answered that it is too busy, or cannot just now; it is asked again soon."""
    GARBLED = "garbled"
    """The answer was short, foreign or not decodable."""
    UNKNOWN_VALUE = "unknown_value"
    """An enumeration value the profile does not list."""
    OUT_OF_RANGE = "out_of_range"
    """Outside the plausible range; the value is kept and suspect."""
    UNKNOWN_VARIANT = "unknown_variant"
    """The device has not told which variant of its profile it is."""
    WRONG_TYPE = "wrong_type"
    """The payload holds another type than the point has."""
    OFFLINE = "offline"
    """The device's availability topic, or its gateway, says it is offline."""
    TOO_FAST = "too_fast"
    """It changed faster than it can, and nothing confirms it yet; the value is kept and suspect."""
    STUCK = "stuck"
    """It stays exactly the same while others of its device move; kept and suspect."""
    FUTURE = "future"
    """The device's clock was ahead. No longer given (decision 0012); it stands in older data."""
    NOT_CURRENT = "not_current"
    """Nothing was heard for longer than the point may be silent."""


_ONLY_THE_DEVICE = frozenset({Reason.NOT_IMPLEMENTED, Reason.UNKNOWN_VALUE, Reason.WRONG_TYPE})
"""Reasons of a value that is None although the device has answered."""


class Sample(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A partial update of one device or part: a point that is absent was not read.

    Attributes:
        device: `device` or `device/part`.
        received_at: when we had it. [ms since 1970, UTC]
        values: point name to value; None where it is unknown.
        reasons: point name to `Reason`, where the value is None or suspect.
        lane: safety or routine; one point always travels in the same lane.
        source_at: the device's own clock, None where it has none that is trusted. [ms, UTC]
        identity: what makes this payload the same on a second delivery, where its profile names it.
        seq: the journal's number; 0 before the journal has it.
    """

    device: str
    received_at: int
    values: Mapping[str, Value]
    reasons: Mapping[str, str] = {}
    lane: Lane = Lane.ROUTINE
    source_at: int | None = None
    identity: str | None = None
    seq: int = 0

    @property
    def at(self) -> int:
        """The moment [ms] the values belong to: the device's clock where trusted, else arrival."""
        return self.received_at if self.source_at is None else self.source_at

    def quality(self, point: str) -> Quality:
        """The quality of one point that is in `values`, by its value and reason alone."""
        if self.values.get(point) is None:
            return Quality.MISSING
        return Quality.SUSPECT if point in self.reasons else Quality.GOOD


def is_hearing(sample: Sample) -> bool:
    """Whether the device itself spoke: a value, or a None that only it can have said.

    A value that a broker kept (`not_current`) does not show that its device still lives.
    """
    reasons = sample.reasons
    for point, value in sample.values.items():
        if value is not None and (not reasons or reasons.get(point) != Reason.NOT_CURRENT):
            return True
    return any(reasons.get(point) in _ONLY_THE_DEVICE for point in sample.values)
