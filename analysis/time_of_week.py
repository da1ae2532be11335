"""A building by the hour: the time of the week and the temperature.

After Mathieu, Price, Kiliccote and Piette, "Quantifying changes in building electricity use"
(2011): an indicator for each hour of the week, and a piecewise linear dependence on temperature
that differs between the hours in which the building is in use and the others. A week is five
workdays and a day of rest: which days are worked comes from the calendar, and a Saturday that is
worked counts as a Friday.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analysis.energy_model import Array, Goodness, LeastSquares, Observation, least_squares

HOURS_OF_WEEK = 144
"""Five workdays and a day of rest."""
REST, FRIDAY = 5, 4
KNOTS = (4.0, 13.0, 18.0, 24.0, 32.0)
"""Where the slope may change, near the 40, 55, 65, 80 and 90 degF of the paper. [degC]"""
IN_USE = 0.65
"""An hour of the week is in use where this share of it lies above what weather explains."""


@dataclass(frozen=True)
class TimeOfWeek:
    """A fitted hourly model."""

    fit: LeastSquares
    in_use: npt.NDArray[np.bool_]
    """Of each hour of the week."""
    temperatures: tuple[float, float]

    @property
    def goodness(self) -> Goodness:
        """How well it fits."""
        return self.fit.goodness

    @property
    def name(self) -> str:
        """Its form."""
        used = int(self.in_use.sum())
        return f"time of week and temperature, {used} of {HOURS_OF_WEEK} hours in use"

    def predict(self, observations: Sequence[Observation]) -> Array:
        """What would have been used in each hour, in kWh."""
        return self.fit.predict(_rows(observations, self.in_use))

    def variance(self, observations: Sequence[Observation]) -> float:
        """The variance of the sum of (used - predicted) over some hours, in kWh2."""
        return self.fit.variance_of_sum(_rows(observations, self.in_use))


def fit_time_of_week(baseline: Sequence[Observation]) -> TimeOfWeek | None:
    """Fit the hourly model; None with too few hours, or none of an hour of the week."""
    measured = np.array([one.energy for one in baseline], dtype=np.float64)
    if len(baseline) < 2 * HOURS_OF_WEEK:
        return None
    in_use = _in_use(baseline, measured)
    if in_use is None:
        return None
    fit = least_squares(_rows(baseline, in_use), measured)
    if fit is None:
        return None
    temperatures = [one.temperature for one in baseline]
    return TimeOfWeek(fit, in_use, (min(temperatures), max(temperatures)))


def _in_use(baseline: Sequence[Observation], measured: Array) -> npt.NDArray[np.bool_] | None:
    """Which hours of the week lie above what heating and cooling degrees alone explain."""
    temperature = np.array([one.temperature for one in baseline], dtype=np.float64)
    rows = np.column_stack(
        [
            np.ones(len(baseline)),
            np.maximum(0.0, 10.0 - temperature),
            np.maximum(0.0, temperature - 18.0),
        ]
    )
    fit = least_squares(rows, measured)
    if fit is None:
        return None
    above = (measured - fit.predict(rows)) > 0
    hours = np.array([_hour_of_week(one) for one in baseline])
    found = np.zeros(HOURS_OF_WEEK, dtype=np.bool_)
    for hour in range(HOURS_OF_WEEK):
        mine = above[hours == hour]
        if not len(mine):
            return None
        found[hour] = float(mine.mean()) > IN_USE
    return found


def _hour_of_week(one: Observation) -> int:
    day = REST if one.rest else min(one.start.weekday(), FRIDAY)
    return day * 24 + one.start.hour


def _rows(observations: Sequence[Observation], in_use: npt.NDArray[np.bool_]) -> Array:
    hours = np.array([_hour_of_week(one) for one in observations])
    temperature = np.array([one.temperature for one in observations], dtype=np.float64)
    week = np.zeros((len(observations), HOURS_OF_WEEK))
    week[np.arange(len(observations)), hours] = 1.0
    pieces = _pieces(temperature)
    used = in_use[hours].astype(np.float64)[:, None]
    return np.hstack([week, pieces * used, pieces * (1.0 - used)])


def _pieces(temperature: Array) -> Array:
    """The temperature as the sum of its parts between the knots."""
    edges = (-np.inf, *KNOTS, np.inf)
    found = []
    for low, high in pairwise(edges):
        base = low if np.isfinite(low) else 0.0
        found.append(np.clip(temperature, low, high) - base)
    first = np.minimum(temperature, KNOTS[0])
    return np.column_stack([first, *found[1:]])
