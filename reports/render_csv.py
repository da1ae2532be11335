"""Reports as CSV: RFC 4180, UTF-8 with a byte order mark, safe to open in a spreadsheet.

Without the mark, spreadsheets on Chinese Windows read UTF-8 as GBK and show garbage.
"""

import csv
import io
from collections.abc import Iterable

from reports.energy import EnergyReportData, EnergyRow
from reports.energy_columns import COLUMNS, energies, exact_kwh, percent
from reports.texts import Language, in_language, note_text, texts

BYTE_ORDER_MARK = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


Cell = str | float | None


def table_csv(header: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    """A plain table as CSV, the mark included; texts are safe in a spreadsheet, None is empty."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(safe_text(cell) if isinstance(cell, str) else cell for cell in row)
    return BYTE_ORDER_MARK + out.getvalue()


def energy_csv(report: EnergyReportData, language: Language) -> str:
    """The energy report as CSV, the mark included: one line a period, the total, then the notes.

    Energies are in kWh with every digit, so that a column adds up to its total; an unknown one is
    an empty cell.
    """
    catalogue = texts()
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(in_language(catalogue.columns[key], language) for key in COLUMNS)
    for row in report.rows:
        writer.writerow(_cells(row.period, row))
    writer.writerow(_cells(in_language(catalogue.words["total"], language), report.total))
    writer.writerow([])
    facts = {
        "site": report.site_name[language],
        "timezone": report.timezone,
        "revision": report.revision,
        "meters": " ".join(report.meters),
    }
    for key, text in facts.items():
        writer.writerow([in_language(catalogue.words[key], language), safe_text(text)])
    for note in report.notes:
        word = in_language(catalogue.words["note"], language)
        writer.writerow([word, safe_text(note_text(note, language))])
    return BYTE_ORDER_MARK + out.getvalue()


def _cells(name: str, row: EnergyRow) -> list[str]:
    figures = ["" if energy is None else exact_kwh(energy) for energy in energies(row)]
    shares = [percent(row.missing_share), percent(row.recovered_share)]
    return [safe_text(name), *figures, *shares]
