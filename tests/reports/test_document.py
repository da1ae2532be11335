"""A report cannot be put together wrongly."""

import pytest

from device_configs.quantities import Label
from reports.document import (
    Chart,
    ChartKind,
    Column,
    Report,
    Row,
    Sheet,
    Source,
    SourceKind,
)
from reports.forms import Form
from reports.periods import parse_period
from tests.reports.test_periods import SHANGHAI

NAME = Label(zh="示例", en="Example")
COLUMNS = (Column("period", Form.TEXT), Column("energy", Form.ENERGY))


def report(
    rows: list[Row], sources: list[Source] | None = None, chart: Chart | None = None
) -> Report:
    return Report(
        "example", "demo", NAME, parse_period("2026-11", SHANGHAI), "Asia/Shanghai", "r1", 0,
        [Sheet("days", COLUMNS, rows)], [chart] if chart else [], (), sources or [],
    )  # fmt: skip


def test_a_row_has_a_cell_for_each_column() -> None:
    with pytest.raises(ValueError, match="sheet days: a row of 1 cells, 2 columns"):
        Sheet("days", COLUMNS, [Row(["2026-11-01"])])


def test_what_a_row_comes_from_is_named() -> None:
    row = Row(["2026-11-01", 5], sources=["m1"])
    with pytest.raises(ValueError, match="'m1'"):
        report([row])
    meter = Source("m1", SourceKind.METER, NAME)
    assert report([row], [meter]).sheet("days").rows == [row]
    with pytest.raises(ValueError, match="twice"):
        report([row], [meter, meter])


def test_a_chart_draws_columns_that_are_there() -> None:
    with pytest.raises(ValueError, match="cost"):
        report([], chart=Chart(ChartKind.BAR, "days", "period", ["cost"]))
    with pytest.raises(KeyError):
        report([], chart=Chart(ChartKind.BAR, "months", "period", ["energy"]))
