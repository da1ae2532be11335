"""A report is the same after it was JSON."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given

from device_configs.quantities import Label
from reports.document import Cell, Report
from reports.errors import InvalidReportError
from reports.render_json import canonical, digest, from_json, shown_json, to_json
from reports.texts import Language
from tests.reports.days import daily as daily
from tests.reports.days import november
from tests.reports.some_reports import reports


@given(reports())
def test_a_report_is_the_same_after_it_was_json(report: Report) -> None:
    text = canonical(report)
    again = from_json(json.loads(text))
    assert again == report
    assert [type(cell) for sheet in again.sheets for row in sheet.rows for cell in row.cells] == [
        type(cell) for sheet in report.sheets for row in sheet.rows for cell in row.cells
    ]
    assert digest(canonical(again)) == digest(text)


def test_every_kind_of_figure_keeps_its_digits() -> None:
    cells: list[Cell] = [3, 0.1, Decimal("1.50"), Fraction(1, 3), "x", Label(zh="甲", en="A"), None]
    found = to_json(november(cells))["sheets"][0]["rows"][0]["cells"]
    assert found == [
        3, 0.1, {"decimal": "1.50"}, {"fraction": "1/3"}, "x", {"zh": "甲", "en": "A"}, None,
    ]  # fmt: skip


@pytest.mark.usefixtures("daily")
def test_shown_says_it_as_people_read_it_and_is_still_the_report() -> None:
    report = november(["2026-11-01", 1500, Fraction(50), None])
    found = shown_json(report, Language.EN)
    assert found["title"] == "Energy by day: Town, 2026-11"
    sheet = found["sheets"][0]
    assert [one["heading"] for one in sheet["columns"]] == [
        "Day", "Energy [kWh]", "Cost [yuan]", "Change [%]",
    ]  # fmt: skip
    assert sheet["rows"][0]["shown"] == ["2026-11-01", "1.5", "0.50", "—"]
    assert sheet["notes"][0]["text"] == "At 0.3333 yuan/kWh."
    assert from_json(found) == report


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "unknown schema 2"),
        ({"period": {}}, "cannot be read"),
        ({"sheets": [{"key": "days", "columns": [], "rows": [{"cells": [True]}]}]}, "is no cell"),
    ],
)
def test_what_is_no_report_is_refused(change: dict[str, object], said: str) -> None:
    made = to_json(november(["2026-11-01", 1, 2, 3]))
    with pytest.raises(InvalidReportError, match=said):
        from_json(made | change)
