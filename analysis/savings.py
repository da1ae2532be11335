"""Savings of a measure: the adjusted baseline less what was used, with how sure that is.

IPMVP option C: savings = baseline adjusted to the conditions of the reporting period, plus or minus
non-routine adjustments, minus the energy of the reporting period (GB/T 28750 and GB/T 24915 say the
same).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.change_point import fit_change_point
from analysis.energy_model import EnergyModel, Observation, student
from analysis.time_of_week import fit_time_of_week

CONFIDENCE = 0.90
"""The interval that is stated holds the truth in this share of cases."""
BASELINE_DAYS = 365
"""A baseline is to cover a whole year of weather and use (IPMVP, CalTRACK)."""
ENOUGH_DAYS = 0.9
"""Share of the days of a baseline that must be known (CalTRACK 2.0)."""
CV_RMSE_LIMIT = {"day": 0.30, "hour": 0.30}
"""ASHRAE Guideline 14: at most 30 % for hourly calibration; held by the day as well. [P]"""


@dataclass(frozen=True)
class Savings:
    """What a measure saved over some steps."""

    adjusted: float
    """What would have been used, adjustments included. [kWh]"""
    used: float
    """[kWh]"""
    half_width: float
    """Half of the 90 % interval. [kWh]"""
    steps: int
    outside: int
    """Steps colder or warmer than any of the baseline: the model is stretched there."""

    @property
    def saved(self) -> float:
        """[kWh]; negative where more was used."""
        return self.adjusted - self.used

    @property
    def rate(self) -> float | None:
        """Of the adjusted baseline."""
        return self.saved / self.adjusted if self.adjusted > 0 else None

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return abs(self.saved) > self.half_width


def fit_model(baseline: Sequence[Observation], step: str) -> EnergyModel | None:
    """Fit the model for a baseline by day or hour; None where there is too little."""
    known = [one for one in baseline if one.known]
    return fit_change_point(known) if step == "day" else fit_time_of_week(known)


def savings(
    model: EnergyModel, reporting: Sequence[Observation], adjustment: float = 0.0
) -> Savings:
    """What was saved in the steps of which energy and weather are known.

    Args:
        model: fitted on the baseline.
        reporting: the steps of the reporting period, those that are not known included.
        adjustment: non-routine adjustment of the baseline over these steps. [kWh]
    """
    known = [one for one in reporting if one.known]
    if not known:
        return Savings(0.0, 0.0, math.inf, 0, 0)
    low, high = model.temperatures
    outside = sum(not low <= one.temperature <= high for one in known)
    goodness = model.goodness
    t = student(CONFIDENCE, max(1.0, goodness.effective - goodness.parameters))
    return Savings(
        float(model.predict(known).sum()) + adjustment,
        math.fsum(one.energy for one in known),
        t * math.sqrt(model.variance(known)),
        len(known),
        outside,
    )


def doubts(model: EnergyModel, days: float, known_share: float, step: str) -> list[str]:
    """Keys of what speaks against a baseline; empty where nothing does."""
    found = []
    if days < BASELINE_DAYS - 1:
        found.append("baseline_short")
    if known_share < ENOUGH_DAYS:
        found.append("baseline_holes")
    if model.goodness.cv_rmse > CV_RMSE_LIMIT[step]:
        found.append("fit_poor")
    return found
