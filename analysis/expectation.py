"""What is to be expected of an amount, how far that can be trusted, and by how much it is missed.

Robust throughout: the median and the median deviation from it, which up to half of all days or
devices can be wrong without moving.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

MAD_TO_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution: 1 / 0.67449."""
SURE = 3.0
"""How many deviations beside what is expected are no chance. [P]"""
_GOOD, _FAIR = 0.2, 0.5
"""Deviation over expected amount, up to which an expectation is good or fair. [P]"""
_MANY = 10


class Confidence(StrEnum):
    """How far an expectation can be trusted."""

    GOOD = "good"
    FAIR = "fair"
    LOW = "low"


@dataclass(frozen=True)
class Expectation:
    """What is to be expected, in the unit of what it was made of."""

    amount: float
    spread: float
    """One deviation of what it was made of; 0 where that is not known."""
    count: int
    """Days, or devices, that it was made of."""

    @property
    def confidence(self) -> Confidence:
        """Good needs many that agree; what scatters as much as it counts says little."""
        relative = self.spread / abs(self.amount) if self.amount else float(self.spread > 0)
        if relative <= _GOOD and self.count >= _MANY:
            return Confidence.GOOD
        return Confidence.FAIR if relative <= _FAIR else Confidence.LOW

    def exceeded(self, amount: float, factor: float, at_least: float) -> bool:
        """Whether an amount is surely more than `factor` times what was expected."""
        excess = amount - self.amount
        return (
            amount > factor * self.amount
            and excess >= at_least
            and excess > SURE * self.spread
        )  # fmt: skip

    def missed(self, amount: float, factor: float, at_least: float) -> bool:
        """Whether an amount is surely less than `factor` times what was expected."""
        lack = self.amount - amount
        return amount < factor * self.amount and lack >= at_least and lack > SURE * self.spread


def robust(values: Sequence[float]) -> Expectation:
    """The median and the spread of at least one value."""
    middle = median(values)
    spread = MAD_TO_DEVIATION * median([abs(value - middle) for value in values])
    return Expectation(middle, spread, len(values))
