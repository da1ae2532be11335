"""The usual values of a point without the detours: the same as `convert.to_values`, only sooner.

A converter here answers for what a healthy device sends, by a table made with `to_values` itself
or where the value needs no conversion; for all else it says None, and the caller asks `to_values`.
"""

import math
from collections.abc import Callable

from collectors.convert import to_values
from collectors.sample import Value
from device_configs.kinds import PointType
from device_configs.profile import ProfilePoint

Quick = Callable[[object], Value]
"""Raw to stored value; None for 'ask `to_values`', never for 'unknown'."""

_EXACT = 1 << 53
"""Integers up to here are the same as a float, in which the stores keep them."""


def quick_converter(point: ProfilePoint) -> Quick:
    """The converter of one point."""
    mapping = point.mapping
    if mapping.needs_integer or mapping.missing:
        return _never
    if mapping.values:
        return _table(point)
    if point.spec.type is PointType.BOOL:
        return _inverted_bool if mapping.invert else _bool
    plain = mapping.is_linear and point.to_stored.factor == 1.0 and point.to_stored.offset == 0.0
    return _number if point.spec.type is PointType.NUMBER and plain else _never


def _never(raw: object) -> Value:
    return None


def _bool(raw: object) -> Value:
    return raw if type(raw) is bool else None


def _inverted_bool(raw: object) -> Value:
    return not raw if type(raw) is bool else None


def _number(raw: object) -> Value:
    if type(raw) is int:
        return raw if -_EXACT < raw < _EXACT else None
    if type(raw) is float:
        return raw if math.isfinite(raw) else None
    return None


def _table(point: ProfilePoint) -> Quick:
    """Exact keys only: `1` and `True` are one key of a Python dict and two raw values here."""
    found: dict[type, dict[object, Value]] = {int: {}, str: {}}
    for key in point.mapping.values:
        value, reason = to_values(key, point)[point.name]
        if reason is None:
            found[type(key)][key] = value
    of_type = found.get

    def look_up(raw: object) -> Value:
        table = of_type(type(raw))
        return None if table is None else table.get(raw)

    return look_up
