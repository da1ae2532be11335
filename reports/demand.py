"""What is charged by the month: the demand or capacity, and the power-factor adjustment."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from device_configs.power_factor import adjustment, power_factor
from device_configs.tariffs import Due
from ingest.counters import INTERVAL_MS
from ingest.peaks import Peak
from reports.fen import rounded

_COUNTS_PER_KW = Fraction(1_000_000 * INTERVAL_MS, 3_600_000)
"""Counts [mWh] of a quarter of an hour with one kW."""


@dataclass(frozen=True)
class DemandCharge:
    """The demand charge of one site and month."""

    site: str
    month: dt.date
    peak: Peak | None
    billed: Fraction | None
    """What is paid for; None where the peak is not known. [kW or kVA]"""
    price: Decimal | None
    """[yuan a kW or kVA]"""
    fen: int | None
    """None where it is not known."""

    @property
    def peak_w(self) -> Fraction | None:
        """The highest power [W]."""
        return None if self.peak is None else kw_of(self.peak) * 1000


def kw_of(peak: Peak) -> Fraction:
    """The mean power of the highest quarter [kW]."""
    return peak.counts / _COUNTS_PER_KW


def demand_charge(site: str, month: dt.date, due: Due, peak: Peak | None) -> DemandCharge | None:
    """The charge of a month; None where the site pays none."""
    demand, prices = due.demand, due.prices
    if demand is None:
        return None
    if demand.capacity_kva is not None:
        price = prices.capacity_per_kva if prices is not None else None
        billed: Fraction | None = Fraction(demand.capacity_kva)
    else:
        price = prices.demand_per_kw if prices is not None else None
        billed = _billed(due, peak)
    if prices is not None and prices.demand_per_kw is None and prices.capacity_per_kva is None:
        # A tariff in one part: it has no charge by demand, whatever the site declared.
        return None
    known = price is not None and billed is not None
    fen = rounded(Fraction(price or 0) * (billed or 0) * 100) if known else None
    return DemandCharge(site, month, peak, billed, price, fen)


def _billed(due: Due, peak: Peak | None) -> Fraction | None:
    demand, excess = due.demand, due.version.excess_demand
    if demand is None or demand.declared_kw is None:
        return None if peak is None else kw_of(peak)
    declared = Fraction(demand.declared_kw)
    if excess is None:
        return declared
    if peak is None:
        return None
    above = max(Fraction(0), kw_of(peak) - declared * Fraction(excess.tolerance))
    return declared + above * Fraction(excess.factor)


@dataclass(frozen=True)
class FactorCharge:
    """The power-factor adjustment of one site and month."""

    site: str
    month: dt.date
    active: int | None
    reactive: int | None
    """Both in counts [mWh, mvarh]; None where nothing is known."""
    factor: Decimal | None
    standard: Decimal
    share: Fraction | None
    """By which the bill is raised; below 0 lowered."""
    base_fen: int | None
    fen: int | None


def factor_charge(
    site: str,
    month: dt.date,
    due: Due,
    active: int | None,
    reactive: int | None,
    base_fen: int | None,
) -> FactorCharge | None:
    """The adjustment of a month; None where the tariff has none.

    Args:
        site: whose bill it is.
        month: the first of the month.
        due: what the site pays.
        active: the active energy drawn. [counts]
        reactive: the reactive energy of both directions. [counts]
        base_fen: energy and demand charge that are adjusted. [fen]
    """
    terms = due.version.power_factor
    if terms is None:
        return None
    factor = None if active is None or reactive is None else power_factor(active, reactive)
    share = None if factor is None else adjustment(terms.standard, factor)
    fen = None if share is None or base_fen is None else rounded(base_fen * share)
    return FactorCharge(site, month, active, reactive, factor, terms.standard, share, base_fen, fen)
