"""What the community report reads: consumption, alarms, orders and data quality of each branch."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from alerts.coverage import PlaceCoverage
from alerts.coverage_shares import covered_share
from alerts.kpi import Life
from alerts.lives import Placed, is_in, lives
from alerts.order_rows import to_order
from alerts.work_order_tables import work_orders
from alerts.work_orders import WorkOrder
from device_configs.carriers import Carrier
from device_configs.estate import Estate
from device_configs.estate_entries import Role
from ingest.quality_tables import DaySums
from ingest.quality_tables import sums_of as quality_of
from records.engine import reading
from reports.asked import Asked
from reports.branches import branches
from reports.consumption import days_of, site_meters, total
from reports.drawn import Drawn
from reports.errors import UnreadableDatabaseError
from reports.sizes import floor_area


@dataclass(frozen=True)
class Electricity:
    """What was drawn; two add up, the area only where both are known."""

    now: Drawn
    before: Drawn
    area: Fraction | None
    """[m2]"""

    def __add__(self, other: "Electricity") -> "Electricity":
        both = self.area is not None and other.area is not None
        area = (self.area or 0) + (other.area or 0) if both else None
        return Electricity(
            self.now + other.now,
            self.before + other.before,
            None if area is None else Fraction(area),
        )


@dataclass(frozen=True)
class Safety:
    """What happened at some sites."""

    lives: Sequence[Life]
    """Of all alarms, tests included."""
    orders: Sequence[WorkOrder]
    completeness: float | None
    covered: float | None
    """Share of places that are protected now; None where it is not known of the period."""


@dataclass(frozen=True)
class CommunityData:
    """Everything that the report is made of."""

    roles: Mapping[str, Role | None]
    """Branch to its role, in the estate's order."""
    electricity: Mapping[str, Electricity]
    """By site; that of the whole under the site that is asked for."""
    alarms: Sequence[Placed]
    orders: Sequence[WorkOrder]
    quality: Mapping[str, DaySums]
    """By device."""
    covered: Sequence[PlaceCoverage] | None

    def safety(self, asked: Asked, sites: Sequence[str]) -> Safety:
        """What happened at some sites and below them."""
        estate = asked.estate
        inside = frozenset[str]().union(*(estate.below(site) for site in sites))
        if asked.places is not None:
            inside &= asked.places
        found = [one.life for one in self.alarms if any(is_in(one, site, estate) for site in sites)]
        shares = [
            share
            for device in estate.devices.values()
            if device.place in inside and device.id in self.quality
            and (share := self.quality[device.id].completeness) is not None
        ]  # fmt: skip
        covered = None
        if self.covered is not None:
            covered = covered_share([one for one in self.covered if one.place in inside])
        return Safety(
            found,
            [one for one in self.orders if one.site in inside],
            sum(shares) / len(shares) if shares else None,
            covered,
        )


def read(asked: Asked) -> CommunityData:
    """Read it all; blocks.

    Raises:
        UnreadableDatabaseError: the database cannot be read.
    """
    covered = asked.coverage() if asked.coverage is not None and asked.is_running else None
    below = branches(asked.estate, asked.site, asked.places)
    start, end = asked.period.span.start, asked.until_ms
    first, last = asked.period.start.date(), asked.period.end.date() - dt.timedelta(days=1)
    devices = [
        one.id for one in asked.estate.devices_in(asked.site)
        if asked.places is None or one.place in asked.places
    ]  # fmt: skip
    try:
        with reading(asked.engine) as connection:
            alarms = lives(connection, start, end, asked.places)
            asked.progress(0.2)
            return CommunityData(
                {one.id: one.community.role if one.community else None for one in below},
                _electricity(connection, asked, [one.id for one in below]),
                alarms,
                _orders(connection, asked.estate, asked.site, start, end),
                quality_of(connection, devices, first.toordinal(), last.toordinal()),
                covered,
            )
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the records cannot be read: {error}") from error


def _electricity(
    connection: sa.Connection, asked: Asked, below: Sequence[str]
) -> Mapping[str, Electricity]:
    estate, period = asked.estate, asked.period
    names = list(dict.fromkeys([asked.site, *below]))
    sites = [site_meters(estate, one) for one in names]
    # A period that runs is compared with as much of the one before as has passed of it.
    passed = max(0, min(asked.now_ms, period.span.end) - period.span.start)
    earlier = period.before()
    now = days_of(connection, estate, sites, period, asked.now_ms)
    asked.progress(0.5)
    before = days_of(connection, estate, sites, earlier, earlier.span.start + passed)
    asked.progress(0.8)
    return {
        one: Electricity(
            total(now[one], Carrier.ELECTRICITY),
            total(before[one], Carrier.ELECTRICITY),
            floor_area(estate, one, period),
        )
        for one in names
    }


def _orders(
    connection: sa.Connection, estate: Estate, site: str, start: int, end: int
) -> Sequence[WorkOrder]:
    """The orders that were open at some time of the period."""
    columns = work_orders.c
    query = sa.select(work_orders).where(
        columns.created_at < end, sa.or_(columns.closed_at.is_(None), columns.closed_at >= start)
    )
    inside = estate.below(site)
    found = (to_order(row) for row in connection.execute(query).mappings())
    return [one for one in found if one.site in inside]
