"""What the estate says about a counter: its quantity, its ratio and how fast it can run."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from device_configs.dated import Dated
from device_configs.estate import Device, Estate
from device_configs.kinds import Kind, PointSpec
from device_configs.profile import ProfilePoint
from device_configs.transformers import ratio_on, ratios_of
from ingest.counter_width import span_of
from ingest.counters import COUNTS_PER_UNIT, MeterChange, Steps, Terms
from ingest.interval_tables import Series

Changes = Mapping[Series, tuple[MeterChange, ...]]
"""The meter changes of each counter, in order of time."""

DEFAULT_LIMIT_W = 5_000_000
"""What a connection without a rating can draw at most. [W]"""
DEFAULT_LIMIT_M3H = 10_000
"""What a pipe without a plausible flow can carry at most. [m3/h]"""
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter of the estate that intervals are made of."""

    quantity: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class Integral:
    """What a power is made into where there is no counter."""

    point: str
    """The counter that it stands in for: `active_energy_import`."""
    reverse: bool
    """Whether it is the power below zero that counts."""


def integrals_of(device: Device, power: str, *, of_part: bool) -> tuple[Integral, ...]:
    """What a device's (or its parts') power is made into; nothing where there is a counter.

    A device that counts any energy of the quantity, itself or by its parts, is taken at its
    counters: a second figure beside them would be counted twice.
    """
    profile = device.profile
    parts = profile.parts.points if profile.parts is not None else {}
    kind = profile.parts.kind if of_part and profile.parts is not None else profile.kind
    points = parts if of_part else profile.points
    if power not in points:
        return ()
    every = [*profile.points.values(), *parts.values()]
    counted = {one.spec.quantity for one in every if one.spec.counter}
    return tuple(
        Integral(name, spec.reverse)
        for name, spec in kind.points.items()
        if spec.integral_of == power and spec.quantity not in counted
    )


def integrated_points(device: Device, *, of_parts: bool) -> frozenset[str]:
    """The counters of a device, or of its parts, that power stands in for."""
    parts = device.profile.parts
    points: Iterable[str] = device.profile.points
    if of_parts:
        points = parts.points if parts is not None else ()
    return frozenset(
        one.point for power in points for one in integrals_of(device, power, of_part=of_parts)
    )


def counter_spec(estate: Estate, device: str, point: str) -> PointSpec | None:
    """What a counter of a device (or part) means; None where it is none that we count."""
    parent, _, part = device.partition("/")
    found = estate.devices.get(parent)
    spec = None if found is None else _kind(found, part).point(point)
    if spec is None or not spec.counter or spec.quantity not in COUNTS_PER_UNIT:
        return None
    return spec


def counter_of(
    estate: Estate, device: str, point: str, changes: tuple[MeterChange, ...] = ()
) -> Counter | None:
    """The counter behind a device (or part) and point; None where it is none that we count.

    Counters of energy and volume are; a daily yield or a session's energy, which begin anew, are
    not, nor is a counter whose CT or PT ratio is not a positive number.
    """
    parent, _, part = device.partition("/")
    spec = counter_spec(estate, device, point)
    if spec is None or spec.quantity is None:
        return None
    found, quantity = estate.devices[parent], spec.quantity
    ratio = _ratio(estate, found, part, spec, point)
    if min(ratio.values) <= 0:
        return None
    limit = _limit(estate, found, _kind(found, part), quantity)
    span = span_of(_profile_point(found, part, point), quantity)
    return Counter(quantity, Terms(ratio, limit, span, changes))


def _kind(device: Device, part: str) -> Kind:
    parts = device.profile.parts
    return parts.kind if part and parts is not None else device.profile.kind


def _profile_point(device: Device, part: str, point: str) -> ProfilePoint | None:
    parts = device.profile.parts
    if part and parts is not None:
        return parts.points.get(point)
    return device.profile.points.get(point)


def _ratio(estate: Estate, device: Device, part: str, spec: PointSpec, point: str) -> Steps:
    """CT ratio times PT ratio of an electrical counter."""
    # A power in the place of a counter is primary already (`collectors.primary_values`).
    is_made = point in integrated_points(device, of_parts=bool(part))
    ratios = ratios_of(device.entry, spec, _profile_point(device, part, point))
    if is_made or not ratios:
        return Steps.always(Fraction(1))
    return _stepped(estate, list(ratios), lambda day: ratio_on(ratios, day))


def _limit(estate: Estate, device: Device, kind: Kind, quantity: str) -> Steps:
    # In counts/ms.
    scale = COUNTS_PER_UNIT[quantity]
    if quantity == "volume":
        flow = kind.point("flow")
        top = flow.range[1] if flow and flow.range else DEFAULT_LIMIT_M3H
        return Steps.always(Fraction(str(top)) * scale / HOUR_MS)
    default = Fraction(DEFAULT_LIMIT_W)
    rating = device.entry.rating_w
    if rating is None:
        return Steps.always(default * scale / HOUR_MS)

    def limit(day: dt.date) -> Fraction:
        given = _on(rating, day, default)
        return (given if given > 0 else default) * scale / HOUR_MS

    return _stepped(estate, [rating], limit)


def _on(dated: Dated[float] | None, day: dt.date, default: Fraction) -> Fraction:
    value = dated.on(day) if dated is not None else None
    # By way of the text, so that a ratio of 0.1 is a tenth, as the file says.
    return default if value is None else Fraction(str(value))


def _stepped(
    estate: Estate, dated: list[Dated[float]], value: Callable[[dt.date], Fraction]
) -> Steps:
    days = sorted({step.from_ for each in dated for step in each.steps} - {dt.date.min})
    since = tuple(_midnight_ms(estate, day) for day in days)
    return Steps(since, (value(dt.date.min), *(value(day) for day in days)))


def _midnight_ms(estate: Estate, day: dt.date) -> int:
    epoch = dt.date(1970, 1, 2)
    day = max(day, epoch)
    midnight = dt.datetime(day.year, day.month, day.day, tzinfo=estate.timezone)
    return int(midnight.timestamp()) * 1000
