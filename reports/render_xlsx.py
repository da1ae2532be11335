"""A report as a workbook: a cover, a worksheet for each sheet, and where each number comes from.

Every text is written as a text, so that none is a formula; figures are numbers in the unit people
read, formatted by their form.
"""

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from reports.document import Report, Sheet, Weight
from reports.forms import Form, forms
from reports.frame import (
    SHARES,
    SOURCE_COLUMNS,
    cell_exact,
    cell_text,
    facts,
    has_shares,
    heading,
    row_texts,
    share_texts,
    sheet_title,
    source_texts,
    title,
    word,
)
from reports.issue import Issue, issue_facts
from reports.render_json import canonical, digest
from reports.report_texts import note_sentence
from reports.texts import Language
from reports.xlsx_charts import Place, add_charts

FIRST_ROW = 3
"""Of the figures on a worksheet, from 0: above are its title, an empty line and the headings."""
_LONGEST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST_TEXT = 32_767
"""Characters of a cell (specification of Excel's limits)."""
_WIDEST = 48
_ACCENT = "#1F4E79"


@dataclass(frozen=True)
class _Book:
    book: Workbook
    report: Report
    language: Language
    issue: Issue | None
    names: Mapping[str, str]
    """Sheet to worksheet."""

    def style(self, **properties: object) -> Format:
        return self.book.add_format({"font_name": "Arial", "font_size": 10, **properties})

    def word(self, key: str) -> str:
        return word(key, self.language)


def report_xlsx(report: Report, language: Language, issue: Issue | None = None) -> bytes:
    """The report as an XLSX file."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        made = dt.datetime.fromtimestamp(report.made_at_ms // 1000, dt.UTC).replace(tzinfo=None)
        book.set_properties({"title": title(report, language), "created": made})
        it = _Book(book, report, language, issue, _names(report, language))
        _cover(it, book.add_worksheet(it.word("cover")))
        for sheet in report.sheets:
            _sheet(it, book.add_worksheet(it.names[sheet.key]), sheet)
        _sources(it, book.add_worksheet(_sources_name(language)))
    return out.getvalue()


def _sources_name(language: Language) -> str:
    return word("sources", language)


def _names(report: Report, language: Language) -> Mapping[str, str]:
    """A worksheet's name for each sheet: short, allowed and its own."""
    taken = {word("cover", language).lower(), _sources_name(language).lower(), "history"}
    found = {}
    for sheet in report.sheets:
        whole = _FORBIDDEN.sub(" ", sheet_title(report, sheet, language)).strip(" '") or sheet.key
        name, number = whole[:_LONGEST_NAME], 1
        while name.lower() in taken:
            number += 1
            ending = f" {number}"
            name = whole[: _LONGEST_NAME - len(ending)] + ending
        taken.add(name.lower())
        found[sheet.key] = name
    return found


