"""The rates of an inventory: ratios of sums over communities, never means of ratios."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from device_configs.estate import Estate
from device_configs.estate_entries import Community, Inventory, Level
from device_configs.indicators import RateEntry

GREEN_STARS = 2
"""A building counts as green from two stars on (常州市…实施方案: new buildings, from 2023)."""


@dataclass(frozen=True)
class Rate:
    """A rate over some communities, with what it is made of."""

    numerator: Decimal
    denominator: Decimal
    known: int
    """Communities of which both are known."""
    communities: int
    missing: tuple[str, ...]
    """Fields that at least one of the others lacks."""

    @property
    def share(self) -> Fraction | None:
        """The ratio; None where no community is known or there is nothing to be a share of."""
        if not self.known or not self.denominator:
            return None
        return Fraction(self.numerator) / Fraction(self.denominator)


def rate(entry: RateEntry, every: Sequence[Mapping[str, Decimal | None]]) -> Rate:
    """A rate over the inventories of some communities; those that lack a field are left out."""
    numerator = denominator = Decimal(0)
    known, missing = 0, set[str]()
    for fields in every:
        above, below = entry.numerator.of(fields), entry.denominator.of(fields)
        if above is None or below is None:
            names = {*entry.numerator.fields, *entry.denominator.fields}
            missing |= {name for name in names if fields.get(name) is None}
            continue
        known += 1
        numerator += above
        denominator += below
    return Rate(numerator, denominator, known, len(every), tuple(sorted(missing)))


def inventories(estate: Estate, site: str, day: dt.date) -> list[Mapping[str, Decimal | None]]:
    """The fields of every community of a site on a day, those counted from elsewhere included.

    A community that only holds others, and has no inventory of its own, is left out.
    """
    inside = estate.below(site)
    holders = {one.parent for one in estate.sites.values() if one.level is Level.COMMUNITY}
    found = []
    for node in estate.sites.values():
        if node.level is not Level.COMMUNITY or node.id not in inside or node.community is None:
            continue
        if node.id in holders and node.community.inventory == Inventory():
            continue
        found.append(_fields(estate, node.id, node.community, day))
    return found


def _fields(
    estate: Estate, site: str, community: Community, day: dt.date
) -> Mapping[str, Decimal | None]:
    inventory = community.inventory
    fields: dict[str, Decimal | None] = {}
    for name in type(inventory).model_fields:
        dated = getattr(inventory, name)
        value = None if dated is None else dated.on(day)
        fields[name] = None if value is None else Decimal(str(value))
    if fields["charging_bays"] is None:
        piles = [one for one in estate.devices_in(site) if one.profile.kind.kind == "ev_charger"]
        if piles:
            fields["charging_bays"] = Decimal(sum(max(1, len(one.parts)) for one in piles))
    stars = [one.green_stars for one in community.buildings]
    given = [value for one in stars if one is not None and (value := one.on(day)) is not None]
    complete = bool(stars) and len(given) == len(stars)
    fields["buildings"] = Decimal(len(stars)) if complete else None
    fields["green_buildings"] = (
        Decimal(sum(value >= GREEN_STARS for value in given)) if complete else None
    )
    return fields
