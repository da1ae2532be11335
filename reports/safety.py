"""The safety report: how many alarms a site had, how people dealt with them, how often in a flood.

A row is a site right below the one that is asked for; what the figures mean is in `docs/kpi.md`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from alerts import duty_book
from alerts.kpi import Figures, figures
from alerts.lives import Placed, is_in, lives
from alerts.order_rows import made_between
from alerts.order_statistics import Statistics, statistics
from device_configs.estate import Estate
from records.engine import reading
from reports.errors import UnknownSiteError, UnreadableDatabaseError
from reports.periods import parse_period


@dataclass(frozen=True)
class SafetyRow:
    """One site with everything below it."""

    site: str
    name: Mapping[str, str]
    """By language."""
    figures: Figures


@dataclass(frozen=True)
class SafetyReportData:
    """The report of a site and a period."""

    site: str
    site_name: Mapping[str, str]
    period: str
    timezone: str
    operators: int
    """People at the duty desk at a time, by whom rates are divided."""
    until_ms: int
    """The figures hold until then: the end of the period, or now. [ms, UTC]"""
    rows: tuple[SafetyRow, ...]
    total: Figures
    orders: Statistics
    """The work orders that were made in the period."""
    teams: Mapping[str, Mapping[str, str]]
    """Team to its name by language."""


def safety_report(
    engine: sa.Engine,
    estate: Estate,
    site: str,
    period: str,
    *,
    now_ms: int,
    operators: int = 1,
    places: Collection[str] | None = None,
) -> SafetyReportData:
    """Make the report; blocks.

    Args:
        engine: the database; it is only read.
        estate: what the names are from.
        site: the site; everything below it is included.
        period: 2026, 2026-11 or 2026-11-23.
        now_ms: a period that runs is reported until then. [ms, UTC]
        operators: people at the duty desk at a time.
        places: those that may be shown; all of the site if None. Of the whole estate, alarms of
            places that are gone count too.

    Raises:
        UnknownSiteError, InvalidPeriodError: there is no such site or period.
        UnreadableDatabaseError: the database cannot be read.
    """
    if site not in estate.sites:
        raise UnknownSiteError(f"the estate has no site {site!r}")
    asked = parse_period(period, estate.timezone)
    start = asked.span.start
    end = min(asked.span.end, max(now_ms, start) + 1)
    try:
        with reading(engine) as connection:
            every = lives(connection, start, end, places)
            made, reopened = made_between(
                connection, start, end, _order_sites(estate, site, places)
            )
            teams = duty_book.directory(connection).teams
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the alarms cannot be read: {error}") from error
    found = [one for one in every if is_in(one, site, estate)]
    below: dict[str, list[Placed]] = defaultdict(list)
    for one in found:
        below[_below(one, site, estate)].append(one)
    rows = [
        SafetyRow(key, _name(estate, key), figures([o.life for o in ones], start, end, operators))
        for key, ones in below.items()
    ]
    rows.sort(key=lambda row: (-row.figures.alarms, row.site))
    total = figures([one.life for one in found], start, end, operators)
    return SafetyReportData(
        site, _name(estate, site), asked.name, str(estate.timezone), operators, end,
        tuple(rows), total, statistics(made, reopened, now_ms),
        {name: team.name.model_dump() for name, team in teams.items()},
    )  # fmt: skip


def _order_sites(
    estate: Estate, site: str, places: Collection[str] | None
) -> Collection[str] | None:
    """The sites whose orders count; of the whole estate, those of places that are gone too."""
    if places is None:
        return None if site == estate.id else estate.below(site)
    return frozenset(places) & frozenset(estate.below(site))


def _below(one: Placed, site: str, estate: Estate) -> str:
    """The site right below that an alarm belongs to; the site itself where it is right there."""
    if site == estate.id:
        return one.path[0] if one.path else one.place
    after = one.path[one.path.index(site) + 1 :] if site in one.path else ()
    return after[0] if after else one.place


def _name(estate: Estate, site: str) -> Mapping[str, str]:
    known = estate.sites.get(site)
    if known is None:
        return {"zh": site, "en": site}
    return {"zh": known.name.zh, "en": known.name.en}
