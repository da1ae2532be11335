"""What one poll of a device brought, and how it becomes samples: protocol-neutral and pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import is_

import msgspec

from collectors.convert import Converted
from collectors.driver import CollectorsError
from collectors.sample import Lane, Reason, Sample, Value
from device_configs.kinds import Kind, Speed, kinds
from device_configs.profile import ProfilePoint

PART_REFRESH_MS = 60_000
"""A part whose values do not change is told again after this time. [ms]"""


class ReadError(CollectorsError):
    """One request that brought no values.

    Attributes:
        reason: What to write beside the unknown values.
        code: The Modbus exception code, where the device refused.
    """

    def __init__(self, reason: Reason, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.code = code


class LinkLostError(CollectorsError):
    """The connection is gone; nothing can be asked before the next one."""


class PointReading(msgspec.Struct, frozen=True):
    """One point of a profile as it was read: the words on the wire and what they mean."""

    point: ProfilePoint
    words: tuple[int, ...]
    values: Mapping[str, Converted]


@dataclass(frozen=True)
class Reading:
    """All that one poll of a device brought; points that were not asked for are absent."""

    own: Sequence[PointReading]
    parts: Mapping[str, Sequence[PointReading]] = field(default_factory=dict)
    """Part id (without the parent) to its points."""
    failure: Reason | None = None
    """Why the device counts as failed: nothing of what was asked was answered."""
    message: str | None = None
    """The same in words, where there is more to say than the last request's error."""


def failed(point: ProfilePoint, reason: Reason) -> PointReading:
    """The reading of a point that could not be read."""
    names = point.mapping.bits.values() if point.mapping.bits else (point.name,)
    return PointReading(point, (), dict.fromkeys(names, (None, reason)))


def lane_of(kind: Kind, name: str) -> Lane:
    """The lane a point of a kind always travels in."""
    return _lane(kind.kind, name)


@cache
def _lane(kind: str, name: str) -> Lane:
    spec = kinds()[kind].point(name)
    return Lane.SAFETY if spec is not None and spec.speed is Speed.SAFETY else Lane.ROUTINE


class Lanes:
    """Splits readings of one kind into at most one sample a lane, safety first."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._lanes: dict[str, Lane] = {}

    def samples(
        self, device: str, readings: Iterable[PointReading], at_ms: int
    ) -> tuple[Sample, ...]:
        """Samples of one device or part."""
        values: dict[Lane, dict[str, Value]] = {Lane.SAFETY: {}, Lane.ROUTINE: {}}
        reasons: dict[Lane, dict[str, str]] = {Lane.SAFETY: {}, Lane.ROUTINE: {}}
        known = self._lanes.get
        for reading in readings:
            for name, (value, reason) in reading.values.items():
                lane = known(name) or self._lane(name)
                values[lane][name] = value
                if reason is not None:
                    reasons[lane][name] = reason.value
        return tuple(
            Sample(device, at_ms, values[lane], reasons[lane], lane)
            for lane in (Lane.SAFETY, Lane.ROUTINE)
            if values[lane]
        )

    def _lane(self, name: str) -> Lane:
        lane = self._lanes[name] = lane_of(self._kind, name)
        return lane


@dataclass(slots=True)
class _Told:
    readings: Sequence[PointReading]
    values: dict[str, Converted]
    at_ms: int


class PartMemory:
    """Remembers what was told of each part, so that only changes and refreshes travel."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def fresh(self, part: str, readings: Sequence[PointReading], at_ms: int) -> bool:
        """Whether this reading of a part is to be told now; then it counts as told.

        It is when something changed, at the first poll, and after `PART_REFRESH_MS`. A part that
        is unknown altogether is told once, and not again until it is known.
        """
        told = self._told.get(part)
        if told is None:
            values = _values(readings)
            self._told[part] = _Told(readings, values, at_ms)
            return True
        young = 0 <= at_ms - told.at_ms < PART_REFRESH_MS
        same = len(readings) == len(told.readings) and all(map(is_, readings, told.readings))
        if same and young:
            return False
        now = _values(readings)
        merged = told.values | now
        known = any(value is not None for value, _ in now.values())
        if merged == told.values and (young or not known):
            told.readings = readings
            return False
        self._told[part] = _Told(readings, merged, at_ms)
        return True


def _values(readings: Sequence[PointReading]) -> dict[str, Converted]:
    return {name: value for reading in readings for name, value in reading.values.items()}
