"""What the carbon report reads: the intakes of sites over time, and what people entered."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.entered import Entered, load_entered
from device_configs.factors import Factors, Gives, Taken, load_factors
from device_configs.targets import Plan, load_plan
from records.engine import reading
from reports.asked import Asked
from reports.carbon import Emissions, emissions
from reports.carriers import Intake, intake, is_metered
from reports.drawn import DrawnDays, drawn_of_sites
from reports.errors import UnreadableDatabaseError
from reports.periods import Period

METERED = (Carrier.ELECTRICITY, Carrier.GAS, Carrier.HEAT)
"""Carriers that are metered and have an emission."""


@dataclass(frozen=True)
class SiteData:
    """The intakes of one site and what they drew."""

    intakes: Sequence[Intake]
    days: DrawnDays
    entered: Sequence[Entered]

    @property
    def devices(self) -> list[str]:
        """The meters, in order of their names."""
        return sorted({one.device for each in self.intakes for one in each.series})


@dataclass(frozen=True)
class CarbonData:
    """What all figures of one report are made with."""

    asked: Asked
    factors: Factors
    entered: Sequence[Entered]
    plan: Plan | None
    known_on: dt.date
    """The day of the report: factors published later are not used."""

    @classmethod
    def load(cls, asked: Asked) -> "CarbonData":
        """Read the factors, targets and entered consumption of an estate.

        Raises:
            InvalidConfigError: with every fault of one of the files.
        """
        zone = asked.estate.timezone
        known_on = dt.datetime.fromtimestamp(asked.now_ms / 1000, zone).date()
        return cls(
            asked,
            load_factors(asked.folder),
            load_entered(asked.folder, frozenset(asked.estate.sites)),
            load_plan(asked.folder),
            known_on,
        )

    def of(self, sites: Sequence[str], period: Period, now_ms: int) -> Mapping[str, SiteData]:
        """What each site took in, until a moment.

        Raises:
            UnreadableDatabaseError: the database cannot be read.
        """
        estate = self.asked.estate
        intakes = [[intake(estate, site, carrier) for carrier in METERED] for site in sites]
        try:
            with reading(self.asked.engine) as connection:
                days = drawn_of_sites(
                    connection, estate, intakes, period, now_ms, self._keeps_factors
                )
        except sa.exc.SQLAlchemyError as error:
            raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error
        return {
            site: SiteData(own, drawn, self._entered_of(site))
            for site, own, drawn in zip(sites, intakes, days, strict=True)
        }

    def _entered_of(self, site: str) -> Sequence[Entered]:
        estate = self.asked.estate
        inside = estate.below(site)
        return [
            one
            for one in self.entered
            if one.site in inside and not is_metered(estate, one.site, one.carrier)
        ]

    def _keeps_factors(self, month: Period) -> bool:
        """Whether one version of each factor holds throughout a month."""
        days = (month.end.date() - month.start.date()).days
        for carrier in METERED:
            versions = set()
            for number in range(days):
                day = month.start.date() + dt.timedelta(days=number)
                taken = self.factors.taken(Gives.CARBON, carrier, day, self.known_on)
                versions.add(None if taken is None else (taken.id, taken.version.name))
            if len(versions) > 1:
                return False
        return True

    def emitted(self, data: SiteData, cut: Period) -> Emissions:
        """What a site emitted in a part of the period that its data are of."""
        return emissions(cut, data.intakes, data.days, data.entered, self.factors, self.known_on)

    def grid_factor(self, period: Period) -> Taken | None:
        """The factor of the grid on the last day of a period."""
        last = period.end.date() - dt.timedelta(days=1)
        return self.factors.taken(Gives.CARBON, Carrier.ELECTRICITY, last, self.known_on)
