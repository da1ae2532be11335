"""The safety report as CSV and as a table for a terminal."""

import csv
import datetime as dt
import io
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.order_columns import order_headings, order_rows
from reports.render_csv import BYTE_ORDER_MARK, safe_text
from reports.safety import SafetyReportData
from reports.safety_columns import cells, headings, total
from reports.texts import Language, in_language, texts


def safety_csv(report: SafetyReportData, language: Language) -> str:
    """The safety report as CSV, the mark included; what is not known is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings(language))
    for row in (*report.rows, total(report, language)):
        writer.writerow(safe_text(cell) for cell in cells(row, language, ""))
    if orders := list(order_rows(report, language, "")):
        writer.writerow([])
        writer.writerow(order_headings(language))
        for cells_of_team in orders:
            writer.writerow(safe_text(cell) for cell in cells_of_team)
    writer.writerow([])
    words = texts().words
    writer.writerow([in_language(words["timezone"], language), report.timezone])
    writer.writerow([in_language(words["until"], language), _until(report)])
    writer.writerow([in_language(words["operators"], language), report.operators])
    return BYTE_ORDER_MARK + out.getvalue()


def safety_table(report: SafetyReportData, language: Language) -> RenderableType:
    """The safety report as a table."""
    words = texts().words
    unknown = in_language(words["unknown"], language)
    title = in_language(texts().titles["safety"], language)
    title = title.format(site=report.site_name[language], period=report.period)
    table = Table(title=Text(title), title_justify="left")
    for heading in headings(language):
        table.add_column(Text(heading))
    for row in report.rows:
        table.add_row(*map(Text, cells(row, language, unknown)))
    table.add_section()
    table.add_row(*map(Text, cells(total(report, language), language, unknown)))
    orders = Table()
    for heading in order_headings(language):
        orders.add_column(Text(heading))
    for row_of_team in order_rows(report, language, unknown):
        orders.add_row(*map(Text, row_of_team))
    shown = (orders,) if orders.row_count else ()
    until = f"{in_language(words['until'], language)}: {_until(report)} ({report.timezone})"
    return Group(table, *shown, Text(until))


def _until(report: SafetyReportData) -> str:
    moment = dt.datetime.fromtimestamp(report.until_ms / 1000, ZoneInfo(report.timezone))
    return moment.isoformat(timespec="seconds")
