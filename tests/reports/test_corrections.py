"""What two makings of a report differ in."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given

from device_configs.quantities import Label
from reports.corrections import Change, What, changes
from reports.document import Report, Sheet
from reports.forms import Form
from reports.render_json import canonical, from_json
from tests.reports.days import COLUMNS, november
from tests.reports.some_reports import reports


@given(reports())
def test_nothing_differs_from_itself_read_again(report: Report) -> None:
    import json

    again = replace(from_json(json.loads(canonical(report))), made_at_ms=report.made_at_ms + 1)
    assert changes(report, again) == ()


def test_a_cell_is_named_with_both_values() -> None:
    old = november(["2026-11-01", 1000, Fraction(100, 3), None], ["2026-11-02", 5, 6, 7])
    new = november(["2026-11-01", 1500, Fraction(50), 0], ["2026-11-02", 5.0, 6, 7])
    assert changes(old, new) == (
        Change(What.CELL, "days", "2026-11-01", "amount", Form.ENERGY, 1000, 1500),
        Change(What.CELL, "days", "2026-11-01", "cost", Form.MONEY, Fraction(100, 3), Fraction(50)),
        Change(What.CELL, "days", "2026-11-01", "change", Form.CHANGE, None, 0),
    )


def test_rows_are_told_apart_by_name_and_order_in_any_language() -> None:
    def row(zh: str, value: int) -> list[Label | int | None]:
        return [Label(zh=zh, en="Day"), value, None, None]

    old = november(row("甲", 1), row("乙", 2), row("甲", 3))
    new = november(row("甲", 1), row("甲", 4), row("丙", 2))
    assert [(one.what, one.old, one.new) for one in changes(old, new)] == [
        (What.ROW_REMOVED, None, None),
        (What.CELL, 3, 4),
        (What.ROW_ADDED, None, None),
    ]


def test_sheets_columns_and_sources_that_come_and_go() -> None:
    old = november(["2026-11-01", 1, 2, 3])
    less = [replace(row, cells=row.cells[:2]) for row in old.sheets[0].rows]
    [source] = old.sources
    new = replace(
        old,
        sheets=(Sheet("days", COLUMNS[:2], less), Sheet("more", COLUMNS, ())),
        sources=(replace(source, version="2026-07-01"),),
    )
    found = changes(old, new)
    assert [one.what for one in found] == [What.CELL, What.CELL, What.SHEET_ADDED, What.SOURCE]
    assert (found[1].column, found[1].old, found[1].new) == ("change", 3, None)
    assert (found[3].row, found[3].new) == ("m1", "=1+1 2026-07-01 ")
    assert [one.what for one in changes(new, old)][-2:] == [What.SHEET_REMOVED, What.SOURCE]
