"""Reports as tables for a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.energy import EnergyReportData, EnergyRow
from reports.energy_columns import COLUMNS, energies, percent
from reports.texts import Language, in_language, note_text, texts


def energy_table(report: EnergyReportData, language: Language) -> RenderableType:
    """The energy report as a table with its notes below."""
    catalogue = texts()
    title = in_language(catalogue.titles["energy"], language)
    title = title.format(site=report.site_name[language], period=report.period)
    table = Table(title=Text(title), title_justify="left", show_footer=False)
    for key in COLUMNS:
        heading = Text(in_language(catalogue.columns[key], language))
        table.add_column(heading, justify="left" if key == "period" else "right")
    unknown = in_language(catalogue.words["unknown"], language)
    for row in report.rows:
        table.add_row(*_cells(row.period, row, unknown))
    table.add_section()
    total = in_language(catalogue.words["total"], language)
    table.add_row(*_cells(total, report.total, unknown), style="bold")
    notes = [Text(f"* {note_text(note, language)}") for note in report.notes]
    revision = in_language(catalogue.words["revision"], language)
    return Group(table, *notes, Text(f"{revision}: {report.revision} ({report.timezone})"))


def _cells(name: str, row: EnergyRow, unknown: str) -> list[Text]:
    figures = [unknown if energy is None else f"{energy / 1000:,.1f}" for energy in energies(row)]
    shares = [percent(row.missing_share), percent(row.recovered_share)]
    return [Text(cell) for cell in (name, *figures, *shares)]
