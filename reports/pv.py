"""Figures of PV: performance ratio, availability, what faults cost, strings, a year on year. Pure.

All of it is worked out from hours that are wholly known; an hour that is not says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from analysis.peers import FEWEST
from analysis.pv import PERFORMANCE_RATIO, STANDARD_IRRADIANCE

ENOUGH_LIGHT = 100.0
"""Irradiance from which on an inverter is expected to work. [P] [W/m2]"""
ENOUGH_PEERS = 0.05
"""Output over rating of the others from which on it is, where the light is not known. [P]"""
DOWN = 0.1
"""Below this share of what it should give in an hour an inverter counts as down. [P]"""
STRING_OFF = 0.2
"""Deviation of a string's mean current that is marked (typical; standards_cn.md: P)."""
FEWEST_AMPERES = 0.1
"""Mean current below which strings are not compared. [P] [A]"""
WEATHER_SPREAD = 0.05
"""How far the light of a year may be from another's, one deviation. [P]"""
RATIO_SPREAD = 0.02
"""The same of a performance ratio: soiling, sensor, temperature. [P]"""

ByHour = Mapping[int, float]
"""Beginning of the hour [ms, UTC] to the energy [Wh] or mean irradiance [W/m2] of it."""


@dataclass(frozen=True)
class Ratio:
    """A performance ratio (IEC 61724-1: final yield over reference yield)."""

    energy_wh: float
    irradiation: float
    """In the plane of the modules, of the hours that are in it. [Wh/m2]"""
    rating_w: float

    @property
    def value(self) -> float | None:
        """Yield over what the rating would give in this light; None in the dark."""
        reference = self.irradiation / STANDARD_IRRADIANCE * self.rating_w
        return self.energy_wh / reference if reference else None


def performance(energy: ByHour, light: ByHour, rating_w: float) -> Ratio | None:
    """The performance ratio over the hours of which energy and light are known."""
    both = energy.keys() & light.keys()
    if not both:
        return None
    return Ratio(
        sum(energy[hour] for hour in both), sum(max(0.0, light[hour]) for hour in both), rating_w
    )


@dataclass(frozen=True)
class Uptime:
    """How far an inverter worked when it should have."""

    expected: int = 0
    """Hours in which it should have worked and of which its energy is known."""
    down: tuple[int, ...] = ()
    """The beginnings of those in which it gave next to nothing. [ms, UTC]"""
    lost_wh: float = 0.0
    """What it would have given in them."""

    @property
    def availability(self) -> float | None:
        """Share of the hours in which it worked; None where none was expected."""
        return 1.0 - len(self.down) / self.expected if self.expected else None


def uptimes(
    energies: Mapping[str, ByHour], ratings: Mapping[str, float], light: ByHour | None
) -> Mapping[str, Uptime]:
    """The uptime of inverters that stand together.

    What one should give is what the others give for their rating (the median of at least three),
    else what the light should give; where neither is known nothing is said.

    Args:
        energies: inverter to its energy by hour.
        ratings: inverter to its rating [W]; one without is left out.
        light: mean irradiance by hour, where it is measured.
    """
    names = [name for name in energies if ratings.get(name)]
    if light is None and len(names) <= FEWEST:
        return {name: Uptime() for name in names}
    expected, down = dict.fromkeys(names, 0), {name: dict[int, float]() for name in names}
    for hour in sorted({hour for name in names for hour in energies[name]}):
        shining = None if light is None else light.get(hour)
        if shining is not None and shining < ENOUGH_LIGHT:
            continue
        own = {
            name: energies[name][hour] / ratings[name] for name in names if hour in energies[name]
        }
        for name, should in _should(own, shining).items():
            expected[name] += 1
            if own[name] < DOWN * should:
                down[name][hour] = (should - own[name]) * ratings[name]
    return {
        name: Uptime(expected[name], tuple(down[name]), sum(down[name].values())) for name in names
    }


def _should(own: Mapping[str, float], light: float | None) -> Mapping[str, float]:
    """What is expected of each in an hour for a W of rating [Wh]; not in it: nothing is known."""
    if len(own) <= FEWEST:
        by_light = 0.0 if light is None else PERFORMANCE_RATIO * light / STANDARD_IRRADIANCE
        return {} if light is None else dict.fromkeys(own, by_light)
    ordered = sorted(own.values())
    if ordered[-1] < ENOUGH_PEERS:
        return {}
    # Without one, the middle of the others is one place further up for all in the lower half.
    low, high = (len(ordered) - 2) // 2, (len(ordered) - 1) // 2
    found = {}
    for name, value in own.items():
        first = ordered[low + (value <= ordered[low])]
        second = ordered[high + (value <= ordered[high])]
        if (middle := (first + second) / 2) >= ENOUGH_PEERS:
            found[name] = middle
    return found


@dataclass(frozen=True)
class Deviation:
    """A string's mean current against those beside it."""

    name: str
    amperes: float
    deviation: float | None
    """Over the median of all; None of too few, or without current."""

    @property
    def is_off(self) -> bool | None:
        """Whether it is marked; None where it cannot be compared."""
        return None if self.deviation is None else abs(self.deviation) > STRING_OFF


def compared(currents: Mapping[str, float]) -> list[Deviation]:
    """The strings of one inverter against each other."""
    middle = median(currents.values()) if currents else 0.0
    fit = len(currents) > FEWEST and middle >= FEWEST_AMPERES
    return [
        Deviation(name, amperes, amperes / middle - 1 if fit else None)
        for name, amperes in currents.items()
    ]


@dataclass(frozen=True)
class YearOnYear:
    """A year against the year before: of specific yields, or of performance ratios."""

    by_ratio: bool
    before: float
    now: float

    @property
    def change(self) -> float:
        """Relative change."""
        return self.now / self.before - 1

    @property
    def uncertainty(self) -> float:
        """Half of the 95 % interval of the change: two years, each with its spread."""
        return 1.96 * 2**0.5 * (RATIO_SPREAD if self.by_ratio else WEATHER_SPREAD)


def year_on_year(before: float | None, now: float | None, *, by_ratio: bool) -> YearOnYear | None:
    """None where one of the years is not known."""
    if before is None or now is None or before <= 0:
        return None
    return YearOnYear(by_ratio, before, now)


def summed(every: Iterable[ByHour]) -> dict[int, float]:
    """Several together, in the hours that are known of all."""
    each = list(every)
    common = set(each[0]).intersection(*each[1:]) if each else set()
    return {hour: sum(one[hour] for one in each) for hour in common}
