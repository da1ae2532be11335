"""The shapes of the unaccounted-for balance."""

import datetime as dt

from api.schemas import Labelled, Shape


class UnaccountedRow(Shape):
    """The balance of one node of the meter tree; a flat list, each node after the one above it."""

    node: str
    """A site, whose grid meters it is about, or a meter."""
    what: str
    """site, meter or virtual (a formula of meters)."""
    name: Labelled
    above: str | None
    depth: int
    """0 at the top."""
    meters: list[str]
    """What counts the inflow."""
    submeters: list[str]
    silent: list[str]
    """Those of both of which nothing at all is known in the period."""
    inflow_wh: float | None
    """Import and PV less export. [Wh]"""
    submeters_wh: float | None
    unaccounted_wh: float | None
    """Inflow less sub-meters, of the intervals in which all of them are known. [Wh]"""
    share: float | None
    """Of what flowed in."""
    missing_share: float
    """Share of the time until now for which one of the meters is not known, 0 to 1."""
    estimated_share: float
    """Share of the rest in which one was bridged over a gap or made of power, 0 to 1."""
    marks: list[str]
    """negative, negative_small, above_limit, partly_known, nothing_known, estimated."""


class UnaccountedReport(Shape):
    """`GET reports/unaccounted?site=&period=2026-11&limit=&format=json|csv&language=`."""

    site: str
    site_name: Labelled
    period: str
    start: dt.datetime
    end: dt.datetime
    """Until when it is counted."""
    timezone: str
    revision: str
    limit: float
    """Share of the inflow above which a balance is marked, 0 to 1."""
    rows: list[UnaccountedRow]
    notes: list[str]
