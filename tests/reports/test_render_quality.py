"""The quality report as CSV and as a table."""

import csv
import datetime as dt
import io

import pytest
from rich.console import Console

from reports.quality import By, Figures, QualityReportData, QualityRow
from reports.quality_columns import share
from reports.render_quality import quality_csv, quality_table
from reports.texts import Language

FIGURES = Figures(
    1, 0.99999, 0.5, 1, 99, 100, {"future": 2, "out_of_range": 1}, {"no_answer": 7}, 1440, 30
)
REPORT = QualityReportData(
    By.DEVICE,
    dt.date(2026, 11, 23),
    dt.date(2026, 11, 24),
    "Asia/Shanghai",
    1_795_363_200_000,
    (
        QualityRow("m1", {"zh": "总表", "en": "=Main"}, FIGURES, {}),
        QualityRow("new", {"zh": "新表", "en": "New"}, None, {}),
    ),
    FIGURES,
)


def test_csv_has_every_row_and_leaves_the_unknown_empty() -> None:
    text = quality_csv(REPORT, Language.EN)
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0][:5] == ["Device", "Name", "Devices", "Completeness [%]", "Online [%]"]
    assert rows[1] == [
        "m1", "'=Main", "1", "99.99", "50.00", "1", "99", "100", "30",
        "future 2; out_of_range 1", "no_answer 7",
    ]  # fmt: skip
    assert rows[2] == ["new", "New", "0", *[""] * 8]
    assert rows[3][0] == "Total"
    assert rows[-1] == ["Figures until", "2026-11-23T00:00:00+08:00"]


@pytest.mark.parametrize("by", list(By))
def test_the_headings_fit_the_rows(by: By) -> None:
    report = QualityReportData(
        by, REPORT.first, REPORT.last, REPORT.timezone, None, REPORT.rows, None
    )
    for language in Language:
        text = quality_csv(report, language).removeprefix("\ufeff")
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows[:4]}) == 1


def test_the_table_names_the_site_and_until_when_it_holds() -> None:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(quality_table(REPORT, {"zh": "行政中心", "en": "Centre"}, Language.ZH))
    text = capture.get()
    assert "行政中心" in text
    assert "99.99" in text
    assert "2026-11-23T00:00:00+08:00" in text


def test_only_what_is_whole_reads_as_a_hundred() -> None:
    assert [share(one) for one in (1.0, 0.999999, 0.0, 0.57)] == [
        "100.00", "99.99", "0.00", "57.00",
    ]  # fmt: skip
