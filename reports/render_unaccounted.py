"""The unaccounted-for balances as CSV and as a table for a terminal."""

import csv
import io
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.energy_columns import exact_kwh, percent
from reports.render_csv import BYTE_ORDER_MARK, safe_text
from reports.texts import Language, in_language, note_text, texts
from reports.unaccounted_report import UnaccountedReportData, UnaccountedRow

_FIGURES = ("inflow", "submeters", "unaccounted", "share", "missing", "estimated")
COLUMNS = ("node", "name", "above", *_FIGURES, "marks")
"""Keys of `columns` in `text.yaml`."""


def unaccounted_csv(report: UnaccountedReportData, language: Language) -> str:
    """The balances as CSV, the mark included: one line a node, then what the marks mean.

    Energies are in kWh with every digit; an unknown figure is an empty cell.
    """
    words = texts().words
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_headings(COLUMNS, language))
    for row in report.rows:
        energies = [
            "" if energy is None else exact_kwh(energy)
            for energy in (row.inflow_wh, row.submeters_wh, row.unaccounted_wh)
        ]
        marks = " ".join(_mark_text(mark, language) for mark in row.marks)
        names = [row.node, row.name[language], row.above or ""]
        writer.writerow([*map(safe_text, names), *energies, *_shares(row, ""), safe_text(marks)])
    writer.writerow([])
    facts = {
        "site": report.site_name[language],
        "timezone": report.timezone,
        "revision": report.revision,
        "limit": percent(report.limit),
        "silent": " ".join(_silent(report)),
    }
    for key, text in facts.items():
        writer.writerow([in_language(words[key], language), safe_text(text)])
    for note in report.notes:
        writer.writerow(
            [in_language(words["note"], language), safe_text(note_text(note, language))]
        )
    return BYTE_ORDER_MARK + out.getvalue()


def unaccounted_table(report: UnaccountedReportData, language: Language) -> RenderableType:
    """The balances as a table, each node below the one above it, with the marks explained."""
    words = texts().words
    title = in_language(texts().titles["unaccounted"], language)
    title = title.format(site=report.site_name[language], period=report.period)
    table = Table(title=Text(title), title_justify="left")
    for place, heading in enumerate(_headings(("node", *_FIGURES), language)):
        table.add_column(Text(heading), justify="right" if place else "left")
    table.add_column()
    unknown = in_language(words["unknown"], language)
    used = list(dict.fromkeys(mark for row in report.rows for mark in row.marks))
    for row in report.rows:
        energies = [
            unknown if energy is None else f"{energy / 1000:,.1f}"
            for energy in (row.inflow_wh, row.submeters_wh, row.unaccounted_wh)
        ]
        name = "  " * row.depth + row.name[language]
        marks = " ".join(f"[{used.index(mark) + 1}]" for mark in row.marks)
        table.add_row(*map(Text, (name, *energies, *_shares(row, unknown), marks)))
    below = [f"[{number}] {_mark_text(mark, language)}" for number, mark in enumerate(used, 1)]
    below += [f"* {note_text(note, language)}" for note in report.notes]
    if silent := _silent(report):
        below.append(f"{in_language(words['silent'], language)}: {' '.join(silent)}")
    revision = in_language(words["revision"], language)
    below.append(f"{revision}: {report.revision} ({report.timezone})")
    return Group(table, *map(Text, below))


def _headings(keys: Sequence[str], language: Language) -> list[str]:
    return [in_language(texts().columns[key], language) for key in keys]


def _shares(row: UnaccountedRow, unknown: str) -> list[str]:
    share = unknown if row.share is None else f"{row.share * 100:.2f}"
    estimated = unknown if row.inflow_wh is None else percent(row.estimated_share)
    return [share, percent(row.missing_share), estimated]


def _silent(report: UnaccountedReportData) -> list[str]:
    return list(dict.fromkeys(one for row in report.rows for one in row.silent))


def _mark_text(mark: str, language: Language) -> str:
    return in_language(texts().marks[mark], language)
