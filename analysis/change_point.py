"""A building by the day: a base, heating below one temperature, cooling above another.

The change-point models of ASHRAE Guideline 14 (3 and 5 parameters), with a base of its own for days
of rest. The balance temperatures are searched; the form (none, heating, cooling, both) is the one
that explains most for its parameters (Bayesian information criterion).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.energy_model import Array, Goodness, LeastSquares, Observation, least_squares

LEAST_DAYS = 30
"""Fewer days than these make no baseline at all. [P]"""
HEATING = range(5, 21)
"""Balance temperatures that are tried for heating. [degC]"""
COOLING = range(14, 29)
"""Those for cooling. [degC]"""


@dataclass(frozen=True)
class ChangePoint:
    """A fitted daily model."""

    heating_below: float | None
    """[degC]; None where there is no heating."""
    cooling_above: float | None
    fit: LeastSquares
    with_rest: bool
    temperatures: tuple[float, float]

    @property
    def goodness(self) -> Goodness:
        """How well it fits."""
        return self.fit.goodness

    @property
    def name(self) -> str:
        """Its form and weights."""
        parts = [f"{self.fit.weights[0]:.1f}"]
        place = 1
        if self.with_rest:
            parts.append(f"{self.fit.weights[place]:+.1f} on days of rest")
            place += 1
        if self.heating_below is not None:
            parts.append(f"{self.fit.weights[place]:+.2f} per K below {self.heating_below:g}")
            place += 1
        if self.cooling_above is not None:
            parts.append(f"{self.fit.weights[place]:+.2f} per K above {self.cooling_above:g}")
        return "kWh a day = " + " ".join(parts)

    def predict(self, observations: Sequence[Observation]) -> Array:
        """What would have been used on each day, in kWh."""
        return self.fit.predict(self._rows(observations))

    def variance(self, observations: Sequence[Observation]) -> float:
        """The variance of the sum of (used - predicted) over some days, in kWh2."""
        return self.fit.variance_of_sum(self._rows(observations))

    def _rows(self, observations: Sequence[Observation]) -> Array:
        return _rows(observations, self.heating_below, self.cooling_above, self.with_rest)


def fit_change_point(baseline: Sequence[Observation]) -> ChangePoint | None:
    """Fit the daily model that explains most; None with too few days to fit any."""
    if len(baseline) < LEAST_DAYS:
        return None
    measured = np.array([one.energy for one in baseline], dtype=np.float64)
    with_rest = 0 < sum(one.rest for one in baseline) < len(baseline)
    best: tuple[float, ChangePoint] | None = None
    temperatures = np.array([one.temperature for one in baseline], dtype=np.float64)
    spread = (float(temperatures.min()), float(temperatures.max()))
    for heating, cooling in _forms(spread):
        fit = least_squares(_rows(baseline, heating, cooling, with_rest), measured)
        if fit is None or not _slopes_upward(fit, heating, cooling):
            continue
        searched = (heating is not None) + (cooling is not None)
        score = _information(fit, len(measured), searched)
        if best is None or score < best[0]:
            best = (score, ChangePoint(heating, cooling, fit, with_rest, spread))
    return None if best is None else best[1]


def _forms(spread: tuple[float, float]) -> Iterator[tuple[float | None, float | None]]:
    """Every pair of balance temperatures that the baseline has days on both sides of."""
    low, high = spread
    heating = [float(one) for one in HEATING if low < one < high]
    cooling = [float(one) for one in COOLING if low < one < high]
    yield None, None
    yield from ((one, None) for one in heating)
    yield from ((None, one) for one in cooling)
    yield from ((below, above) for below in heating for above in cooling if below <= above)


def _slopes_upward(fit: LeastSquares, heating: float | None, cooling: float | None) -> bool:
    """Heating and cooling add energy: a negative slope is something else than weather."""
    slopes = (heating is not None) + (cooling is not None)
    return slopes == 0 or bool((fit.weights[-slopes:] > 0).all())


def _information(fit: LeastSquares, count: int, searched: int) -> float:
    """The Bayesian information criterion; a balance temperature that is searched counts, too."""
    parameters = fit.goodness.parameters + searched
    squares = fit.residual_variance * max(1, count - fit.goodness.parameters)
    return count * math.log(max(squares / count, 1e-12)) + parameters * math.log(count)


def _rows(
    observations: Sequence[Observation],
    heating: float | None,
    cooling: float | None,
    with_rest: bool,
) -> Array:
    temperature = np.array([one.temperature for one in observations], dtype=np.float64)
    columns = [np.ones(len(observations))]
    if with_rest:
        columns.append(np.array([one.rest for one in observations], dtype=np.float64))
    if heating is not None:
        columns.append(np.maximum(0.0, heating - temperature))
    if cooling is not None:
        columns.append(np.maximum(0.0, temperature - cooling))
    return np.column_stack(columns)
