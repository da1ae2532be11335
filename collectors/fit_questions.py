"""Which points of a profile are asked for to see whether it fits a device. Pure."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from collectors.modbus_reading import DeviceReader
from collectors.modbus_schema import Address, ModbusSettings, table_of, wire
from device_configs.kinds import PointType
from device_configs.profile import Profile, ProfilePoint

MOST_REQUESTS = 4
"""Requests one profile is planned with."""
_MOST_POINTS = 24
_ENOUGH_POINTS = 10
"""Points after which those that tell little are left out."""
_TELLING = (
    r"model", r"maker", r"frequency", r"voltage_l\d", r"active_power", r"active_power_l\d",
    r"current_l\d", r"apparent_power(_l\d)?", r"reactive_power", r"power_factor",
    r"voltage_l\d_l\d", r"state", r".*_energy_(import|total)|volume_total",
)  # fmt: skip
"""Names of points that say most about whether a profile fits, the best first."""


def questions(profile: Profile, settings: ModbusSettings) -> Profile:
    """The profile with its most telling points only, as many as a few requests bring.

    Parts are left out: what a panel has behind it does not tell which panel it is. Where a product
    has nothing but parts, the first one stands for it.

    Raises:
        PlanError: the profile has a point that no allowed request can read.
    """
    if not profile.points and profile.parts is not None:
        profile = replace(profile, points=profile.parts.points, kind=profile.parts.kind)
    chosen: dict[str, ProfilePoint] = {}
    deciding = {name for rule in profile.rules for name in rule.when}
    for point in sorted(profile.points.values(), key=lambda p: _place_in_line(p, deciding)):
        telling = _place_in_line(point, deciding) < len(_TELLING)
        if len(chosen) >= (_MOST_POINTS if telling else _ENOUGH_POINTS):
            break
        tried = chosen | {point.name: point}
        if len(DeviceReader(_only(profile, tried), settings).blocks) <= MOST_REQUESTS:
            chosen = tried
    return _only(profile, chosen)


def _only(profile: Profile, points: Mapping[str, ProfilePoint]) -> Profile:
    """A profile without its other points, in its variants too."""
    variants = {
        name: replace(variant, points={n: p for n, p in variant.points.items() if n in points})
        for name, variant in profile.variants.items()
    }
    return replace(profile, points=points, parts=None, variants=variants)


def _place_in_line(point: ProfilePoint, deciding: Container[str]) -> int:
    if point.name in deciding:
        return -1
    for place, pattern in enumerate(_TELLING):
        if re.fullmatch(pattern, point.name):
            return place
    return len(_TELLING) + (point.spec.type is PointType.BOOL or bool(point.mapping.bits))


def place_of(point: ProfilePoint, settings: ModbusSettings) -> str:
    """Where a point stands on the wire, for people: `input 0x46`."""
    address = point.address
    if not isinstance(address, Address):
        return ""
    return f"{table_of(address, settings).value} 0x{wire(address, settings):02X}"


def places_of(points: Sequence[ProfilePoint], settings: ModbusSettings) -> dict[str, str]:
    """Point to its place."""
    return {point.name: place_of(point, settings) for point in points}
