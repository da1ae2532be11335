"""Standard coal: what amounts of energy are in kgce, by one set of coefficients.

Calorific (当量值) and equivalent (等价值) coefficients are never in one sum: a set is chosen for
all carriers at once, and a carrier that it has no coefficient for makes the sum unknown.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from device_configs.carriers import Carrier
from device_configs.factors import Factors, Gives, Taken

COEFFICIENTS = (Gives.CALORIFIC, Gives.EQUIVALENT)
"""The sets there are; one report uses one of them."""


@dataclass(frozen=True)
class Coal:
    """What some amounts are in standard coal."""

    each: Mapping[Carrier, Fraction]
    """[kgce]"""
    taken: Mapping[Carrier, Taken]
    without: frozenset[Carrier] = frozenset()
    """Carriers that the set has no coefficient for."""

    @property
    def total(self) -> Fraction | None:
        """[kgce]; None where nothing is known or a carrier has no coefficient."""
        if self.without or not self.each:
            return None
        return sum(self.each.values(), Fraction(0))


def standard_coal(
    amounts: Mapping[Carrier, Fraction | None],
    factors: Factors,
    coefficients: Gives,
    day: dt.date,
    known_on: dt.date,
) -> Coal:
    """Convert amounts in stored units; water is not energy and is left out.

    Args:
        amounts: carrier to amount [stored unit]; None is unknown.
        factors: the factors that are used.
        coefficients: calorific or equivalent.
        day: the day whose version holds.
        known_on: the day of the report: coefficients published later are not used.
    """
    if coefficients not in COEFFICIENTS:
        raise ValueError(f"{coefficients} is no set of coal equivalents")
    each: dict[Carrier, Fraction] = {}
    taken: dict[Carrier, Taken] = {}
    without = set()
    for carrier, amount in amounts.items():
        if carrier is Carrier.WATER or amount is None:
            continue
        found = factors.taken(coefficients, carrier, day, known_on)
        if found is None:
            without.add(carrier)
            continue
        taken[carrier] = found
        each[carrier] = found.factor.amount(amount, found.version)
    return Coal(each, taken, frozenset(without))
