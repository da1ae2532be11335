"""The reports there are, by name."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from device_configs.estate import Estate
from reports import (
    carbon_report,
    carrier_report,
    charging_report,
    community_report,
    consumption_report,
    cost_report,
    elevators_report,
    fire_report,
    pv_charging_report,
    pv_report,
    rates_report,
    savings_report,
    statutory_report,
)
from reports.asked import Asked, Maker
from reports.document import Report
from reports.errors import UnknownReportError
from reports.options import Option
from reports.schedules import Every

MAKERS: Mapping[str, Maker] = {
    **carrier_report.KINDS,
    "carbon": carbon_report.make,
    "charging": charging_report.make,
    "community": community_report.make,
    "consumption": consumption_report.make,
    "cost": cost_report.make,
    "elevators": elevators_report.make,
    "fire": fire_report.make,
    "pv": pv_report.make,
    "pv_charging": pv_charging_report.make,
    "rates": rates_report.make,
    "savings": savings_report.make,
    "statutory": statutory_report.make,
}
"""Name to maker; the name is that of its catalogue in `text/`, too."""

OPTIONS: Mapping[str, Sequence[Option]] = {
    "consumption": (consumption_report.COAL,),
    "cost": (cost_report.BY, cost_report.STEP),
}
"""What can be chosen of a report in every estate; of the others nothing."""
USUAL_PERIOD: Mapping[str, Every] = {"statutory": Every.HALF_YEAR}
"""How long the period of a report is when nobody says; a month if it is not named here."""


def choices_of(kind: str, estate: Estate, folder: Path | None) -> Sequence[Option]:
    """What can be chosen of a report in an estate.

    Raises:
        InvalidConfigError: the tariffs of the estate are invalid.
    """
    own = (cost_report.compare_option(estate, folder),) if kind == "cost" else ()
    return (*OPTIONS.get(kind, ()), *own)


def make_report(kind: str, asked: Asked) -> Report:
    """Make a report.

    Raises:
        UnknownReportError: there is no such kind.
        InvalidOptionError: an option is not one of those allowed.
        InvalidPeriodError: the report does not fit the period.
        UnreadableDatabaseError: the database cannot be read.
    """
    maker = MAKERS.get(kind)
    if maker is None:
        raise UnknownReportError(f"there is no report {kind!r}: {', '.join(sorted(MAKERS))}")
    report = maker(asked)
    asked.progress(1.0)
    return report
