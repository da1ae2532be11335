"""What every rendering of a report shows alike: its title, its headings, its facts, its cells."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from device_configs.quantities import Label
from device_configs.yaml_file import read_yaml
from reports.document import Cell, Column, Report, Row, Sheet, Source, Weight
from reports.energy_columns import percent
from reports.forms import Form, exact, forms, shown
from reports.report_texts import report_texts
from reports.texts import Language, in_language

_FILE = Path(__file__).with_name("frame.yaml")
SHARES = ("missing", "recovered", "estimated")
"""The shares of a row, as columns after its own."""


@cache
def frame() -> Mapping[str, Label]:
    """The words, read once from `frame.yaml`."""
    return TypeAdapter(dict[str, Label]).validate_python(read_yaml(_FILE).data)


def word(key: str, language: Language) -> str:
    """One of the words around the sheets."""
    return in_language(frame()[key], language)


def title(report: Report, language: Language) -> str:
    """The report's name with its site and period."""
    name = in_language(report_texts(report.kind).title, language)
    site = in_language(report.site_name, language)
    return word("title", language).format(title=name, site=site, period=report.period.name)


def sheet_title(report: Report, sheet: Sheet, language: Language) -> str:
    """The name of a sheet."""
    return in_language(report_texts(report.kind).sheets[sheet.key], language)


def heading(report: Report, column: Column, language: Language) -> str:
    """The heading of a column with its unit."""
    name = in_language(report_texts(report.kind).columns[column.key], language)
    unit = forms()[column.form].unit
    if unit is None:
        return name
    return word("heading", language).format(name=name, unit=in_language(unit, language))


def facts(report: Report, language: Language) -> Sequence[tuple[str, str]]:
    """What the report is of: a word and its value each."""
    first, last = report.period.start.date(), report.period.end.date() - dt.timedelta(days=1)
    made = dt.datetime.fromtimestamp(report.made_at_ms / 1000, ZoneInfo(report.timezone))
    return (
        (word("site", language), in_language(report.site_name, language)),
        (word("period", language), report.period.name),
        (word("days", language), f"{first} – {last}"),
        (word("timezone", language), report.timezone),
        (word("made_at", language), made.isoformat(sep=" ", timespec="seconds")),
        (word("revision", language), report.revision),
    )


def cell_text(cell: Cell, form: Form, language: Language) -> str:
    """A cell as people read it; what is unknown is a dash."""
    if cell is None:
        return word("unknown", language)
    if isinstance(cell, Label):
        return in_language(cell, language)
    return cell if isinstance(cell, str) else shown(cell, form)


def row_texts(row: Row, sheet: Sheet, language: Language) -> Sequence[str]:
    """The cells of a row as people read them; a sum has no name or kind to be unknown."""
    summed = row.weight in (Weight.SUBTOTAL, Weight.TOTAL)
    return tuple(
        "" if cell is None and summed and column.form is Form.TEXT
        else cell_text(cell, column.form, language)
        for cell, column in zip(row.cells, sheet.columns, strict=True)
    )  # fmt: skip


def cell_exact(cell: Cell, form: Form) -> Decimal | None:
    """A figure in the unit people read with all its digits; None for a text or an unknown."""
    return None if cell is None or isinstance(cell, Label | str) else exact(cell, form)


def has_shares(sheet: Sheet) -> bool:
    """Whether a sheet's rows are made of measurements."""
    return any(row.shares is not None for row in sheet.rows)


def share_texts(row: Row) -> Sequence[str]:
    """The shares of a row in per cent, in the order of `SHARES`; empty where it has none."""
    if row.shares is None:
        return ("", "", "")
    found = row.shares
    return tuple(percent(one) for one in (found.missing, found.recovered, found.estimated))


SOURCE_COLUMNS = ("id", "kind", "name", "detail", "version", "confidence")
"""What is said of a source; headings are `source_<key>` of the words."""


def source_texts(source: Source, language: Language) -> Sequence[str]:
    """A source in words, in the order of `SOURCE_COLUMNS`."""
    return (
        source.id,
        word(f"kind_{source.kind.value}", language),
        in_language(source.name, language),
        source.detail,
        source.version,
        source.confidence,
    )
