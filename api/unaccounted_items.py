"""The unaccounted-for balance in the interface's shape."""

import datetime as dt
from zoneinfo import ZoneInfo

from api.schemas_unaccounted import UnaccountedReport, UnaccountedRow
from reports.unaccounted_report import UnaccountedReportData


def to_unaccounted(data: UnaccountedReportData) -> UnaccountedReport:
    """The report as an answer; its moments in the estate's time zone."""
    zone = ZoneInfo(data.timezone)
    return UnaccountedReport(
        site=data.site,
        site_name=dict(data.site_name),
        period=data.period,
        start=dt.datetime.fromtimestamp(data.start_ms / 1000, zone),
        end=dt.datetime.fromtimestamp(data.end_ms / 1000, zone),
        timezone=data.timezone,
        revision=data.revision,
        limit=data.limit,
        rows=[UnaccountedRow.model_validate(row, from_attributes=True) for row in data.rows],
        notes=list(data.notes),
    )
