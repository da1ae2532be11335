"""What a device owes: how long it may be silent, and how many readings are due in a time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from collectors.sample import Reason
from device_configs.estate import Device
from device_configs.kinds import Speed

GRACE_MS = 15_000
"""The least that a polled value may age: a slow line is not a silent one. [ms]"""
CYCLES = 3
"""Readings that may be missed before a value is stale."""
REPORTING = frozenset({"mqtt", "ocpp"})
"""The protocols whose devices speak when they like."""
ABSENT = frozenset({Reason.NOT_IMPLEMENTED, Reason.REFUSED})
"""Reasons by which a device says that it does not have a point: no reading of it is due."""


def allowed_silence_ms(device: Device, speed: Speed) -> int:
    """The age [ms] at which a value is stale: three cycles, or the silence a reporter may keep."""
    if device.profile.protocol in REPORTING:
        return round(device.interval_s * 1000) + GRACE_MS
    return max(CYCLES * round(device.interval_of(speed) * 1000), GRACE_MS)


@dataclass(frozen=True)
class Terms:
    """What one device owes."""

    allowed_ms: int
    """How long it may be silent. [ms]"""
    intervals: Mapping[str, int] | None
    """Point to the time between two readings of it [ms]; None for a device that reports."""

    @cached_property
    def names(self) -> frozenset[str]:
        """The points whose readings are due."""
        return frozenset(self.intervals or ())

    def due(self, start_ms: int, end_ms: int, absent: frozenset[str] = frozenset()) -> int:
        """Readings due in a time: one of each point for each of its intervals that ends in it.

        What is due in two times that follow each other adds up to what is due in both.
        """
        if absent:
            counted = Counter(
                i for point, i in (self.intervals or {}).items() if point not in absent
            )
        else:
            counted = self._points
        return sum(n * (end_ms // i - start_ms // i) for i, n in counted.items())

    @cached_property
    def _points(self) -> Counter[int]:
        return Counter((self.intervals or {}).values())


def terms_of(device: Device) -> Terms:
    """The terms of a device; its parts are read with it and owe nothing of their own."""
    points = device.profile.points.values()
    speeds = {point.spec.speed for point in points} or {Speed.FAST}
    allowed = min(allowed_silence_ms(device, speed) for speed in speeds)
    if device.profile.protocol in REPORTING:
        return Terms(allowed, None)
    intervals: dict[str, int] = {}
    for point in points:
        names = point.mapping.bits.values() if point.mapping.bits else (point.name,)
        every = max(1, round(device.interval_of(point.spec.speed) * 1000))
        intervals |= dict.fromkeys(names, every)
    return Terms(allowed, intervals)
