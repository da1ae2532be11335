"""What has changed between two makings of one report, cell by cell."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from device_configs.quantities import Label
from reports.document import Cell, Report, Row, Sheet
from reports.forms import Form


class What(StrEnum):
    """What a change is of."""

    CELL = "cell"
    ROW_ADDED = "row_added"
    ROW_REMOVED = "row_removed"
    SHEET_ADDED = "sheet_added"
    SHEET_REMOVED = "sheet_removed"
    SOURCE = "source"
    """A source is another: a new version of a factor or tariff, a meter more or less."""


@dataclass(frozen=True)
class Change:
    """One difference; the older value, then the newer."""

    what: What
    sheet: str = ""
    row: Cell = None
    """The first cell of the row; the id of a source."""
    column: str = ""
    form: Form = Form.TEXT
    old: Cell = None
    new: Cell = None


def changes(old: Report, new: Report) -> tuple[Change, ...]:
    """Every difference in what is stated; when it was made and notes are none.

    Rows are the same where their first cells and depths are, in their order.
    """
    before, after = _by_key(old), _by_key(new)
    found: list[Change] = []
    for key, sheet in before.items():
        if key in after:
            found += _in_sheet(sheet, after[key])
        else:
            found.append(Change(What.SHEET_REMOVED, key))
    found += [Change(What.SHEET_ADDED, key) for key in after if key not in before]
    return (*found, *_sources(old, new))


def _by_key(report: Report) -> Mapping[str, Sheet]:
    return {sheet.key: sheet for sheet in report.sheets}


def _in_sheet(old: Sheet, new: Sheet) -> Iterator[Change]:
    before, after = _rows(old.rows), _rows(new.rows)
    places = {column.key: place for place, column in enumerate(new.columns)}
    for key, row in before.items():
        name = row.cells[0] if row.cells else None
        if (other := after.get(key)) is None:
            yield Change(What.ROW_REMOVED, old.key, name)
            continue
        for place, column in enumerate(old.columns):
            at = places.get(column.key)
            cell = None if at is None else other.cells[at]
            if row.cells[place] != cell:
                yield Change(
                    What.CELL, old.key, name, column.key, column.form, row.cells[place], cell
                )
        known = {column.key for column in old.columns}
        for column in new.columns:
            if column.key not in known and (cell := other.cells[places[column.key]]) is not None:
                yield Change(What.CELL, old.key, name, column.key, column.form, None, cell)
    for key, row in after.items():
        if key not in before:
            yield Change(What.ROW_ADDED, old.key, row.cells[0] if row.cells else None)


def _rows(rows: Sequence[Row]) -> Mapping[tuple[object, ...], Row]:
    """Rows by what they are of; those of one name are told apart by their order."""
    seen: Counter[tuple[object, ...]] = Counter()
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        first = row.cells[0] if row.cells else None
        key = (("zh", first.zh) if isinstance(first, Label) else first, row.depth)
        seen[key] += 1
        found[(*key, seen[key])] = row
    return found


def _sources(old: Report, new: Report) -> Iterator[Change]:
    before = {one.id: one for one in old.sources}
    after = {one.id: one for one in new.sources}
    for key in sorted(before.keys() | after.keys()):
        a, b = before.get(key), after.get(key)
        if a != b:
            yield Change(
                What.SOURCE,
                row=key,
                old=None if a is None else " ".join((a.detail, a.version, a.confidence)),
                new=None if b is None else " ".join((b.detail, b.version, b.confidence)),
            )
