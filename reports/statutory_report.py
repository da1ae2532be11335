"""The statutory sheet of public institutions, half-year or year, with its checks."""

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction

import sqlalchemy as sa

from device_configs.entered import load_entered
from device_configs.factors import load_factors
from device_configs.quantities import Label
from device_configs.statutory import (
    InstitutionsFile,
    StatutorySheet,
    load_institutions,
    statutory_sheet,
)
from records.engine import reading
from reports.asked import Asked
from reports.document import Cell, Column, Note, Report, Row, Sheet, Source, SourceKind
from reports.errors import InvalidPeriodError, UnreadableDatabaseError
from reports.forms import Form
from reports.meter_sources import meter_sources
from reports.paid import paid
from reports.periods import Period
from reports.report_texts import report_texts
from reports.statutory import Basis, Figure, Finding, Value, checked, values

KIND = "statutory"
_SHEET = "sheet"
_FIELDS = (
    Column("section", Form.TEXT),
    Column("field", Form.TEXT),
    Column("unit", Form.TEXT),
    Column("value", Form.NUMBER),
    Column("text", Form.TEXT),
    Column("before", Form.NUMBER),
    Column("change", Form.CHANGE),
    Column("explanation", Form.TEXT),
)
_CHECKS = (
    Column("check", Form.TEXT),
    Column("result", Form.TEXT),
    Column("figures", Form.TEXT),
)


def make(asked: Asked) -> Report:
    """Make the statutory sheet of a site; blocks.

    Raises:
        InvalidPeriodError: the period is neither a half-year nor a year.
        InvalidConfigError: a file that it is made with is wrong.
        UnreadableDatabaseError: the database cannot be read.
    """
    if not _half_or_year(asked.period):
        raise InvalidPeriodError(
            f"the statutory sheet is of a half-year (2026-H1) or a year, not of {asked.period.name}"
        )
    sheet, estate = statutory_sheet(), asked.estate
    file = load_institutions(asked.folder, frozenset(estate.sites), frozenset(estate.devices))
    basis = _basis(asked, file)
    earlier = asked.period.year_before()
    try:
        with reading(asked.engine) as connection:
            now, before = (
                values(
                    connection,
                    sheet,
                    basis,
                    asked.site,
                    one,
                    asked.now_ms,
                    paid(connection, asked, one, basis.entered),
                )
                for one in asked.through((asked.period, earlier), 0.0, 0.9)
            )
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error
    explained = {
        one.field: one.text
        for one in file.explanations
        if (one.site, one.period) == (asked.site, asked.period.name)
    }
    found = checked(sheet, now, before, frozenset(explained))
    return Report(
        KIND,
        asked.site,
        estate.sites[asked.site].name,
        asked.period,
        estate.timezone.key,
        asked.revision,
        asked.now_ms,
        [_fields(sheet, now, before, explained), _checks(sheet, found)],
        notes=_notes(asked, sheet, now, found),
        sources=_sources(asked, sheet, now, explained),
    )


def _half_or_year(period: Period) -> bool:
    first, after = period.start.date(), period.end.date()
    months = (after.year - first.year) * 12 + after.month - first.month
    return period.of_whole_months and (first.month, months) in ((1, 6), (7, 6), (1, 12))


def _basis(asked: Asked, file: InstitutionsFile) -> Basis:
    estate = asked.estate
    return Basis(
        estate,
        load_factors(asked.folder),
        load_entered(asked.folder, frozenset(estate.sites)),
        file.institutions.get(asked.site),
        dt.datetime.fromtimestamp(asked.now_ms / 1000, estate.timezone).date(),
    )


def _fields(
    sheet: StatutorySheet,
    now: Mapping[str, Value],
    before: Mapping[str, Value],
    explained: Mapping[str, str],
) -> Sheet:
    words = report_texts(KIND).rows
    rows = []
    for name, field in sheet.fields.items():
        value, earlier = now[name], before[name].figure
        change = None
        if isinstance(value.figure, Fraction) and isinstance(earlier, Fraction) and earlier:
            change = value.figure / earlier - 1
        text: Cell = value.figure if isinstance(value.figure, str) else None
        if value.figure is None:
            text = words["unknown" if value.meters else "not_filled_in"]
        cells: list[Cell] = [
            words[f"section_{field.section}"], field.label, field.unit,
            _number(value.figure), text, _number(earlier), change, explained.get(name, ""),
        ]  # fmt: skip
        rows.append(Row(cells, value.shares, [_SHEET, *(f"meter {one}" for one in value.meters)]))
    return Sheet("fields", _FIELDS, rows)


def _number(figure: Figure) -> Fraction | None:
    return figure if isinstance(figure, Fraction) else None


def _checks(sheet: StatutorySheet, found: list[Finding]) -> Sheet:
    words = report_texts(KIND).rows
    results = {True: words["good"], False: words["bad"], None: words["not_checked"]}
    rows = [
        Row([sheet.checks[one.check].label, results[one.good], one.detail], sources=[_SHEET])
        for one in found
    ]
    return Sheet("checks", _CHECKS, rows)


def _notes(
    asked: Asked, sheet: StatutorySheet, now: Mapping[str, Value], found: list[Finding]
) -> list[Note]:
    notes = [Note("confidence", {"confidence": sheet.confidence})]
    empty = sum(1 for one in now.values() if one.figure is None)
    if empty:
        notes.append(Note("not_filled_in", {"count": str(empty)}))
    bad = sum(1 for one in found if one.good is False)
    if bad:
        notes.append(Note("checks_failed", {"count": str(bad)}))
    if asked.is_running:
        notes.append(Note("period_running"))
    return notes


def _sources(
    asked: Asked, sheet: StatutorySheet, now: Mapping[str, Value], explained: Mapping[str, str]
) -> list[Source]:
    title = report_texts(KIND).title
    found = [Source(_SHEET, SourceKind.RULE, title, sheet.source, "", sheet.confidence)]
    devices = sorted({meter for value in now.values() for meter in value.meters})
    found += meter_sources(asked.estate, devices, asked.revision)
    for name, text in sorted(explained.items()):
        label = Label(zh=name, en=name)
        found.append(Source(f"explanation {name}", SourceKind.PERSON, label, text))
    return found
