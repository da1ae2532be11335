"""A counter against its own past: the same hours of the same kind of day. Pure."""

import datetime as dt
from collections.abc import Callable, Iterable

from analysis.expectation import Expectation, robust

ALIKE = 5
"""How many days of the same kind a baseline needs: the median of fewer says little. [P] [d]"""

IsRest = Callable[[dt.date], bool]
"""Whether a day is not worked."""


def baseline(
    past: Iterable[tuple[dt.date, float | None]], day: dt.date, is_rest: IsRest, learn_days: int
) -> Expectation | None:
    """What is to be expected on a day from what was counted on days before.

    Args:
        past: days before with what was counted; None where that is not wholly known, or was
            itself out of the ordinary.
        day: the day in question.
        is_rest: whether a day is not worked; days are compared with days of their kind.
        learn_days: how many days must be known before anything is said.

    Returns:
        None while it has not learnt: too few days, or too few of this kind.
    """
    known = [(one, amount) for one, amount in past if amount is not None and one < day]
    rest = is_rest(day)
    alike = [amount for one, amount in known if is_rest(one) is rest]
    if len(known) < learn_days or len(alike) < ALIKE:
        return None
    return robust(alike)
