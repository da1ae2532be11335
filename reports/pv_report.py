"""The PV report: yield, use on site, performance, availability, strings, a year on year, worth."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import sqlalchemy as sa

from analysis.pv import STANDARD_IRRADIANCE
from device_configs.factors import load_factors
from device_configs.holidays import load_holidays
from device_configs.tariffs import load_tariffs
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from ingest.rollup_tables import Grain, rolled_up
from ingest.stores.store import StoreError
from records.engine import reading
from reports.asked import Asked
from reports.carbon import source_id
from reports.charging_data import COUNTS_PER_WH
from reports.consumption import shown_cuts
from reports.cost import Payer
from reports.cost_sources import tariff_sources
from reports.document import Chart, ChartKind, Note, Report, Source, SourceKind
from reports.errors import UnreadableDatabaseError
from reports.load import HOUR_MS
from reports.meter_sources import meter_sources
from reports.meter_tree import NO_EXPORT, MeterTree
from reports.pv import ByHour, Uptime, YearOnYear, compared, uptimes, year_on_year
from reports.pv_data import (
    Inverter,
    currents_of,
    fault_hours,
    inverters_of,
    light_of,
    passed_of,
    read_hourly,
    read_sites,
)
from reports.pv_sheets import (
    KIND,
    Found,
    hours_sheet,
    inverters_sheet,
    sites_sheet,
    steps_sheet,
    strings_sheet,
    years_sheet,
)

_STRING_DAYS = 7
"""Strings are compared over the last so many days of the period."""
_KNOWN = 0.95
"""Share of a year that must be known to be held against another."""


def make(asked: Asked) -> Report:
    """Make the PV report of a site and everything below it; blocks.

    Raises:
        InvalidConfigError: factors, tariffs or holidays of the estate are invalid.
        UnreadableDatabaseError: the database or the store cannot be read.
    """
    payer = Payer(
        asked.estate, load_tariffs(asked.folder, asked.estate), load_holidays(asked.folder)
    )
    factors = load_factors(asked.folder)
    passed, inverters = passed_of(asked), inverters_of(asked)
    try:
        with reading(asked.engine) as connection:
            tree, sites = read_sites(connection, asked, payer, factors)
            own = [one for each in inverters for one in each.series]
            fed = [one for site in sites for one in site.balance.sources]
            hourly = read_hourly(connection, asked.estate, own, fed, passed)
            asked.progress(0.7)
            years = _two_years(connection, asked, inverters, passed)
        communities = list(dict.fromkeys(one.site for one in inverters))
        light = {
            site: measured for site in communities
            if (measured := light_of(asked, site, passed)) is not None
        }  # fmt: skip
        energies = {one.device.id: hourly.of(one) for one in inverters}
        ups: dict[str, Uptime] = {}
        for site in asked.through(communities, 0.7, 0.9):
            ups |= _uptimes(inverters, site, energies, light.get(site))
        last = Span(max(passed.start, passed.end - _STRING_DAYS * 24 * HOUR_MS), passed.end)
        found = Found(
            sites, inverters, hourly, light, ups,
            {one.device.id: fault_hours(asked, one, ups[one.device.id].down)
             for one in inverters if one.device.id in ups},
            {one.device.id: compared(currents) for one in inverters
             if (currents := currents_of(asked, one, last))},
            {site: _compared_years(asked, site, years) for site in communities}, passed,
        )  # fmt: skip
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error
    except StoreError as error:
        raise UnreadableDatabaseError(f"the time series cannot be read: {error}") from error
    return _report(asked, tree, found)


def _uptimes(
    inverters: Sequence[Inverter], site: str, energies: Mapping[str, ByHour], light: ByHour | None
) -> Mapping[str, Uptime]:
    own = [one for one in inverters if one.site == site]
    ratings = {one.device.id: one.rating_w for one in own if one.rating_w}
    return uptimes({one.device.id: energies[one.device.id] for one in own}, ratings, light)


@dataclass(frozen=True)
class _Year:
    """Twelve whole months, and what each community gave for its rating [Wh/W]."""

    span: Span
    specific: Mapping[str, float | None]


def _two_years(
    connection: sa.Connection, asked: Asked, inverters: Sequence[Inverter], passed: Span
) -> Sequence[_Year]:
    """The last twelve whole months of the period's end, after the twelve before."""
    zone = asked.estate.timezone
    end = dt.datetime.fromtimestamp(passed.end / 1000, zone).date().replace(day=1)
    midnights = [
        int(dt.datetime(end.year - back, end.month, 1, tzinfo=zone).timestamp()) * 1000
        for back in (2, 1, 0)
    ]
    series = [one for each in inverters for one in each.series]
    found = []
    for start, after in pairwise(midnights):
        months = rolled_up(connection, series, Grain.MONTH, start, after)
        amounts = {one: sum(each.values(), Amounts()) for one, each in months.items()}
        span = Span(start, after)
        sites = dict.fromkeys(one.site for one in inverters)
        specific = {
            site: _specific([one for one in inverters if one.site == site], amounts, span)
            for site in sites
        }
        found.append(_Year(span, specific))
    return found


