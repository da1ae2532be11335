"""What a model of a building's energy is: fitted on a baseline, it says what would have been used.

IPMVP option C (whole facility): a model of the baseline, fed with the weather of the reporting
period, gives the adjusted baseline; less what was used it is the saving. How sure it is follows
from the residuals of the baseline, which depend on each other (ASHRAE Guideline 14).
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MOST_CORRELATED = 0.95
"""Residuals that follow each other more closely than this are taken for this."""


@dataclass(frozen=True)
class Observation:
    """One day or hour."""

    start: dt.datetime
    """Local beginning."""
    energy: float
    """[kWh]; NaN where it is to be predicted."""
    temperature: float
    """Mean outdoor temperature. [degC]"""
    rest: bool = False
    """Whether the day is not worked."""

    @property
    def known(self) -> bool:
        """Whether both energy and temperature are known."""
        return math.isfinite(self.energy) and math.isfinite(self.temperature)


@dataclass(frozen=True)
class Goodness:
    """How well a model fits its baseline."""

    observations: int
    parameters: int
    r2: float
    cv_rmse: float
    """Root mean square of the residuals over the mean energy."""
    nmbe: float
    """Sum of the residuals over the sum of the energy."""
    correlation: float
    """Of each residual with the one before it."""

    @property
    def effective(self) -> float:
        """How many independent observations the baseline is worth (ASHRAE 14, n')."""
        return self.observations * (1 - self.correlation) / (1 + self.correlation)


class EnergyModel(Protocol):
    """A fitted model."""

    @property
    def name(self) -> str:
        """What it is called, with its parameters, in a line."""
        ...

    @property
    def goodness(self) -> Goodness:
        """How well it fits its baseline."""
        ...

    @property
    def temperatures(self) -> tuple[float, float]:
        """The lowest and highest temperature of the baseline, in degC."""
        ...

    def predict(self, observations: Sequence[Observation]) -> Array:
        """What would have been used in each step, in kWh."""
        ...

    def variance(self, observations: Sequence[Observation]) -> float:
        """The variance of the sum of (used - predicted) over some steps, in kWh2."""
        ...


@dataclass(frozen=True)
class LeastSquares:
    """A linear fit with what its predictions' variance needs."""

    weights: Array
    inverse: Array
    """Of X'X."""
    residual_variance: float
    goodness: Goodness

    def predict(self, rows: Array) -> Array:
        """The fit at some rows."""
        return np.asarray(rows @ self.weights, dtype=np.float64)

    def variance_of_sum(self, rows: Array) -> float:
        """The variance of the sum of (measured - fitted) over rows that follow each other.

        Independent residuals give s2 (m + x'(X'X)^-1 x) with x the sum of the rows. Residuals of
        correlation r are worth n(1-r)/(1+r) observations: a sum of m of them varies as if each
        counted (1+r)/(1-r) times, and so do the weights (ASHRAE Guideline 14, annex B).
        """
        total = rows.sum(axis=0)
        spread = rows.shape[0] + float(total @ self.inverse @ total)
        r = self.goodness.correlation
        return float(self.residual_variance * spread * (1 + r) / (1 - r))


def least_squares(rows: Array, measured: Array) -> LeastSquares | None:
    """Fit weights to rows; None where there are too few for it."""
    count, width = rows.shape
    if count <= width + 1:
        return None
    inverse = np.asarray(np.linalg.pinv(rows.T @ rows), dtype=np.float64)
    weights = np.asarray(np.linalg.lstsq(rows, measured, rcond=None)[0], dtype=np.float64)
    residuals = measured - rows @ weights
    freedom = count - int(np.linalg.matrix_rank(rows))
    variance = float(residuals @ residuals) / max(1, freedom)
    return LeastSquares(
        weights, inverse, variance, goodness_of(measured, residuals, count - freedom)
    )


def goodness_of(measured: Array, residuals: Array, parameters: int) -> Goodness:
    """The figures of ASHRAE Guideline 14 for some residuals."""
    count = len(measured)
    mean = float(measured.mean())
    squares = float(residuals @ residuals)
    around = float(((measured - mean) ** 2).sum())
    later, earlier = residuals[1:], residuals[:-1]
    together = float(later @ earlier)
    correlation = together / squares if squares > 0 else 0.0
    error = math.sqrt(squares / max(1, count - parameters))
    return Goodness(
        count,
        parameters,
        1 - squares / around if around > 0 else 0.0,
        error / mean if mean > 0 else math.inf,
        float(residuals.sum()) / (mean * count) if mean > 0 else math.inf,
        min(MOST_CORRELATED, max(0.0, correlation)),
    )


def student(confidence: float, freedom: float) -> float:
    """The two-sided quantile of Student's t (Abramowitz and Stegun 26.7.5)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    v = max(freedom, 1.0)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )
