"""A report as JSON and back: every figure exact, so that what was issued can be compared.

A whole number or a float is a JSON number, a decimal `{"decimal": "1.50"}`, a fraction
`{"fraction": "1/3"}`, a label `{"zh": ..., "en": ...}`, an unknown null. Figures are in the
stored unit of their column's form. `shown_json` adds the words and figures that people read.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from device_configs.quantities import Label
from reports.document import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Note,
    Report,
    Row,
    Shares,
    Sheet,
    Source,
    SourceKind,
    Weight,
)
from reports.errors import InvalidReportError
from reports.forms import Form, forms
from reports.frame import heading, row_texts, sheet_title, source_texts, title
from reports.periods import Period
from reports.report_texts import note_sentence
from reports.texts import Language, in_language

SCHEMA = 1
"""Of the JSON; goes up when a reader must be changed."""


def to_json(report: Report) -> dict[str, Any]:
    """A report as a value of JSON, without any word of a catalogue."""
    return {
        "schema": SCHEMA,
        "kind": report.kind,
        "site": report.site,
        "site_name": _label(report.site_name),
        "period": {
            "name": report.period.name,
            "start": report.period.start.isoformat(),
            "end": report.period.end.isoformat(),
        },
        "timezone": report.timezone,
        "revision": report.revision,
        "made_at_ms": report.made_at_ms,
        "sheets": [_sheet(one) for one in report.sheets],
        "charts": [
            {"kind": one.kind.value, "sheet": one.sheet, "x": one.x, "series": list(one.series)}
            for one in report.charts
        ],
        "notes": [_note(one) for one in report.notes],
        "sources": [
            {
                "id": one.id,
                "kind": one.kind.value,
                "name": _label(one.name),
                "detail": one.detail,
                "version": one.version,
                "confidence": one.confidence,
            }
            for one in report.sources
        ],
    }


def canonical(report: Report) -> str:
    """The one text of a report, whose hash says that it is still the same."""
    return json.dumps(
        to_json(report),
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def digest(text: str) -> str:
    """SHA-256 of a report's canonical text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def shown_json(report: Report, language: Language) -> dict[str, Any]:
    """A report as JSON with its words, headings and figures as people read them, too."""
    made = to_json(report)
    made["title"] = title(report, language)
    for sheet, found in zip(report.sheets, made["sheets"], strict=True):
        found["title"] = sheet_title(report, sheet, language)
        for column, one in zip(sheet.columns, found["columns"], strict=True):
            unit = forms()[column.form].unit
            one["heading"] = heading(report, column, language)
            one["unit"] = None if unit is None else in_language(unit, language)
            one["divide"] = float(forms()[column.form].divide)
        for row, line in zip(sheet.rows, found["rows"], strict=True):
            line["shown"] = list(row_texts(row, sheet, language))
        for note, one in zip(sheet.notes, found["notes"], strict=True):
            one["text"] = note_sentence(report.kind, note, language)
    for note, one in zip(report.notes, made["notes"], strict=True):
        one["text"] = note_sentence(report.kind, note, language)
    for source, one in zip(report.sources, made["sources"], strict=True):
        one["shown"] = list(source_texts(source, language))
    return made


def from_json(made: Mapping[str, Any]) -> Report:
    """The report that `to_json` or `shown_json` wrote.

    Raises:
        InvalidReportError: it is no report, or one of a later schema.
    """
    if made.get("schema") != SCHEMA:
        raise InvalidReportError(f"a stored report has the unknown schema {made.get('schema')!r}")
    try:
        return _report(made)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidReportError(f"a stored report cannot be read: {error!r}") from error


def _label(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def _note(note: Note) -> dict[str, Any]:
    return {"key": note.key, "values": dict(note.values)}


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "key": sheet.key,
        "columns": [{"key": one.key, "form": one.form.value} for one in sheet.columns],
        "rows": [
            {
                "cells": [_cell(cell) for cell in row.cells],
                "shares": None if row.shares is None else dict(vars(row.shares)),
                "sources": list(row.sources),
                "weight": row.weight.value,
                "depth": row.depth,
            }
            for row in sheet.rows
        ],
        "notes": [_note(one) for one in sheet.notes],
    }


def _cell(cell: Cell) -> Any:
    match cell:
        case Decimal():
            return {"decimal": str(cell)}
        case Fraction():
            return {"fraction": str(cell)}
        case Label():
            return _label(cell)
        case _:
            return cell


def _report(made: Mapping[str, Any]) -> Report:
    zone = ZoneInfo(made["timezone"])
    period = made["period"]
    start, end = (dt.datetime.fromisoformat(period[key]).astimezone(zone) for key in _ENDS)
    return Report(
        made["kind"],
        made["site"],
        Label.model_validate(made["site_name"]),
        Period(period["name"], start, end),
        made["timezone"],
        made["revision"],
        made["made_at_ms"],
        tuple(_read_sheet(one) for one in made["sheets"]),
        tuple(
            Chart(ChartKind(one["kind"]), one["sheet"], one["x"], tuple(one["series"]))
            for one in made["charts"]
        ),
        tuple(_read_note(one) for one in made["notes"]),
        tuple(
            Source(
                one["id"],
                SourceKind(one["kind"]),
                Label.model_validate(one["name"]),
                one["detail"],
                one["version"],
                one["confidence"],
            )
            for one in made["sources"]
        ),
    )


_ENDS = ("start", "end")


def _read_note(made: Mapping[str, Any]) -> Note:
    return Note(made["key"], dict(made["values"]))


def _read_sheet(made: Mapping[str, Any]) -> Sheet:
    return Sheet(
        made["key"],
        tuple(Column(one["key"], Form(one["form"])) for one in made["columns"]),
        tuple(
            Row(
                tuple(_read_cell(cell) for cell in one["cells"]),
                None if one["shares"] is None else Shares(**one["shares"]),
                tuple(one["sources"]),
                Weight(one["weight"]),
                one["depth"],
            )
            for one in made["rows"]
        ),
        tuple(_read_note(one) for one in made["notes"]),
    )


def _read_cell(made: Any) -> Cell:
    if isinstance(made, dict):
        if "decimal" in made:
            return Decimal(made["decimal"])
        if "fraction" in made:
            return Fraction(made["fraction"])
        return Label.model_validate(made)
    if made is None or (isinstance(made, int | float | str) and not isinstance(made, bool)):
        return made
    raise ValueError(f"{made!r} is no cell")
