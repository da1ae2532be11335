"""Workbooks, opened again."""

import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from device_configs.quantities import Label
from reports.document import Chart, ChartKind, Report, Row, Sheet, Weight
from reports.forms import Form, exact
from reports.issue import Issue
from reports.render_xlsx import number_format, report_xlsx
from reports.texts import Language
from tests.reports.days import COLUMNS, november
from tests.reports.days import daily as daily
from tests.reports.some_reports import reports

pytestmark = pytest.mark.usefixtures("daily")


def opened(
    report: Report, language: Language = Language.ZH, issue: Issue | None = None
) -> Workbook:
    return load_workbook(io.BytesIO(report_xlsx(report, language, issue)))


def test_figures_are_numbers_in_the_unit_of_their_heading() -> None:
    book = opened(november(["2026-11-01", 1234567, 5001, None], ["合计", 1234567, 5001, -0.125]))
    assert book.sheetnames == ["封面", "按日", "来源"]
    sheet = book["按日"]
    assert [sheet.cell(3, column).value for column in range(1, 9)] == [
        "日期", "用电量（kWh）", "电费（元）", "环比（%）",
        "数据缺失（%）", "断点补算（%）", "估算（%）", "来源编号",
    ]  # fmt: skip
    assert [cell.value for cell in sheet[4]] == [
        "2026-11-01", 1234.567, 50.01, "—", 25, 0, 0, "m1",
    ]  # fmt: skip
    assert sheet["B4"].number_format == "#,##0.0"
    assert sheet["D5"].number_format == "+#,##0.0;-#,##0.0;#,##0.0"
    assert sheet["B5"].font.bold
    assert not sheet["B4"].font.bold
    assert sheet.freeze_panes == "B4"
    assert sheet["A7"].value == "* 单价 0.3333 元/kWh。"


def test_where_each_number_comes_from_is_on_the_last_sheet() -> None:
    sheet = opened(november(["2026-11-01", 1, 2, 3]), Language.EN)["Sources"]
    lines = [[cell.value for cell in row][:8] for row in sheet.iter_rows()]
    assert ["m1", "Meter", "Main meter", "=1+1"] in [line[:4] for line in lines]
    assert ["By day", "4 2026-11-01", "m1", "Meter", "Main meter"] in [line[:5] for line in lines]


def test_the_cover_says_what_it_is_and_whether_it_is_issued() -> None:
    def cover(issue: Issue | None) -> dict[str, str]:
        sheet = opened(november(["2026-11-01", 1, 2, 3]), Language.EN, issue)["Cover"]
        return {str(row[0].value): str(row[1].value) for row in sheet.iter_rows()}

    assert cover(None)["Status"] == "Not issued"
    found = cover(Issue(7, 2, 1_796_054_400_000, "Li", "abc", replaces=3))
    assert found["Status"] == "Issued, version 2"
    assert (found["Issued by"], found["Corrects and replaces"]) == ("Li", "#3")
    assert found["Estate revision"] == "r1"
    assert found["SHA-256 of the content"] == "abc"


@given(reports())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_a_formula_and_no_figure_a_text(report: Report) -> None:
    renamed = Sheet("days", COLUMNS, [
        replace(row, cells=(*row.cells, None, None, None, None)[:4])
        for row in report.sheet("days").rows
    ])  # fmt: skip
    made = replace(report, sheets=(renamed,), charts=())
    book = opened(made)
    assert not [
        cell for page in book for line in page.iter_rows() for cell in line if cell.data_type == "f"
    ]
    for line, row in enumerate(renamed.rows, 4):
        for place, (cell, column) in enumerate(zip(row.cells, COLUMNS, strict=True), 1):
            found = book["按日"].cell(line, place)
            if cell is None or isinstance(cell, str | Label):
                assert found.data_type in ("s", "n")  # an empty text is an empty cell
            else:
                assert float(found.value) == pytest.approx(float(exact(cell, column.form)))


def test_charts_draw_the_rows_of_normal_weight() -> None:
    made = november(["2026-11-01", 1, 2, 3], ["2026-11-02", 4, 5, 6], ["合计", 5, 7, 9])
    rows = [*made.sheets[0].rows]
    rows.insert(1, Row(("小计", 1, 2, 3), None, (), Weight.SUBTOTAL))
    chart = Chart(ChartKind.STACKED, "days", "day", ("amount",))
    report = replace(made, sheets=(Sheet("days", COLUMNS, rows),), charts=(chart,))
    sheet = opened(report)["按日"]
    [drawn] = sheet._charts
    [series] = drawn.series
    assert series.val.numRef.f == "('按日'!$B$4:$B$4,'按日'!$B$6:$B$6)"
    assert drawn.grouping == "stacked"


def test_every_form_has_a_format() -> None:
    assert {number_format(form) for form in Form} >= {"General", "#,##0", "#,##0.00"}
