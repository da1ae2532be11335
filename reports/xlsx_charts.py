"""The charts of a report as a spreadsheet's own, which follow the cells they are drawn from."""

from dataclasses import dataclass

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from reports.document import Chart, ChartKind, Report, Sheet, Weight
from reports.frame import heading, sheet_title
from reports.texts import Language

_KINDS: dict[ChartKind, dict[str, str]] = {
    ChartKind.LINE: {"type": "line"},
    ChartKind.BAR: {"type": "column"},
    ChartKind.STACKED: {"type": "column", "subtype": "stacked"},
}
_SIZE = {"width": 760, "height": 360}
_LINES_OF_A_CHART = 19
_MOST_STRETCHES = 40
"""Stretches of rows in one series; more make a formula that spreadsheets refuse."""


@dataclass(frozen=True)
class Place:
    """Where a sheet stands on its worksheet."""

    name: str
    first_row: int
    """Of its figures, from 0."""
    free_column: int
    """The first beside the table, from 0."""


def add_charts(
    book: Workbook,
    page: Worksheet,
    report: Report,
    sheet: Sheet,
    place: Place,
    language: Language,
) -> None:
    """Draw the charts of a sheet beside its table."""
    stretches = _stretches(sheet)
    if not stretches or len(stretches) > _MOST_STRETCHES:
        return
    keys = [column.key for column in sheet.columns]
    for number, chart in enumerate(one for one in report.charts if one.sheet == sheet.key):
        drawn = book.add_chart(dict(_KINDS[chart.kind]))
        headings = {one.key: heading(report, one, language) for one in sheet.columns}
        for key in chart.series:
            drawn.add_series(
                {
                    "name": [place.name, place.first_row - 1, keys.index(key)],
                    "categories": _range(place, stretches, keys.index(chart.x)),
                    "values": _range(place, stretches, keys.index(key)),
                }
            )
        drawn.set_title({"name": sheet_title(report, sheet, language), "name_font": {"size": 12}})
        drawn.set_x_axis({"name": headings[chart.x]})
        drawn.set_y_axis({"name": _axis(chart, headings), "major_gridlines": {"visible": True}})
        drawn.set_legend({"position": "bottom"} if len(chart.series) > 1 else {"none": True})
        drawn.set_size(_SIZE)
        line = place.first_row - 1 + number * _LINES_OF_A_CHART
        page.insert_chart(line, place.free_column, drawn)


def _axis(chart: Chart, headings: dict[str, str]) -> str:
    return headings[chart.series[0]] if len(chart.series) == 1 else ""


def _stretches(sheet: Sheet) -> list[tuple[int, int]]:
    """First and last of each run of rows of normal weight."""
    found: list[tuple[int, int]] = []
    for place, row in enumerate(sheet.rows):
        if row.weight is not Weight.NORMAL:
            continue
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _range(place: Place, stretches: list[tuple[int, int]], column: int) -> str:
    quoted = place.name.replace("'", "''")
    letter = _letter(column)
    parts = [
        f"'{quoted}'!${letter}${place.first_row + first + 1}:${letter}${place.first_row + last + 1}"
        for first, last in stretches
    ]
    return f"={parts[0]}" if len(parts) == 1 else f"=({','.join(parts)})"


def _letter(column: int) -> str:
    name = ""
    while column >= 0:
        name = chr(ord("A") + column % 26) + name
        column = column // 26 - 1
    return name
