"""What a site drew and made since midnight, and the carbon of the electricity it bought."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.estate import Estate
from device_configs.factors import Factors, Gives, Taken
from reports.energy import EnergyReportData, energy_report
from reports.periods import Step


@dataclass(frozen=True)
class Today:
    """The figures of the day that runs in the estate's time zone."""

    energy: EnergyReportData
    carbon_kg: float | None
    """Scope 2 of the electricity bought [kgCO2]; None where it is unknown or has no factor."""
    taken: Taken | None
    """The factor that it was made with."""


def today(
    engine: sa.Engine,
    estate: Estate,
    site: str,
    factors: Factors,
    *,
    now_ms: int,
    revision: str,
) -> Today:
    """Add up the day until now; blocks.

    PV that is used on the site lowers what is bought and has no carbon, as in the carbon report.

    Raises:
        UnknownSiteError: there is no such site.
        UnreadableDatabaseError: the database cannot be read.
    """
    day = dt.datetime.fromtimestamp(now_ms / 1000, estate.timezone).date()
    energy = energy_report(
        engine, estate, site, day.isoformat(), Step.DAY.value, now_ms=now_ms, revision=revision
    )
    taken = factors.taken(Gives.CARBON, Carrier.ELECTRICITY, day, day)
    bought = energy.total.grid_import_wh
    if bought is None or taken is None:
        return Today(energy, None, taken)
    return Today(energy, float(taken.factor.amount(Fraction(bought), taken.version)), taken)
