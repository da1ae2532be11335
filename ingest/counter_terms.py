"""What the estate says about a counter: its quantity, its ratio and how fast it can run."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from device_configs.dated import Dated
from device_configs.estate import Device, Estate
from device_configs.kinds import Kind
from ingest.counters import COUNTS_PER_UNIT, Steps, Terms

DEFAULT_LIMIT_W = 5_000_000
"""What a connection without a rating can draw at most. [W]"""
DEFAULT_LIMIT_M3H = 10_000
"""What a pipe without a plausible flow can carry at most. [m3/h]"""
HOUR_MS = 3_600_000
_ELECTRICAL = frozenset({"active_energy", "reactive_energy"})


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter of the estate that intervals are made of."""

    quantity: str
    terms: Terms


def counter_of(estate: Estate, device: str, point: str) -> Counter | None:
    """The counter behind a device (or part) and point; None where it is none that we count.

    Counters of energy and volume are; a daily yield or a session's energy, which begin anew, are
    not, nor is a counter whose CT or PT ratio is not a positive number.
    """
    parent, _, part = device.partition("/")
    found = estate.devices.get(parent)
    if found is None:
        return None
    kind = found.profile.kind
    if part and found.profile.parts is not None:
        kind = found.profile.parts.kind
    spec = kind.point(point)
    quantity = spec.quantity if spec is not None and spec.counter else None
    if quantity is None or quantity not in COUNTS_PER_UNIT:
        return None
    ratio = _ratio(estate, found, quantity)
    if min(ratio.values) <= 0:
        return None
    return Counter(quantity, Terms(ratio, _limit(estate, found, kind, quantity)))


def _ratio(estate: Estate, device: Device, quantity: str) -> Steps:
    """CT ratio times PT ratio; they are those of an electricity meter's transformers."""
    current, voltage = device.entry.ct_ratio, device.entry.pt_ratio
    if quantity not in _ELECTRICAL or (current is None and voltage is None):
        return Steps.always(Fraction(1))
    one = Fraction(1)
    return _stepped(
        estate,
        [dated for dated in (current, voltage) if dated is not None],
        lambda day: _on(current, day, one) * _on(voltage, day, one),
    )


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
