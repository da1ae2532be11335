"""Reports as CSV: exact, and safe in a spreadsheet."""

import csv
import io
from fractions import Fraction

import pytest

from reports.render_sheets_csv import report_csv
from reports.texts import Language
from tests.reports.days import daily as daily
from tests.reports.days import november

pytestmark = pytest.mark.usefixtures("daily")


def test_sheets_stand_one_below_the_other_with_every_digit() -> None:
    report = november(
        ["2026-11-01", 1234567, Fraction(10001, 2), None],
        ["2026-11-02", 1, Fraction(1, 2), -0.125],
        ["合计", 1234568, 5001, 0.5],
    )
    text = report_csv(report, Language.ZH)
    assert text.startswith("\ufeff按日用电：示范镇，2026-11\r\n")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows[2] == ["按日"]
    assert rows[3] == [
        "日期", "用电量（kWh）", "电费（元）", "环比（%）",
        "数据缺失（%）", "断点补算（%）", "估算（%）", "来源编号",
    ]  # fmt: skip
    assert rows[4] == ["2026-11-01", "1234.567", "50.005", "", "25.00", "0.00", "0.00", "m1"]
    assert rows[5][:4] == ["2026-11-02", "0.001", "0.005", "-12.5"]
    assert rows[6][:4] == ["合计", "1234.568", "50.01", "50"]
    assert rows[7] == ["说明", "单价 0.3333 元/kWh。"]
    assert ["数据截至", "2026-12-01 00:00:00+08:00"] in rows
    assert ["m1", "表计", "总表", "'=1+1", "", ""] in rows


def test_no_text_is_a_formula() -> None:
    text = report_csv(november(["=HYPERLINK(1)", 1, 1, 1]), Language.EN)
    assert "\r\n'=HYPERLINK(1),0.001," in text
