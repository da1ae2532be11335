"""Carbon: scope 1 and 2 of what a site took in, by the factor that holds on each day.

Scope 1 is what is burnt there (gas, oil, coal), scope 2 the electricity and heat that are bought
(NDRC 2015, guideline for operators of public buildings; CO2 only). PV used on site lowers what is
bought and has no factor; PV fed in is a memo item and never taken off [standards_cn.md 6: P].
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from device_configs.carriers import Carrier
from device_configs.entered import LITRE, Entered
from device_configs.factors import Factors, Gives, Taken
from reports.carriers import Intake
from reports.drawn import Drawn, DrawnDays, stored
from reports.periods import Period

SCOPE = {
    Carrier.GAS: 1,
    Carrier.GASOLINE: 1,
    Carrier.DIESEL: 1,
    Carrier.KEROSENE: 1,
    Carrier.LPG: 1,
    Carrier.COAL: 1,
    Carrier.ELECTRICITY: 2,
    Carrier.HEAT: 2,
}
"""Carrier to scope; water is outside of both (optional scope 3)."""


@dataclass(frozen=True)
class Emission:
    """What one carrier came to with one version of a factor; two of one version add up."""

    carrier: Carrier
    taken: Taken | None
    """None where no factor is used for the carrier."""
    amount: Fraction
    """[stored unit of the carrier]"""
    entered: bool = False
    """Whether a person entered it; else a meter counted it."""

    @property
    def carbon(self) -> Fraction | None:
        """[kgCO2]; None without a factor."""
        if self.taken is None:
            return None
        return self.taken.factor.amount(self.amount, self.taken.version)


@dataclass(frozen=True)
class Emissions:
    """What a site emitted in a period."""

    each: tuple[Emission, ...] = ()
    drawn: Drawn = field(default_factory=Drawn)
    """The data behind what meters counted."""
    unknown: frozenset[Carrier] = frozenset()
    """Carriers that are metered and of which nothing is known, or whose litres have no density."""

    def scope(self, number: int) -> Fraction | None:
        """The sum of a scope [kgCO2]; None where nothing of it is known."""
        mine = [one for one in self.each if SCOPE[one.carrier] == number]
        known = [carbon for one in mine if (carbon := one.carbon) is not None]
        if not known:
            unknown = any(SCOPE.get(one) == number for one in self.unknown)
            return None if unknown or mine else Fraction(0)
        return sum(known, Fraction(0))

    @property
    def total(self) -> Fraction | None:
        """Both scopes [kgCO2]; None where nothing is known of one of them."""
        burnt, bought = self.scope(1), self.scope(2)
        return None if burnt is None or bought is None else burnt + bought


def emissions(
    cut: Period,
    intakes: Sequence[Intake],
    days: DrawnDays,
    entered: Iterable[Entered],
    factors: Factors,
    known_on: dt.date,
) -> Emissions:
    """What was emitted in a period, of the days that begin in it; by versions of factors.

    Args:
        cut: the period; entered months count where their first day is in it.
        intakes: the metered carriers.
        days: what they drew, by day, or by months in which no factor changes
            (`reports.drawn.drawn_of_sites`).
        entered: what people entered for the site.
        factors: the factors that are used.
        known_on: the day of the report: factors published later are not used.
    """
    sums: dict[tuple[Carrier, str, str, bool], Fraction] = {}
    taken: dict[tuple[Carrier, str, str, bool], Taken | None] = {}
    total, unknown = Drawn(), set[Carrier]()
    for number, one in enumerate(intakes):
        if one.carrier not in SCOPE or not one.series:
            continue
        inside = [(day, each[number]) for day, each in days if cut.start <= day.start < cut.end]
        whole = sum((drawn for _, drawn in inside), Drawn())
        total += whole
        if inside and not whole.known:
            unknown.add(one.carrier)
        for day, drawn in inside:
            amount = stored(drawn, one.carrier)
            if amount is not None:
                found = factors.taken(Gives.CARBON, one.carrier, day.start.date(), known_on)
                _add(sums, taken, one.carrier, found, amount, entered=False)
    for item in entered:
        if item.carrier not in SCOPE or not cut.start.date() <= item.first < cut.end.date():
            continue
        amount = in_stored_unit(item, factors, known_on)
        if amount is None:
            unknown.add(item.carrier)
            continue
        found = factors.taken(Gives.CARBON, item.carrier, item.first, known_on)
        _add(sums, taken, item.carrier, found, amount, entered=True)
    each = tuple(
        Emission(key[0], taken[key], amount, key[3]) for key, amount in sorted(sums.items())
    )
    return Emissions(each, total, frozenset(unknown))


def in_stored_unit(item: Entered, factors: Factors, known_on: dt.date) -> Fraction | None:
    """What a person entered, in the stored unit; None for litres without a density."""
    if item.unit != LITRE:
        return item.stored(None)
    density = factors.taken(Gives.MASS, item.carrier, item.first, known_on)
    return item.stored(None if density is None else Fraction(density.version.value))


def _add(
    sums: dict[tuple[Carrier, str, str, bool], Fraction],
    taken: dict[tuple[Carrier, str, str, bool], Taken | None],
    carrier: Carrier,
    found: Taken | None,
    amount: Fraction,
    *,
    entered: bool,
) -> None:
    name, version = ("", "") if found is None else (found.id, found.version.name)
    key = (carrier, name, version, entered)
    sums[key] = sums.get(key, Fraction(0)) + amount
    taken[key] = found


def by_version(every: Iterable[Emissions]) -> Mapping[str, Taken]:
    """Every version of a factor that some figures were made with, by its source id."""
    return {
        source_id(one.taken): one.taken
        for each in every
        for one in each.each
        if one.taken is not None
    }


def source_id(taken: Taken) -> str:
    """What a version of a factor is called among the sources of a report."""
    return f"{taken.id}@{taken.version.name}" if taken.version.name else taken.id
