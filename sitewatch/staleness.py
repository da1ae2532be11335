"""How old a value may be before it is stale."""

from collections.abc import Callable, Mapping
from functools import cache

from device_configs.estate import Device
from device_configs.kinds import Speed, kinds

_GRACE_MS = 15_000
"""The least that a polled value may age: a slow line is not a silent one. [ms]"""
_CYCLES = 3
"""Readings that may be missed before a value is stale."""
_UNKNOWN_MS = 60_000
"""For devices that the estate does not have: sitewatch itself. [ms]"""


def stale_after(devices: Callable[[], Mapping[str, Device]]) -> Callable[[str, str], int]:
    """The rule for an estate that may change: three cycles, or the silence a reporter may keep."""

    def rule(device: str, point: str) -> int:
        found = devices().get(device.partition("/")[0])
        if found is None:
            return _UNKNOWN_MS
        if found.profile.protocol == "mqtt":
            return round(found.interval_s * 1000) + _GRACE_MS
        interval = round(found.interval_of(_speed(found, device, point)) * 1000)
        return max(_CYCLES * interval, _GRACE_MS)

    return rule


def _speed(found: Device, device: str, point: str) -> Speed:
    """The speed of a device's or its part's point."""
    parts = found.profile.parts
    kind = parts.kind if parts is not None and "/" in device else found.profile.kind
    return _speed_of(kind.kind, point)


@cache
def _speed_of(kind: str, point: str) -> Speed:
    spec = kinds()[kind].point(point)
    return spec.speed if spec is not None else Speed.FAST