def _cover(it: _Book, page: Worksheet) -> None:
    bold = it.style(bold=True, font_color=_ACCENT)
    plain = it.style(text_wrap=True, valign="top")
    page.hide_gridlines(2)
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 72)
    page.write_string(0, 0, title(it.report, it.language), it.style(bold=True, font_size=16))
    stated = [*facts(it.report, it.language), *issue_facts(it.report, it.issue, it.language)]
    content = it.issue.digest if it.issue else digest(canonical(it.report))
    stated.append((it.word("digest"), content))
    line = 2
    for key, value in stated:
        page.write_string(line, 0, key, bold)
        page.write_string(line, 1, value, plain)
        line += 1
    for note in it.report.notes:
        page.write_string(line, 0, it.word("note"), bold)
        page.write_string(line, 1, note_sentence(it.report.kind, note, it.language), plain)
        line += 1
    page.write_string(line + 1, 0, it.word("contents"), bold)
    link = it.style(font_color="#0563C1", underline=1)
    for place, name in enumerate([*it.names.values(), _sources_name(it.language)], line + 1):
        quoted = name.replace("'", "''")
        page.write_url(place, 1, f"internal:'{quoted}'!A1", link, name)
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _sheet(it: _Book, page: Worksheet, sheet: Sheet) -> None:
    head = it.style(bold=True, bg_color=_ACCENT, font_color="white", text_wrap=True, valign="top")
    page.write_string(
        0, 0, sheet_title(it.report, sheet, it.language), it.style(bold=True, size=13)
    )
    headings = [heading(it.report, column, it.language) for column in sheet.columns]
    headings += [it.word(key) for key in SHARES] if has_shares(sheet) else []
    headings += [it.word("row_sources")] if any(row.sources for row in sheet.rows) else []
    widths = [_width(text) for text in headings]
    for place, text in enumerate(headings):
        page.write_string(FIRST_ROW - 1, place, text, head)
    _rows(it, page, sheet, widths)
    for place, width in enumerate(widths):
        page.set_column(place, place, min(width + 2, _WIDEST))
    below = FIRST_ROW + len(sheet.rows) + 1
    for line, note in enumerate(sheet.notes):
        page.write_string(below + line, 0, f"* {note_sentence(it.report.kind, note, it.language)}")
    page.freeze_panes(FIRST_ROW, 1)
    page.repeat_rows(FIRST_ROW - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_footer("&L&F  &A&R&P / &N")
    where = Place(it.names[sheet.key], FIRST_ROW, len(headings) + 1)
    add_charts(it.book, page, it.report, sheet, where, it.language)


def _rows(it: _Book, page: Worksheet, sheet: Sheet, widths: list[int]) -> None:
    styles = {
        (form, weight, depth): it.style(**_properties(form, weight, depth))
        for form in {*(column.form for column in sheet.columns), Form.TEXT, Form.SHARE}
        for weight in Weight
        for depth in {0, *(row.depth for row in sheet.rows)}
    }
    shares, sources = has_shares(sheet), any(row.sources for row in sheet.rows)
    for line, row in enumerate(sheet.rows, FIRST_ROW):
        texts = row_texts(row, sheet, it.language)
        for place, (cell, column) in enumerate(zip(row.cells, sheet.columns, strict=True)):
            style = styles[column.form, row.weight, row.depth if place == 0 else 0]
            figure, text = cell_exact(cell, column.form), texts[place]
            widths[place] = max(widths[place], _width(text) + (row.depth if place == 0 else 0))
            if figure is None:
                page.write_string(line, place, text, style)
            else:
                page.write_number(line, place, float(figure), style)
        place = len(row.cells)
        for text in share_texts(row) if shares else ():
            if text:
                page.write_number(line, place, float(text), styles[Form.SHARE, row.weight, 0])
            place += 1
        if sources:
            page.write_string(line, place, " ".join(row.sources), styles[Form.TEXT, row.weight, 0])


def _fitting(text: str) -> str:
    """A text that a cell can hold; the last sheet has the sources of a row one by one."""
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _properties(form: Form, weight: Weight, depth: int) -> Mapping[str, object]:
    made: dict[str, object] = {"num_format": number_format(form), "indent": depth}
    made["align"] = "left" if form is Form.TEXT else "right"
    if weight in (Weight.SUBTOTAL, Weight.TOTAL):
        made |= {"bold": True, "top": 1 if weight is Weight.TOTAL else 4}
    if weight is Weight.MEMO:
        made |= {"italic": True, "font_color": "#595959"}
    return made


def number_format(form: Form) -> str:
    """How a spreadsheet shows a form's figures."""
    if form is Form.TEXT:
        return "General"
    how = forms()[form]
    digits = "#,##0" + ("." + "0" * how.digits if how.digits else "")
    return f"+{digits};-{digits};{digits}" if how.signed else digits


def _width(text: str) -> int:
    """Characters of a column; a Chinese one takes two."""
    return sum(2 if ord(one) > 0x2E80 else 1 for one in text)


def _sources(it: _Book, page: Worksheet) -> None:
    """Every source, then for each row of each sheet what it comes from."""
    head = it.style(bold=True, bg_color=_ACCENT, font_color="white")
    plain = it.style()
    page.write_string(0, 0, _sources_name(it.language), it.style(bold=True, font_size=13))
    _line(page, 2, [it.word(f"source_{key}") for key in SOURCE_COLUMNS], head)
    texts = {one.id: source_texts(one, it.language) for one in it.report.sources}
    line = 3
    for found in texts.values():
        _line(page, line, found, plain)
        line += 1
    line += 1
    words = [
        it.word("sheet"),
        it.word("row"),
        *(it.word(f"source_{key}") for key in SOURCE_COLUMNS),
    ]
    _line(page, line, words, head)
    for sheet in it.report.sheets:
        for place, row in enumerate(sheet.rows):
            form = sheet.columns[0].form
            name = cell_text(row.cells[0], form, it.language) if row.cells else ""
            for source in row.sources:
                line += 1
                where = f"{place + FIRST_ROW + 1} {name}"
                _line(page, line, [it.names[sheet.key], where, *texts[source]], plain)
    page.set_column(0, len(words), 22)
    page.freeze_panes(3, 0)


def _line(page: Worksheet, line: int, texts: Sequence[str], style: Format) -> None:
    for place, text in enumerate(texts):
        page.write_string(line, place, text, style)
