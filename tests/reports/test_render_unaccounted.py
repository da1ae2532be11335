"""The balances as CSV and as a table."""

import csv
import io

from rich.console import Console

from reports import unaccounted_report
from reports.render_unaccounted import unaccounted_csv, unaccounted_table
from reports.texts import Language, texts
from reports.unaccounted_report import NodeKind, UnaccountedReportData, UnaccountedRow

TOP = UnaccountedRow(
    "centre", NodeKind.SITE, {"zh": "行政中心", "en": "=Centre"}, None, 0,
    ("grid",), ("floor",), (), 1_200_000.0, 1_000_000.5, 199_999.5, 0.166666, 0.25, 0.0,
    ("above_limit", "partly_known"),
)  # fmt: skip
BELOW = UnaccountedRow(
    "floor", NodeKind.METER, {"zh": "一层", "en": "Floor"}, "centre", 1,
    ("floor",), ("pump",), ("pump",), None, None, None, None, 1.0, 0.0, ("nothing_known",),
)  # fmt: skip
REPORT = UnaccountedReportData(
    "centre", {"zh": "行政中心", "en": "Centre"}, "2026-11", 0, 1, "Asia/Shanghai", "abc", 0.1,
    (TOP, BELOW), ("period_running",),
)  # fmt: skip


def test_csv_has_a_line_a_node_and_leaves_the_unknown_empty() -> None:
    text = unaccounted_csv(REPORT, Language.EN)
    found = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert found[0][3:] == [
        "Flowed in [kWh]", "Sub-meters together [kWh]", "Difference [kWh]", "Difference [%]",
        "Data missing [%]", "Estimated [%]", "Marks",
    ]  # fmt: skip
    assert found[1][:9] == [
        "centre", "'=Centre", "", "1200", "1000.0005", "199.9995", "16.67", "25.00", "0.00",
    ]  # fmt: skip
    assert found[1][9].startswith("More than the limit is unaccounted for.")
    assert found[2][:9] == ["floor", "Floor", "centre", "", "", "", "", "100.00", ""]
    assert ["Marked above [%]", "10.00"] in found
    assert ["Meters without any data", "pump"] in found
    assert found[-1][0] == "Note"


def test_the_table_shows_the_tree_and_explains_its_marks() -> None:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(unaccounted_table(REPORT, Language.ZH))
    text = capture.get()
    assert "  一层" in text
    assert "[1] [2]" in text
    assert "[3] 没有任何时段全部电表都有数据" in text
    assert "—" in text
    assert "abc (Asia/Shanghai)" in text


def test_every_mark_and_note_has_its_text() -> None:
    marks = {
        unaccounted_report.NEGATIVE, unaccounted_report.NEGATIVE_SMALL,
        unaccounted_report.ABOVE_LIMIT, unaccounted_report.PARTLY_KNOWN,
        unaccounted_report.NOTHING_KNOWN, unaccounted_report.ESTIMATED,
    }  # fmt: skip
    assert set(texts().marks) == marks
    assert {unaccounted_report.NO_SUBMETERS, unaccounted_report.RUNNING} <= set(texts().notes)
