"""Data quality in the interface's shape."""

import datetime as dt

from api.items import moment
from api.schemas_quality import Quality, QualityCell, QualityFigures, QualityItem
from reports.quality import Figures, QualityReportData, QualityRow


def to_quality(data: QualityReportData, limit: int | None = None, *, reasons: bool) -> Quality:
    """The report with its first rows; `reasons` puts them into every day as well."""
    rows = data.rows[:limit]
    return Quality(
        by=data.by,
        first=data.first,
        last=data.last,
        timezone=data.timezone,
        until=_moment(data.until_ms),
        count=len(data.rows),
        items=[_item(row, reasons=reasons) for row in rows],
        total=_figures(data.total),
    )


def _item(row: QualityRow, *, reasons: bool) -> QualityItem:
    return QualityItem(
        key=row.key,
        name=dict(row.name),
        figures=_figures(row.figures),
        days={date: _cell(found, reasons=reasons) for date, found in row.days.items()},
        heard_at=_moment(row.heard_ms),
        allowed_s=None if row.allowed_ms is None else row.allowed_ms / 1000,
    )


def _figures(found: Figures | None) -> QualityFigures | None:
    return None if found is None else QualityFigures(**vars(found))


def _cell(found: Figures, *, reasons: bool) -> QualityCell:
    return QualityCell(
        completeness=found.completeness,
        online=found.online,
        down_minutes=found.down_minutes,
        stored_days=found.stored_days,
        suspect=dict(found.suspect) if reasons else {},
        missing=dict(found.missing) if reasons else {},
    )


def _moment(ms: int | None) -> dt.datetime | None:
    return None if ms is None else moment(ms)
