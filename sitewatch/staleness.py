"""How old a value may be before it is stale."""

from collections.abc import Callable, Mapping

from device_configs.estate import Device

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
        interval = round(found.interval_s * 1000)
        if found.profile.protocol == "mqtt":
            return interval + _GRACE_MS
        return max(_CYCLES * interval, _GRACE_MS)

    return rule
