"""Secondary values of meters behind transformers become primary ones, for every protocol.

It stands between the drivers and the checks. A device without ratios in the estate, and every
counter, pass as they are: a meter that multiplies by itself must have no ratio in the estate.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from collectors.driver import Sink
from collectors.sample import Reason, Sample, Value
from device_configs.estate import Device, Estate
from device_configs.kinds import PointSpec
from device_configs.profile import ProfilePoint
from device_configs.transformers import days_of, ratio_on, ratios_of


@dataclass(frozen=True)
class Ratio:
    """What one point is multiplied by, by time."""

    since_ms: tuple[int, ...]
    """From when each factor but the first holds. [ms, UTC]"""
    factors: tuple[float, ...]

    def at(self, moment_ms: int) -> float:
        """The factor of a moment [ms, UTC]."""
        return self.factors[bisect_right(self.since_ms, moment_ms)]


Ratios = Mapping[str, Ratio]
"""Point to its ratio; a point that is not there stays as it is."""


def ratios_in(estate: Estate) -> Mapping[str, tuple[Ratios, Ratios]]:
    """The ratios of each device that has any: of its own points, and of its parts'."""
    return {
        device.id: (
            _ratios(estate, device, device.profile.kind.points, device.profile.points),
            {} if parts is None else _ratios(estate, device, parts.kind.points, parts.points),
        )
        for device in estate.devices.values()
        for parts in (device.profile.parts,)
        if device.entry.ct_ratio is not None or device.entry.pt_ratio is not None
    }


def _ratios(
    estate: Estate,
    device: Device,
    specs: Mapping[str, PointSpec],
    points: Mapping[str, ProfilePoint],
) -> Ratios:
    found = {}
    for name, spec in specs.items():
        ratios = ratios_of(device.entry, spec, points.get(name))
        if ratios and not spec.counter:
            days = days_of(ratios)
            factors = [ratio_on(ratios, day) for day in (dt.date.min, *days)]
            since = tuple(_midnight_ms(estate, day) for day in days)
            found[name] = Ratio(since, tuple(float(one) for one in factors))
    return found


def _midnight_ms(estate: Estate, day: dt.date) -> int:
    day = max(day, dt.date(1970, 1, 2))
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=estate.timezone).timestamp()) * 1000


def primary(sample: Sample, ratios: Ratios) -> Sample:
    """A sample with the primary values; unknown where a ratio is no positive number."""
    values: dict[str, Value] = {}
    reasons = dict(sample.reasons)
    for point, value in sample.values.items():
        ratio = ratios.get(point)
        if ratio is None or isinstance(value, bool) or not isinstance(value, int | float):
            values[point] = value
        elif (factor := ratio.at(sample.at)) > 0:
            # As where units are converted: 15 digits are all a double can promise.
            values[point] = value if factor == 1 else float(f"{value * factor:.14g}")
        else:
            values[point], reasons[point] = None, Reason.UNKNOWN_VALUE
    return msgspec.structs.replace(sample, values=values, reasons=reasons)


class PrimarySink:
    """A sink before another one; implements `collectors.driver.Sink`."""

    def __init__(self, sink: Sink, estate: Estate) -> None:
        self._sink = sink
        self._ratios = ratios_in(estate)

    def use(self, estate: Estate) -> None:
        """Take up a changed estate."""
        self._ratios = ratios_in(estate)

    async def append(self, samples: Sequence[Sample]) -> int:
        """Take samples; returns the last journal number once they are durable on disk."""
        if not self._ratios:
            return await self._sink.append(samples)
        return await self._sink.append([self._primary(sample) for sample in samples])

    def _primary(self, sample: Sample) -> Sample:
        root, slash, _ = sample.device.partition("/")
        found = self._ratios.get(root)
        return sample if found is None else primary(sample, found[1 if slash else 0])
