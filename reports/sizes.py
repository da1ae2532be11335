"""How large a site is and how many people use it: what intensities are divided by."""

import datetime as dt
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

from device_configs.dated import Dated
from device_configs.estate import Estate, Site
from device_configs.estate_entries import Level
from reports.document import Note
from reports.periods import Period


def floor_area(estate: Estate, site: str, period: Period) -> Fraction | None:
    """The mean floor area over the days of a period [m2]; None where a part of it is not given.

    A site's own figure goes before the sum of what is below it.
    """
    return _mean(estate, period, lambda day: _sum(estate, site, day, _area))


def people(estate: Estate, site: str, period: Period) -> Fraction | None:
    """The mean number of people who use energy there (用能人数); None where a part is not given."""
    return _mean(estate, period, lambda day: _sum(estate, site, day, _occupants))


def size_notes(area: Fraction | None, heads: Fraction | None) -> list[Note]:
    """What a reader must know where a figure per m2 or per head cannot be given."""
    return [
        *([Note("no_area")] if area is None else []),
        *([Note("no_occupants")] if heads is None else []),
    ]


def _mean(
    estate: Estate, period: Period, on: Callable[[dt.date], Fraction | None]
) -> Fraction | None:
    """The mean over days; between two changes of the estate's figures every day is the same."""
    first, after = period.start.date(), period.end.date()
    begins = sorted({first, *(day for day in _changes(estate) if first < day < after)})
    total = Fraction(0)
    for begin, end in pairwise([*begins, after]):
        figure = on(begin)
        if figure is None:
            return None
        total += figure * (end - begin).days
    return total / (after - first).days if total else None


def _changes(estate: Estate) -> Iterator[dt.date]:
    """The days on which a size of some site changes."""
    for site in estate.sites.values():
        sizes: list[Dated[float] | Dated[int] | None] = []
        if site.building is not None:
            sizes.append(site.building.area_m2)
        if site.community is not None:
            sizes += [site.community.area_m2, site.community.occupants]
        for dated in sizes:
            if dated is not None:
                yield from (step.from_ for step in dated.steps)


def _sum(
    estate: Estate, site: str, day: dt.date, own: Callable[[Site, dt.date], Fraction | None]
) -> Fraction | None:
    found = own(estate.sites[site], day)
    if found is not None:
        return found
    below = [
        one
        for one in estate.sites.values()
        if one.parent == site and one.level in (Level.COMMUNITY, Level.BUILDING)
    ]
    if not below:
        return None
    parts = [_sum(estate, one.id, day, own) for one in below]
    known = [part for part in parts if part is not None]
    return sum(known, Fraction(0)) if len(known) == len(parts) else None


def _area(site: Site, day: dt.date) -> Fraction | None:
    if site.level is Level.BUILDING and site.building is not None:
        return _on(site.building.area_m2, day)
    if site.level is Level.COMMUNITY and site.community is not None:
        return _on(site.community.area_m2, day)
    return None


def _occupants(site: Site, day: dt.date) -> Fraction | None:
    if site.level is Level.COMMUNITY and site.community is not None:
        return _on(site.community.occupants, day)
    return None


def _on(dated: Dated[float] | Dated[int] | None, day: dt.date) -> Fraction | None:
    value = None if dated is None else dated.on(day)
    return None if value is None else Fraction(str(value))
