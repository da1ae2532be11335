"""The statutory sheet, from files and intervals to the last cell."""

from fractions import Fraction
from pathlib import Path

import pytest

from device_configs.estate import Estate
from device_configs.quantities import Label
from device_configs.statutory import statutory_sheet
from ingest.interval_tables import Series
from reports import statutory_report
from reports.asked import asked_for
from reports.document import Report
from reports.errors import InvalidPeriodError
from reports.forms import Form, exact, shown
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, fill, ledger, ms

DOC = Path(__file__).resolve().parents[2] / "docs/reports/statutory.md"
INSTITUTION = """
institutions:
  c1: {name: 机关, credit_code: 91350100M000100Y43, fuel_vehicles: 3, data_centre_meters: [m2]}
"""
EXPLAINED = """explanations:
  - {site: c1, period: 2026-H1, field: electricity, text: two floors let, by: Li}
"""
CONSUMPTION = """
consumption:
  - {site: c1, month: 2026-03, carrier: gasoline, amount: 100, unit: L, cost: 790, by: Li}
  - {site: c1, month: 2026-04, carrier: diesel, amount: 84, unit: kg, by: Li}
  - {site: c1, month: 2026-07, carrier: diesel, amount: 1, unit: kg, by: Li}
"""


def town() -> Estate:
    return estate(
        {"c1": None},
        [
            device("m1", "electricity_meter", "c1", role="grid"),
            device("m2", "electricity_meter", "c1", role="submeter", of="m1"),
        ],
    )


def sheet_of(folder: Path, period: str = "2026-H1") -> Report:
    engine = ledger()
    for day in ("2026-02-01", "2026-02-02"):
        fill(engine, Series("m1", "active_energy_import"), day, 1_000)
        fill(engine, Series("m2", "active_energy_import"), day, 250)
    fill(engine, Series("m1", "active_energy_import"), "2025-02-01", 625)
    asked = asked_for(
        town(), folder, engine, "c1", period, now_ms=ms("2026-12-01 00:00"), revision=REVISION
    )
    return statutory_report.make(asked)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "institutions.yaml").write_text(INSTITUTION, encoding="utf-8")
    (tmp_path / "consumption.yaml").write_text(CONSUMPTION)
    return tmp_path


def rows(report: Report) -> dict[str, tuple[object, ...]]:
    names = list(statutory_sheet().fields)
    return {
        name: tuple(row.cells) for name, row in zip(names, report.sheet("fields").rows, strict=True)
    }


def number(cell: object, form: Form = Form.NUMBER) -> str:
    if cell is None:
        return "—"
    assert isinstance(cell, Fraction)
    return shown(cell, form) if form is Form.CHANGE else f"{exact(cell, form).normalize():f}"


def test_the_worked_example_is_what_the_document_says(folder: Path) -> None:
    found = rows(sheet_of(folder))
    lines = [
        f"| {name} | {number(found[name][3])} | {number(found[name][5])} | "
        f"{number(found[name][6], Form.CHANGE)} |"
        for name in ("electricity", "gasoline", "diesel", "data_centre_electricity")
    ]
    text = DOC.read_text(encoding="utf-8")
    assert [line for line in lines if line not in text] == []


def results(report: Report) -> dict[str, str]:
    names = list(statutory_sheet().checks)
    found = {}
    for name, row in zip(names, report.sheet("checks").rows, strict=True):
        assert isinstance(row.cells[1], Label)
        found[name] = row.cells[1].en
    return found


def test_checks_tell_good_from_bad_from_not_known(folder: Path) -> None:
    found = results(sheet_of(folder))
    assert found["electricity_change"] == "not good"
    assert found["data_centre_within_electricity"] == "good"
    assert found["parts_of_vehicles"].startswith("not checked")
    (folder / "institutions.yaml").write_text(INSTITUTION + EXPLAINED, encoding="utf-8")
    again = sheet_of(folder)
    assert results(again)["electricity_change"] == "good"
    assert rows(again)["electricity"][7] == "two floors let"


def test_what_is_not_filled_in_is_not_zero(folder: Path) -> None:
    found = rows(sheet_of(folder))
    assert found["heat"][3] is None
    assert isinstance(found["heat"][4], Label)
    assert found["heat"][4].en == "not filled in"
    assert found["credit_code"][4] == "91350100M000100Y43"


def test_it_is_of_a_half_year_or_a_year(folder: Path) -> None:
    assert rows(sheet_of(folder, "2026"))["diesel"][3] == Fraction(85) / Fraction("0.84")
    for period in ("2026-Q1", "2026-02", "2026-W10", "2026-02-01..2026-07-31"):
        with pytest.raises(InvalidPeriodError, match="half-year"):
            sheet_of(folder, period)


def test_a_bill_of_a_metered_site_is_no_further_amount(folder: Path) -> None:
    line = (
        "{site: c1, month: 2026-02, carrier: electricity, amount: 190, unit: kWh, cost: 150, "
        "by: Li}"
    )
    (folder / "consumption.yaml").write_text(f"{CONSUMPTION}  - {line}\n")
    found = rows(sheet_of(folder))
    assert found["electricity"][3] == 192
    assert found["electricity_cost"][3] == 150