def _specific(
    inverters: Sequence[Inverter], amounts: Mapping[Series, Amounts], span: Span
) -> float | None:
    """Yield over rating [Wh/W]; None where a rating or too much of the year is not known."""
    if any(not one.rating_w for one in inverters):
        return None
    series = [one for each in inverters for one in each.series]
    known = [amounts.get(one, Amounts()) for one in series]
    if not known or any(one.known_ms < span.length * _KNOWN for one in known):
        return None
    rating = sum(one.rating_w or 0.0 for one in inverters)
    return sum(one.amount for one in known) / COUNTS_PER_WH / rating


def _compared_years(asked: Asked, site: str, years: Sequence[_Year]) -> YearOnYear | None:
    """By performance ratio where the light of both years is known, else by specific yield."""
    before, now = (one.specific[site] for one in years)
    if before is None or now is None:
        return None
    ratios = []
    for one in years:
        light = light_of(asked, site, one.span)
        reference = sum(max(0.0, each) for each in (light or {}).values()) / STANDARD_IRRADIANCE
        if light is not None and len(light) * HOUR_MS >= one.span.length * _KNOWN and reference:
            ratios.append((one.specific[site] or 0.0) / reference)
    if len(ratios) == 2:
        return year_on_year(*ratios, by_ratio=True)
    return year_on_year(before, now, by_ratio=False)


def _report(asked: Asked, tree: MeterTree, found: Found) -> Report:
    sheets = [
        sites_sheet(asked, found),
        steps_sheet(found, shown_cuts(asked.period, asked.now_ms)),
        hours_sheet(found, asked.estate.timezone),
        inverters_sheet(asked, found),
        strings_sheet(found),
        years_sheet(asked, found),
    ]
    return Report(
        KIND,
        asked.site,
        asked.estate.sites[asked.site].name,
        asked.period,
        asked.estate.timezone.key,
        asked.revision,
        asked.now_ms,
        sheets,
        [
            Chart(ChartKind.STACKED, "steps", "period", ["used", "fed_in"]),
            Chart(ChartKind.STACKED, "hours", "hour", ["used", "fed_in"]),
        ],
        _notes(asked, tree, found),
        _sources(asked, found),
    )


def _notes(asked: Asked, tree: MeterTree, found: Found) -> list[Note]:
    notes = [Note("use_by_steps"), Note("availability_defined"), Note("memo")]
    notes += [] if found.inverters else [Note("no_pv")]
    notes += [Note("no_light")] if len(found.light) < len(found.years) else []
    notes += [Note("by_yield_of_weather")] if any(found.years.values()) else []
    notes += [Note("strings_of", {"days": str(_STRING_DAYS)})] if found.strings else []
    if any(one.flows is not None and one.flows.length_ms == HOUR_MS for one in found.sites):
        notes.append(Note("by_the_hour"))
    notes += [Note("export_unknown")] if NO_EXPORT in tree.notes else []
    if any(one.rating_w is None for one in found.inverters):
        notes.append(Note("no_rating"))
    if asked.is_running:
        notes.append(Note("period_running"))
    return notes


def _sources(asked: Asked, found: Found) -> list[Source]:
    names = [one.device for site in found.sites for one in site.balance.series]
    names += [one.device.id for one in found.inverters]
    sources = meter_sources(asked.estate, names, asked.revision)
    taken = {source_id(one): one for site in found.sites for one in site.money.taken}
    for name, one in sorted(taken.items()):
        version = one.version
        sources.append(
            Source(
                name, SourceKind.FACTOR, one.factor.label, version.source, version.name,
                version.confidence,
            )
        )  # fmt: skip
    return [*sources, *tariff_sources(due for site in found.sites for due in site.money.dues)]
