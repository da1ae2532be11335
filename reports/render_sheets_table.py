"""A report as tables for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.document import Note, Report, Row, Sheet, Weight
from reports.forms import Form
from reports.frame import (
    SHARES,
    facts,
    has_shares,
    heading,
    row_texts,
    share_texts,
    sheet_title,
    title,
    word,
)
from reports.report_texts import note_sentence
from reports.texts import Language

_STYLES = {
    Weight.NORMAL: "",
    Weight.SUBTOTAL: "bold",
    Weight.TOTAL: "bold",
    Weight.MEMO: "italic",
}


def report_table(report: Report, language: Language) -> RenderableType:
    """Every sheet as a table with its notes, then what the report is of."""
    parts: list[RenderableType] = [Text(title(report, language), style="bold")]
    for sheet in report.sheets:
        parts += [Text(""), _table(report, sheet, language)]
        parts += _notes(report, sheet.notes, language)
    parts += [Text(""), *_notes(report, report.notes, language)]
    parts.append(Text("  ".join(f"{key}: {value}" for key, value in facts(report, language)[3:])))
    return Group(*parts)


def _table(report: Report, sheet: Sheet, language: Language) -> Table:
    table = Table(title=Text(sheet_title(report, sheet, language)), title_justify="left")
    for column in sheet.columns:
        name = Text(heading(report, column, language))
        table.add_column(name, justify="left" if column.form is Form.TEXT else "right")
    shares = has_shares(sheet)
    for key in SHARES if shares else ():
        table.add_column(Text(word(key, language)), justify="right")
    before = None
    for row in sheet.rows:
        if row.weight is not Weight.NORMAL and before is Weight.NORMAL:
            table.add_section()
        before = row.weight
        cells = [*_cells(row, sheet, language), *(share_texts(row) if shares else ())]
        table.add_row(*map(Text, cells), style=_STYLES[row.weight])
    return table


def _cells(row: Row, sheet: Sheet, language: Language) -> Iterator[str]:
    for place, text in enumerate(row_texts(row, sheet, language)):
        yield "  " * row.depth + text if place == 0 else text


def _notes(report: Report, notes: Sequence[Note], language: Language) -> list[Text]:
    return [Text(f"* {note_sentence(report.kind, note, language)}") for note in notes]
