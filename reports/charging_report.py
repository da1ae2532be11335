"""The charging report: sessions by pile, time and hour of day, failures, PV share and cost.

Options: `sessions` yes or no: whether every session is listed.
"""

import sqlalchemy as sa

from records.engine import reading
from reports.asked import Asked
from reports.charging_data import ChargingData, read_charging
from reports.charging_sheets import (
    KIND,
    hours_sheet,
    piles_sheet,
    sessions_sheet,
    sites_sheet,
    steps_sheet,
    used_of,
)
from reports.consumption import shown_cuts
from reports.document import Chart, ChartKind, Note, Report, Source, SourceKind
from reports.errors import UnreadableDatabaseError
from reports.meter_tree import NO_EXPORT


def make(asked: Asked) -> Report:
    """Make the charging report of a site and everything below it; blocks.

    Raises:
        InvalidOptionError: an option is not one of those allowed.
        InvalidConfigError: the tariffs or holidays of the estate are invalid.
        UnreadableDatabaseError: the database cannot be read.
    """
    listed = asked.option("sessions", "no", ("yes", "no")) == "yes"
    try:
        with reading(asked.engine) as connection:
            data = read_charging(connection, asked)
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the sessions cannot be read: {error}") from error
    asked.progress(0.8)
    cuts = shown_cuts(asked.period, asked.now_ms)
    used = used_of(data, cuts)
    sheets = [
        steps_sheet(data, used, cuts),
        piles_sheet(asked, data, used),
        hours_sheet(asked, data, used),
        sites_sheet(asked, data),
    ]
    if listed:
        sheets.append(sessions_sheet(asked, data))
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
            Chart(ChartKind.BAR, "steps", "period", ["energy"]),
            Chart(ChartKind.BAR, "hours", "hour", ["occupied", "charging"]),
        ],
        _notes(asked, data),
        [
            Source(f"meter {one.name}", SourceKind.METER, one.device.name, one.name, asked.revision)
            for one in data.connectors
        ],
    )


def _notes(asked: Asked, data: ChargingData) -> list[Note]:
    notes = [Note("counted_where_it_began"), Note("idle_defined"), Note("pv_rule")]
    if not data.connectors:
        notes.append(Note("no_piles"))
    if any(one.length_ms > 900_000 for one in data.flows):
        notes.append(Note("by_the_hour"))
    left = sorted(name for one in data.flows for name in one.left_out)
    if left:
        notes.append(Note("piles_left_out", {"piles": ", ".join(left)}))
    if NO_EXPORT in data.tree.notes:
        notes.append(Note("export_unknown"))
    notes.append(Note("cost_defined"))
    if asked.is_running:
        notes.append(Note("period_running"))
    return notes
