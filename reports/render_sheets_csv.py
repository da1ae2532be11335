"""A report as CSV: its sheets one below the other, then what it is of and its sources.

RFC 4180, UTF-8 with a byte order mark, safe to open in a spreadsheet (`reports.render_csv`).
Figures are in the unit people read with every digit, so that a column adds up to its total; an
unknown one is an empty cell.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from reports.document import Cell, Column, Note, Report, Row, Sheet
from reports.frame import (
    SHARES,
    SOURCE_COLUMNS,
    cell_exact,
    cell_text,
    facts,
    has_shares,
    heading,
    share_texts,
    sheet_title,
    source_texts,
    title,
    word,
)
from reports.render_csv import BYTE_ORDER_MARK, safe_text
from reports.report_texts import note_sentence
from reports.texts import Language


def report_csv(report: Report, language: Language) -> str:
    """The report as CSV, the mark included."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe_text(title(report, language))])
    for sheet in report.sheets:
        writer.writerow([])
        writer.writerow([safe_text(sheet_title(report, sheet, language))])
        writer.writerows(_table(report, sheet, language))
        writer.writerows(_notes(report, sheet.notes, language))
    writer.writerow([])
    writer.writerows([key, safe_text(value)] for key, value in facts(report, language))
    writer.writerows(_notes(report, report.notes, language))
    if report.sources:
        writer.writerow([])
        writer.writerow([word("sources", language)])
        writer.writerow(word(f"source_{key}", language) for key in SOURCE_COLUMNS)
        for source in report.sources:
            writer.writerow(safe_text(text) for text in source_texts(source, language))
    return BYTE_ORDER_MARK + out.getvalue()


def plain(figure: Decimal) -> str:
    """A figure with all its digits and no power of ten."""
    return f"{figure.normalize():f}" if figure else "0"


def _table(report: Report, sheet: Sheet, language: Language) -> Iterable[Sequence[str]]:
    shares, sources = has_shares(sheet), any(row.sources for row in sheet.rows)
    headings = [safe_text(heading(report, column, language)) for column in sheet.columns]
    headings += [word(key, language) for key in SHARES] if shares else []
    yield [*headings, word("row_sources", language)] if sources else headings
    for row in sheet.rows:
        cells = _cells(row, sheet.columns, language)
        cells += share_texts(row) if shares else []
        yield [*cells, safe_text(" ".join(row.sources))] if sources else cells


def _cells(row: Row, columns: Sequence[Column], language: Language) -> list[str]:
    return [_cell(cell, column, language) for cell, column in zip(row.cells, columns, strict=True)]


def _cell(cell: Cell, column: Column, language: Language) -> str:
    if cell is None:
        return ""
    figure = cell_exact(cell, column.form)
    return safe_text(cell_text(cell, column.form, language)) if figure is None else plain(figure)


def _notes(report: Report, notes: Sequence[Note], language: Language) -> Iterable[Sequence[str]]:
    for note in notes:
        yield [word("note", language), safe_text(note_sentence(report.kind, note, language))]
