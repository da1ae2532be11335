"""How large a site is and how many people use it: what intensities are divided by."""

import datetime as dt
from collections.abc import Callable
from fractions import Fraction

from device_configs.dated import Dated
from device_configs.estate import Estate, Site
from device_configs.estate_entries import Level
from reports.periods import Period


def floor_area(estate: Estate, site: str, period: Period) -> Fraction | None:
    """The mean floor area over the days of a period [m2]; None where a part of it is not given.

    A site's own figure goes before the sum of what is below it.
    """
    return _mean(period, lambda day: _sum(estate, site, day, _area))


def people(estate: Estate, site: str, period: Period) -> Fraction | None:
    """The mean number of people who use energy there (用能人数); None where a part is not given."""
    return _mean(period, lambda day: _sum(estate, site, day, _occupants))


def _mean(period: Period, on: Callable[[dt.date], Fraction | None]) -> Fraction | None:
    days = (period.end.date() - period.start.date()).days
    total = Fraction(0)
    for number in range(days):
        figure = on(period.start.date() + dt.timedelta(days=number))
        if figure is None:
            return None
        total += figure
    return total / days if total else None


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
