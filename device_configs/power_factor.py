"""The power-factor adjustment of Chinese bills (力调电费): from counters to per cent."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("power_factor.yaml")
_HUNDREDTH = Decimal("0.01")


class AdjustmentTable(Strict):
    """The published table, as corner points."""

    source: str
    confidence: str
    standards: Mapping[str, Sequence[tuple[Decimal, Decimal]]]
    """Standard to power factor and per cent, from 1.00 down to 0.00."""


@cache
def adjustment_table() -> AdjustmentTable:
    """The table, read once from `power_factor.yaml`."""
    return AdjustmentTable.model_validate(read_yaml(_FILE).data)


def power_factor(active: int, reactive: int) -> Decimal | None:
    """The mean power factor of an energy and a reactive energy in like units, in hundredths.

    None where both are 0. Rounded half up, as bills are.
    """
    if not active and not reactive:
        return None
    with localcontext() as context:
        context.prec = 60
        apparent = (Decimal(active) ** 2 + Decimal(reactive) ** 2).sqrt()
        return (Decimal(active) / apparent).quantize(_HUNDREDTH, ROUND_HALF_UP)


def adjustment(standard: Decimal, factor: Decimal) -> Fraction | None:
    """The share by which a bill is raised, below 0 lowered; None for a standard without a table."""
    corners = adjustment_table().standards.get(f"{standard:.2f}")
    if corners is None:
        return None
    for (high, at_high), (low, at_low) in pairwise(corners):
        if low <= factor <= high:
            part = Fraction(high - factor) / Fraction(high - low)
            return (Fraction(at_high) + part * Fraction(at_low - at_high)) / 100
    return None
