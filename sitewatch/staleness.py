"""How old a value may be before it is stale."""

from collections.abc import Callable, Mapping
from functools import cache

from device_configs.estate import Device
from device_configs.kinds import Speed, kinds
from ingest.quality_terms import allowed_silence_ms

_UNKNOWN_MS = 60_000
"""For devices that the estate does not have: sitewatch itself. [ms]"""


def stale_after(devices: Callable[[], Mapping[str, Device]]) -> Callable[[str, str], int]:
    """The rule for an estate that may change: three cycles, or the silence a reporter may keep."""

    def rule(device: str, point: str) -> int:
        found = devices().get(device.partition("/")[0])
        if found is None:
            return _UNKNOWN_MS
        return allowed_silence_ms(found, _speed(found, device, point))

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
