"""Checks of every sample by itself: range, type, finiteness, the device's clock.

Pure: a sample in, a sample out. What fails is kept as unknown or suspect, with its reason; nothing
is dropped and nothing becomes 0. What only shows beside earlier samples is found by
`ingest.standing`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import msgspec

from collectors.sample import Reason, Sample, Value
from device_configs.estate import Device
from device_configs.kinds import Kind, PointSpec, PointType
from device_configs.profile import ProfilePoint
from device_configs.transformers import largest_ratio

FUTURE_MS = 5 * 60 * 1000
"""How far a device's clock may be ahead of ours. [ms]"""
EARLIEST_MS = 1_577_836_800_000
"""2020-01-01; an earlier device time is a clock that was never set, not history. [ms, UTC]"""
LONGEST_TEXT = 4096
"""Characters of a text value; a longer one is not a state or a code but a wrong mapping."""
_LARGEST = 2**63

Checked = tuple[Value, Reason | None]
_Check = Callable[[Value], Checked]


@dataclass(frozen=True)
class DeviceChecks:
    """The checks of one device, or of the parts of one, made once from its profile."""

    points: dict[str, _Check]
    """Grows by the points of the kind that the profile does not list and that came all the same."""
    kind: Kind
    rates: Mapping[str, float] = field(default_factory=dict)
    """Point to the fastest change that is believed. [stored unit/ms]"""
    stuck_ms: Mapping[str, float] = field(default_factory=dict)
    """Point to how long it may stay exactly the same while others of its device move. [ms]"""

    def of(self, point: str) -> _Check:
        """The check of a point; one the profile does not list is checked by its kind."""
        found = self.points.get(point)
        if found is None:
            spec = self.kind.point(point)
            found = _any_value if spec is None else _of_spec(spec, spec.range)
            self.points[point] = found
        return found


def device_checks(device: Device) -> DeviceChecks:
    """The checks of a device's own points."""
    return _compiled(device, device.profile.points, device.profile.kind)


def part_checks(device: Device) -> DeviceChecks:
    """The checks of the points of a device's parts."""
    parts = device.profile.parts
    return device_checks(device) if parts is None else _compiled(device, parts.points, parts.kind)


def kind_checks(kind: Kind) -> DeviceChecks:
    """The checks of a device that has a kind but no profile."""
    return DeviceChecks({}, kind)


def _compiled(device: Device, points: Mapping[str, ProfilePoint], kind: Kind) -> DeviceChecks:
    checks: dict[str, _Check] = {}
    # Limits are those of what the meter measures; behind transformers that is the secondary side.
    ratios = {name: largest_ratio(device.entry, point) for name, point in points.items()}
    for name, point in points.items():
        if point.mapping.bits:
            for bit_name in point.mapping.bits.values():
                checks[bit_name] = _boolean
        else:
            limits = point.mapping.range or point.spec.range
            checks[name] = _of_spec(point.spec, _scaled(limits, ratios[name]))
    rates = {
        name: rate * ratios[name] / 1000
        for name, point in points.items()
        if (rate := point.mapping.max_rate or point.spec.max_rate) is not None
    }
    stuck_ms = {
        name: point.mapping.stuck_after * 1000
        for name, point in points.items()
        if point.mapping.stuck_after is not None
    }
    return DeviceChecks(checks, kind, rates, stuck_ms)


def _scaled(limits: tuple[float, float] | None, ratio: float) -> tuple[float, float] | None:
    return None if limits is None else (limits[0] * ratio, limits[1] * ratio)


def _of_spec(spec: PointSpec, limits: tuple[float, float] | None) -> _Check:
    if spec.type is PointType.NUMBER:
        return _number(limits)
    if spec.type is PointType.BOOL:
        return _boolean
    if spec.type is PointType.ENUM:
        return _listed(frozenset(spec.values))
    return _text


@cache
def _number(limits: tuple[float, float] | None) -> _Check:
    low, high = limits or (-math.inf, math.inf)

    def check(value: Value) -> Checked:
        if isinstance(value, bool) or not isinstance(value, float | int):
            return None, Reason.WRONG_TYPE
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            value = _to_float(value)
        if not math.isfinite(value):
            return None, Reason.NOT_IMPLEMENTED
        return value, None if low <= value <= high else Reason.OUT_OF_RANGE

    return check


def _to_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _boolean(value: Value) -> Checked:
    return (value, None) if isinstance(value, bool) else (None, Reason.WRONG_TYPE)


def _listed(values: frozenset[str]) -> _Check:
    def check(value: Value) -> Checked:
        if not isinstance(value, str):
            return None, Reason.WRONG_TYPE
        return (value, None) if value in values else (None, Reason.UNKNOWN_VALUE)

    return check


def _text(value: Value) -> Checked:
    if not isinstance(value, str):
        return None, Reason.WRONG_TYPE
    if len(value) > LONGEST_TEXT or not _is_unicode(value):
        return None, Reason.GARBLED
    return value, None


def _is_unicode(text: str) -> bool:
    """Half of a surrogate pair is a str in Python but no text on any disk."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _any_value(value: Value) -> Checked:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return value, None
    return _number(None)(value)


def check(sample: Sample, checks: DeviceChecks, now_ms: int) -> Sample:
    """Check one sample; the very same object where nothing is wrong with it."""
    values: dict[str, Value] | None = None
    reasons: dict[str, str] | None = None
    for point, value in sample.values.items():
        if value is None:
            continue
        kept, reason = (checks.points.get(point) or checks.of(point))(value)
        if kept is not value:
            values = values if values is not None else dict(sample.values)
            values[point] = kept
        if reason is not None:
            reasons = reasons if reasons is not None else dict(sample.reasons)
            reasons[point] = reason
    source_at = sample.source_at
    if source_at is not None and not EARLIEST_MS <= source_at <= now_ms + FUTURE_MS:
        # The clock is wrong, not the values: they count from their arrival (decision 0012).
        source_at = None
    if values is None and reasons is None and source_at == sample.source_at:
        return sample
    return msgspec.structs.replace(
        sample,
        values=sample.values if values is None else values,
        reasons=sample.reasons if reasons is None else reasons,
        source_at=source_at,
    )
