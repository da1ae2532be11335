"""Reports as PDF, read again."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from reports.document import Cell, Chart, ChartKind, Column, Report, Sheet
from reports.errors import RenderingError
from reports.forms import Form
from reports.issue import Issue
from reports.render_json import canonical, digest
from reports.render_pdf import pages_of, report_pdf, set_pages, set_pages_apart
from reports.texts import Language
from tests.reports.days import COLUMNS, november
from tests.reports.days import daily as daily

pytestmark = pytest.mark.usefixtures("daily")


def read(report: Report, language: Language = Language.ZH, issue: Issue | None = None) -> PdfReader:
    return PdfReader(io.BytesIO(report_pdf(report, language, issue)))


def long_report(days: int) -> Report:
    rows: list[list[Cell]] = [[f"d{day}", day * 1000, day, None] for day in range(days)]
    chart = Chart(ChartKind.BAR, "days", "day", ("amount",))
    return replace(november(*rows, ["合计", 1, 2, 3]), charts=(chart,))


def test_it_can_be_read_again_in_chinese_on_a4_with_its_font_inside() -> None:
    report = long_report(90)
    found = read(report)
    pages = [page.extract_text() for page in found.pages]
    assert len(pages) > 1
    assert "按日用电：示范镇，2026-11" in pages[0].replace("\n", "")
    for number, text in enumerate(pages, 1):
        assert f"第 {number} 页 共 {len(pages)} 页" in text
        assert digest(canonical(report))[:16] in text
    assert all("用电量（kWh）" in text for text in pages[:2])  # headings are repeated
    whole = "".join(pages)
    assert all(word in whole for word in ("编制", "审核", "批准", "未签发", "单价 0.3333 元/kWh"))
    assert (round(found.pages[0].mediabox.width), round(found.pages[0].mediabox.height)) == (
        595,
        842,
    )
    fonts = found.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert all("NotoSansCJK" in str(one.get_object()["/BaseFont"]) for one in fonts.values())


def test_english_names_the_issue() -> None:
    issue = Issue(7, 2, 1_796_054_400_000, "Li Ming", "f" * 64, replaces=3)
    text = "".join(page.extract_text() for page in read(long_report(3), Language.EN, issue).pages)
    for word in ("Energy by day: Town, 2026-11", "Issued, version 2", "Li Ming", "#3", "Page 1 of"):
        assert word in text
    assert "f" * 64 in text.replace("\n", "")


def test_no_text_is_taken_for_mark_up() -> None:
    nasty = '#panic("x") *b* $1$ <a> @b \\ // /* "'
    text = read(november([nasty, 1, 2, 3])).pages[0].extract_text()
    assert nasty.replace(" ", "") in text.replace("\n", "").replace(" ", "")


def test_a_wide_sheet_stands_on_a_page_across_and_an_empty_one_says_so() -> None:
    report = november(["2026-11-01", 1, 2, 3])
    wide = Sheet("days", (*COLUMNS, *COLUMNS, *COLUMNS), [])
    found = read(replace(report, sheets=(*report.sheets, wide)), Language.EN)
    across = [page for page in found.pages if page.mediabox.width > page.mediabox.height]
    assert len(across) == 1
    assert "There is nothing in this table." in across[0].extract_text()


def test_a_subscript_is_set_though_the_font_has_none() -> None:
    report = november(["2026-11-01", 1, 2, 3])
    columns = (Column("day", Form.TEXT), Column("amount", Form.CARBON), *COLUMNS[2:])
    text = read(replace(report, sheets=(Sheet("days", columns, report.sheets[0].rows),)))
    assert "kgCO2" in text.pages[0].extract_text().replace("\n", "")


def test_pages_that_cannot_be_set_are_an_error_of_ours() -> None:
    with pytest.raises(RenderingError, match="cannot be set"):
        set_pages("{}")


def test_a_process_of_its_own_sets_the_same_pages() -> None:
    pages = pages_of(long_report(3), Language.ZH)
    text = PdfReader(io.BytesIO(set_pages_apart(pages))).pages[0].extract_text()
    assert "按日用电" in text.replace("\n", "")
    with pytest.raises(RenderingError, match="cannot be set"):
        set_pages_apart("{}")


def test_pages_larger_than_a_pipe_are_set_by_a_process_that_starts_slowly() -> None:
    pages = pages_of(long_report(800), Language.ZH)
    assert len(pages) > 100_000
    found = PdfReader(io.BytesIO(set_pages_apart(pages)))
    assert len(found.pages) > 10


def test_a_process_that_is_not_wanted_any_more_is_ended() -> None:
    pages = pages_of(long_report(3000), Language.ZH)
    with pytest.raises(RenderingError, match="not set in time"):
        set_pages_apart(pages, ended=lambda: True)
    with pytest.raises(RenderingError, match="not set in time"):
        set_pages_apart(pages, timeout_s=0)
