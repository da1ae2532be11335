"""Measuring transformers: what turns the secondary value of a meter into the primary one.

Currents scale with the CT, voltages with the PT, powers and energies with both (`transformers` of
`quantities.yaml`). Counters stay as the meter shows them; their energy is multiplied where it is
counted, by the ratio of its day (`docs/decisions/0017`).
"""

import datetime as dt
from fractions import Fraction

from device_configs.dated import Dated
from device_configs.estate_entries import DeviceEntry
from device_configs.kinds import PointSpec
from device_configs.profile import ProfilePoint
from device_configs.quantities import Transformer, quantities


def ratios_of(
    entry: DeviceEntry, spec: PointSpec, point: ProfilePoint | None
) -> tuple[Dated[float], ...]:
    """The ratios of a device that one of its points scales with; `point` is its profile's."""
    quantity = spec.quantity
    if quantity is None or (point is not None and point.mapping.primary):
        return ()
    given = {Transformer.CURRENT: entry.ct_ratio, Transformer.VOLTAGE: entry.pt_ratio}
    every = (given[one] for one in quantities()[quantity].transformers)
    return tuple(one for one in every if one is not None)


def ratio_on(ratios: tuple[Dated[float], ...], day: dt.date) -> Fraction:
    """What they come to on a day; 1 for one that is not given yet."""
    total = Fraction(1)
    for dated in ratios:
        value = dated.on(day)
        # By way of the text, so that a ratio of 0.1 is a tenth, as the file says.
        total *= 1 if value is None else Fraction(str(value))
    return total


def days_of(ratios: tuple[Dated[float], ...]) -> list[dt.date]:
    """The days on which one of them changes, in order."""
    return sorted({step.from_ for dated in ratios for step in dated.steps} - {dt.date.min})


def largest_ratio(entry: DeviceEntry, point: ProfilePoint) -> float:
    """The most that a point which is no counter was ever multiplied by, at least 1."""
    if point.spec.counter:
        return 1.0
    ratios = ratios_of(entry, point.spec, point)
    every = [ratio_on(ratios, day) for day in (dt.date.min, *days_of(ratios))]
    return float(max(Fraction(1), *every))
