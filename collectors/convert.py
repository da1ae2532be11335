"""Raw wire values to stored values: the one place where a number gets its meaning.

Pure and the same for every protocol. What cannot be understood becomes None with a reason, never a
number.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from collectors.sample import Reason, Value
from device_configs.kinds import PointType
from device_configs.profile import ProfilePoint

Raw = int | float | bool | str | None
"""What a protocol decoded: None where its own sentinel said 'not available'."""

Converted = tuple[Value, Reason | None]


def to_values(raw: Raw, point: ProfilePoint) -> Mapping[str, Converted]:
    """Convert one raw value; several points where the profile fans out the bits of one integer."""
    mapping = point.mapping
    names = mapping.bits.values() or (point.name,)
    if raw is None or _is_missing(raw, point):
        return dict.fromkeys(names, (None, Reason.NOT_IMPLEMENTED))
    if mapping.needs_integer:
        if isinstance(raw, bool) or not isinstance(raw, int):
            return dict.fromkeys(names, (None, Reason.WRONG_TYPE))
        if mapping.cut is not None:
            first, count = mapping.cut
            raw = raw >> first & (1 << count) - 1
        if mapping.bits:
            return {name: (bool(raw >> bit & 1), None) for bit, name in mapping.bits.items()}
        if mapping.any_cell is not None:
            return {point.name: (mapping.any_cell.holds(raw) != mapping.invert, None)}
        if mapping.bit is not None:
            return {point.name: (bool(raw >> mapping.bit & 1) != mapping.invert, None)}
    return {point.name: _to_value(raw, point)}


def _is_missing(raw: Raw, point: ProfilePoint) -> bool:
    if isinstance(raw, float) and not math.isfinite(raw):
        return True
    return not isinstance(raw, bool) and raw in point.mapping.missing


def _to_value(raw: float | int | bool | str, point: ProfilePoint) -> Converted:
    if point.mapping.values:
        return _listed(raw, point)
    if point.spec.type is PointType.NUMBER:
        return _number(raw, point)
    if point.spec.type is PointType.BOOL:
        return _boolean(raw, point)
    if isinstance(raw, bool) or not isinstance(raw, str):
        raw = str(raw)
    if point.spec.type is PointType.ENUM and raw not in point.spec.values:
        return None, Reason.UNKNOWN_VALUE
    return raw, None


def _listed(raw: Raw, point: ProfilePoint) -> Converted:
    """Look a raw value up in the profile's table; `3`, `3.0` and `"3"` are the same entry."""
    values = point.mapping.values
    keys: list[str | int] = []
    if isinstance(raw, bool):
        keys = ["true" if raw else "false", int(raw)]
    elif isinstance(raw, int):
        keys = [raw, str(raw)]
    elif isinstance(raw, float):
        keys = [int(raw), str(int(raw))] if raw.is_integer() else []
    elif isinstance(raw, str):
        text = raw.strip()
        keys = [text]
        if text.lstrip("+-").isdecimal():
            keys.append(int(text))
    for key in keys:
        if key in values:
            return values[key], None
    return None, Reason.UNKNOWN_VALUE


def _number(raw: Raw, point: ProfilePoint) -> Converted:
    if isinstance(raw, str):
        try:
            raw = float(raw.replace("_", "x"))
        except ValueError:
            return None, Reason.WRONG_TYPE
    if raw is None or isinstance(raw, bool):
        return None, Reason.WRONG_TYPE
    if _is_missing(raw, point):
        return None, Reason.NOT_IMPLEMENTED
    mapping, stored = point.mapping, raw
    if not mapping.is_linear:
        stored = stored * mapping.slope + mapping.intercept
    stored = point.to_stored.apply(stored)
    if isinstance(stored, float):
        if not math.isfinite(stored):
            return None, Reason.WRONG_TYPE
        if stored != raw:
            # Decimal scales leave binary dust (2301 * 0.1); 15 digits are all a double can promise.
            stored = float(f"{stored:.14g}")
    return stored, None


def to_raw(value: Value, point: ProfilePoint) -> Raw:
    """The raw value that `to_values` turns into this value: the inverse, for simulators and tests.

    A point that fans out bits takes the integer that carries them.

    Raises:
        ValueError: no raw value means this.
    """
    mapping = point.mapping
    if value is None:
        return mapping.missing[0] if mapping.missing else None
    if mapping.needs_integer:
        return _integer_of(value, point)
    if mapping.values:
        for raw, meaning in mapping.values.items():
            if meaning == value and isinstance(meaning, bool) == isinstance(value, bool):
                return raw
        raise ValueError(f"no raw value of {point.name} means {value!r}")
    if point.spec.type is PointType.BOOL:
        return bool(value) != mapping.invert
    if point.spec.type is not PointType.NUMBER:
        return value
    if isinstance(value, (str, bool)):
        raise ValueError(f"{point.name} is a number, not {value!r}")  # noqa: TRY004
    unscaled = (value - point.to_stored.offset) / point.to_stored.factor
    return (unscaled - mapping.intercept) / mapping.slope


def _integer_of(value: float | int | bool | str, point: ProfilePoint) -> Raw:
    """The integer whose bits or cells say the value."""
    mapping = point.mapping
    if mapping.cut is not None:
        inner = to_raw(value, _without_cut(point))
        if isinstance(inner, str) or inner is None:
            raise ValueError(f"{point.name} is cut from an integer, which cannot be {inner!r}")
        return round(inner) << mapping.cut[0]
    if mapping.any_cell is not None:
        return mapping.any_cell.raw(bool(value) != mapping.invert)
    if mapping.bit is not None:
        return int(bool(value) != mapping.invert) << mapping.bit
    return value


def _without_cut(point: ProfilePoint) -> ProfilePoint:
    return replace(point, mapping=point.mapping.model_copy(update={"cut": None}))


def _boolean(raw: Raw, point: ProfilePoint) -> Converted:
    if isinstance(raw, str):
        text = raw.strip().lower()
        if text not in {"true", "false"}:
            return None, Reason.WRONG_TYPE
        raw = text == "true"
    if not isinstance(raw, bool):
        if raw not in (0, 1):
            return None, Reason.WRONG_TYPE
        raw = bool(raw)
    return raw != point.mapping.invert, None
