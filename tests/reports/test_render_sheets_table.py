"""Reports in a terminal."""

import pytest
from rich.console import Console

from reports.render_sheets_table import report_table
from reports.texts import Language
from tests.reports.days import daily as daily
from tests.reports.days import november

pytestmark = pytest.mark.usefixtures("daily")


def test_it_shows_sheets_units_shares_and_what_it_is_of() -> None:
    report = november(["2026-11-01", 1234567, None, 0.5], ["all", 2, 3, -0.0001])
    console = Console(width=140, color_system=None)
    with console.capture() as capture:
        console.print(report_table(report, Language.EN))
    text = capture.get()
    lines = [" ".join(line.replace("│", " ").split()) for line in text.splitlines()]
    assert "Energy by day: Town, 2026-11" in lines
    assert "2026-11-01 1,234.6 — +50.0 25.00 0.00 0.00" in lines
    assert "all 0.0 0.03 0.0 25.00 0.00 0.00" in lines
    assert "* At 0.3333 yuan/kWh." in lines
    assert "Estate revision: r1" in text
