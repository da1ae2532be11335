"""The quality report as CSV and as a table for a terminal."""

import csv
import datetime as dt
import io
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.quality import QualityReportData
from reports.quality_columns import cells, headings, total
from reports.render_csv import BYTE_ORDER_MARK, safe_text
from reports.texts import Language, in_language, texts


def quality_csv(report: QualityReportData, language: Language) -> str:
    """The quality report as CSV, the mark included: its rows, the total, until when it holds.

    What is not known is an empty cell.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings(report.by, language))
    for row in (*report.rows, total(report, language)):
        writer.writerow(safe_text(cell) for cell in cells(row, report.by, language, ""))
    writer.writerow([])
    words = texts().words
    writer.writerow([in_language(words["timezone"], language), report.timezone])
    writer.writerow([in_language(words["until"], language), _until(report) or ""])
    return BYTE_ORDER_MARK + out.getvalue()


def quality_table(
    report: QualityReportData, site_name: Mapping[str, str], language: Language
) -> RenderableType:
    """The quality report as a table."""
    words = texts().words
    unknown = in_language(words["unknown"], language)
    title = in_language(texts().titles["quality"], language)
    title = title.format(site=site_name[language], first=report.first, last=report.last)
    table = Table(title=Text(title), title_justify="left")
    for heading in headings(report.by, language):
        table.add_column(Text(heading))
    for row in report.rows:
        table.add_row(*map(Text, cells(row, report.by, language, unknown)))
    table.add_section()
    table.add_row(*map(Text, cells(total(report, language), report.by, language, unknown)))
    until = f"{in_language(words['until'], language)}: {_until(report) or unknown}"
    return Group(table, Text(f"{until} ({report.timezone})"))


def _until(report: QualityReportData) -> str | None:
    if report.until_ms is None:
        return None
    moment = dt.datetime.fromtimestamp(report.until_ms / 1000, ZoneInfo(report.timezone))
    return moment.isoformat(timespec="seconds")
