"""The shapes of the safety report."""

import datetime as dt

from alerts.alarm import Severity
from api.schemas import Labelled, Shape
from api.schemas_orders import Workload


class SafetySpread(Shape):
    """How long something took [s]; null where it never happened."""

    count: int
    median: float | None
    p90: float | None


class SafetyClass(Shape):
    """How one class of alarms was dealt with."""

    alarms: int
    unacknowledged: int
    to_acknowledge: SafetySpread
    to_arrive: SafetySpread
    to_clear: SafetySpread
    judged: int
    """Alarms of which a finding was noted."""
    false_alarms: int


class SafetyFlood(Shape):
    """More alarms at a time than people can deal with."""

    start: dt.datetime
    end: dt.datetime
    alarms: int


class SafetyChatter(Shape):
    """An alarm that came at least three times within a minute."""

    rule: str
    device: str
    point: str
    alarms: int


class SafetyFigures(Shape):
    """The figures of a site; tests and drills count in `tests` only."""

    alarms: int
    per_operator_10min: float
    peak_10min: int
    floods: list[SafetyFlood]
    flooded_share: float
    chattering: list[SafetyChatter]
    fleeting: int
    stale: int
    mix: dict[Severity, float]
    classes: dict[str, SafetyClass]
    tests: int


class SafetyItem(Shape):
    """One site right below the one that was asked for."""

    site: str
    name: Labelled
    figures: SafetyFigures


class SafetyReport(Shape):
    """`GET reports/safety`."""

    site: str
    site_name: Labelled
    period: str
    timezone: str
    operators: int
    until: dt.datetime
    rows: list[SafetyItem]
    total: SafetyFigures
    orders: Workload
    """The work orders that were made in the period."""
    teams: list[Workload]
    """The same by team."""
