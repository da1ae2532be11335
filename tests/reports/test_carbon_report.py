"""The carbon report, from intervals to the last cell."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.faults import InvalidConfigError
from device_configs.quantities import Label
from ingest.interval_tables import Series
from reports import carbon_report
from reports.asked import asked_for
from reports.document import Cell, Report, Sheet
from reports.forms import Form, exact
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, fill, ledger, ms

DOC = Path(__file__).resolve().parents[2] / "docs/reports/carbon.md"
GRID, ROOMS = Series("m1", "active_energy_import"), Series("m2", "active_energy_import")
GAS = Series("g1", "volume_total")
DAYS = [f"2022-12-{n:02d}" for n in range(1, 32)] + [f"2023-01-{n:02d}" for n in range(1, 32)]


def compound() -> Estate:
    dormitory = {"role": "submeter", "of": "m1", "outside_boundary": "dormitory"}
    return estate(
        {"c1": None},
        [
            device("m1", "electricity_meter", "c1", role="grid"),
            device("m2", "electricity_meter", "c1", metering=dormitory),
            device("g1", "gas_meter", "c1", role="grid", points=["volume_total"]),
        ],
    )


def report(
    town: Estate, engine: sa.Engine, period: str, folder: Path | None = None,
    now: str = "2026-01-05 08:00", site: str = "c1",
) -> Report:  # fmt: skip
    asked = asked_for(town, folder, engine, site, period, now_ms=ms(now), revision=REVISION)
    return carbon_report.make(asked)


def text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Label):
        return cell.en
    if isinstance(cell, str):
        return cell
    return f"{exact(cell, Form.NUMBER).normalize():f}"


def column(sheet: Sheet, key: str) -> list[Cell]:
    place = [one.key for one in sheet.columns].index(key)
    return [row.cells[place] for row in sheet.rows]


def documented(first: str) -> list[list[str]]:
    """The rows of the table whose heading begins so, numbers without idle zeros."""
    lines = DOC.read_text(encoding="utf-8").splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    rows = []
    for line in lines[begin:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows.append([f"{Decimal(c).normalize():f}" if c[-1:].isdigit() and c[0].isdigit()
                     and "-" not in c else c for c in cells])  # fmt: skip
    return rows


def rows_of(sheet: Sheet, keys: Sequence[str]) -> list[list[str]]:
    return [list(cells) for cells in zip(*([text(one) for one in column(sheet, key)]
                                           for key in keys), strict=True)]  # fmt: skip


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Report:
    engine = ledger()
    for day in DAYS:
        fill(engine, GRID, day, 10_000)
        fill(engine, ROOMS, day, 1_000)
        fill(engine, GAS, day, 125)
    folder = tmp_path_factory.mktemp("estate")
    (folder / "consumption.yaml").write_text(
        "consumption:\n"
        "  - {site: c1, month: 2022-12, carrier: gasoline, amount: 100, unit: L, by: Li}\n"
    )
    return report(compound(), engine, "2022-12-01..2023-01-31", folder)


def test_the_worked_example_is_what_the_document_says(example: Report) -> None:
    sheet = example.sheet("carriers")
    keys = ("carrier", "amount", "unit", "factor", "value", "carbon")
    assert rows_of(sheet, keys)[:-1] == documented("carrier")
    assert rows_of(example.sheet("months"), ("month", "scope_1", "scope_2", "carbon")) == (
        documented("month")
    )


def test_every_figure_names_its_factor_and_its_meters(example: Report) -> None:
    ids = {one.id for one in example.sources}
    assert {"grid_jiangsu@2022", "grid_jiangsu@2023", "meter m1", "meter m2", "meter g1"} <= ids
    assert {one.confidence for one in example.sources if one.id.startswith("grid_")} == {"V"}
    assert "entered 1" in ids


def test_a_factor_of_another_year_is_said(example: Report) -> None:
    engine = ledger()
    fill(engine, GRID, "2026-01-02", 1_000)
    fill(engine, ROOMS, "2026-01-02", 0)
    found = report(compound(), engine, "2026-01-02")
    values = [one.values for one in found.notes if one.key == "factor_of_year"]
    assert [(one["data"], one["year"]) for one in values] == [("2023", "2026")]
    assert not [one for one in example.notes if one.key == "factor_of_year"
                and one.values["data"] == "2023"]  # fmt: skip


def test_a_factor_that_was_not_yet_published_is_not_used(tmp_path: Path) -> None:
    engine = ledger()
    fill(engine, GRID, "2024-03-01", 1_000)
    fill(engine, ROOMS, "2024-03-01", 0)
    before = report(compound(), engine, "2024-03-01", now="2025-06-01 08:00")
    after = report(compound(), engine, "2024-03-01")
    factors = [column(one.sheet("carriers"), "value")[0] for one in (before, after)]
    assert factors == [Decimal("0.5978"), Decimal("0.5827")]
    (tmp_path / "factors.yaml").write_text("data_years: {2024: 2021}\n")
    assigned = report(compound(), engine, "2024-03-01", tmp_path)
    assert column(assigned.sheet("carriers"), "value")[0] == Decimal("0.6451")


def test_unknown_is_not_zero() -> None:
    engine = ledger()
    fill(engine, GRID, "2026-01-02", 1_000)
    found = report(compound(), engine, "2026-01-02")
    # The dormitory is unknown, so what is to be taken off is; gas has a meter and no data.
    assert column(found.sheet("carriers"), "carbon") == [None, None, None]
    assert column(found.sheet("months"), "carbon")[-1] is None
    assert "unknown_carriers" in {one.key for one in found.notes}


def test_a_wrong_factor_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "factors.yaml").write_text("use:\n  carbon:\n    electricity: grid_jiangsv\n")
    with pytest.raises(InvalidConfigError, match=r"factors.yaml:3: .*did you mean"):
        report(compound(), ledger(), "2026-01-02", tmp_path)


def test_branches_add_up_to_the_whole() -> None:
    town = estate(
        {"c1": None, "c2": None},
        [
            device("m1", "electricity_meter", "c1", role="grid"),
            device("m3", "electricity_meter", "c2", role="grid"),
        ],
    )
    engine = ledger()
    fill(engine, GRID, "2026-01-02", 1_234)
    fill(engine, Series("m3", "active_energy_import"), "2026-01-02", 777)
    carbon = column(report(town, engine, "2026-01-02", site="town").sheet("branches"), "carbon")
    first, second, whole = (one for one in carbon if isinstance(one, Fraction))
    assert first + second == whole > 0


def test_a_year_with_holes_is_not_held_against_a_target_or_another_year(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("use: jiangsu_14th\nbase: {carbon_per_m2: 40}\n")
    engine = ledger()
    for year in ("2024", "2025"):
        fill(engine, GRID, f"{year}-05-01", 1_000)
        fill(engine, ROOMS, f"{year}-05-01", 0)
        fill(engine, GAS, f"{year}-05-01", 1)
    found = report(compound(), engine, "2025", tmp_path)
    assert column(found.sheet("targets"), "change") == [None]
    assert column(found.sheet("branches"), "change") == [None]
    assert "not_comparable" in {one.key for one in found.notes}
    day = report(compound(), engine, "2025-05-01", tmp_path)
    assert column(day.sheet("branches"), "change") == [Fraction(0)]
