"""A report for the tests of renderers, routes and commands: energy by day, from the intervals."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device_configs.quantities import Label
from reports import report_texts as texts
from reports.asked import Asked
from reports.document import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Note,
    Report,
    Row,
    Shares,
    Sheet,
    Source,
    SourceKind,
    Weight,
)
from reports.energy import EnergyRow, energy_report
from reports.forms import Form
from reports.makers import MAKERS
from reports.periods import parse_period

TOTAL = Label(zh="合计", en="Total")
COLUMNS = (
    Column("day", Form.TEXT),
    Column("amount", Form.ENERGY),
    Column("cost", Form.MONEY),
    Column("change", Form.CHANGE),
)


def make(asked: Asked) -> Report:
    """Energy by day at a third of a yuan for each kWh."""
    asked.option("tax", "with", ("with", "without"))
    found = energy_report(
        asked.engine, asked.estate, asked.site, asked.period.name, "day",
        now_ms=asked.now_ms, revision=asked.revision,
    )  # fmt: skip
    rows = [_row(one.period, one) for one in found.rows]
    total = _row(TOTAL, found.total, Weight.TOTAL)
    sources = (
        Source("m1", SourceKind.METER, Label(zh="总表", en="Main meter"), "active_energy_import"),
        Source(
            "t1", SourceKind.TARIFF, Label(zh="示例电价", en="Example tariff"),
            "=made for a test", "2026-01-01", "P",
        ),
    )  # fmt: skip
    sheet = Sheet("days", COLUMNS, (*rows, total), (Note("price", {"price": "0.3333"}),))
    return Report(
        "daily", asked.site, asked.estate.sites[asked.site].name, asked.period,
        asked.estate.timezone.key, asked.revision, asked.now_ms, (sheet,),
        (Chart(ChartKind.BAR, "days", "day", ("amount",)),),
        (Note("no_area"),), sources,
    )  # fmt: skip


def _row(name: Cell, row: EnergyRow, weight: Weight = Weight.NORMAL) -> Row:
    wh = row.consumption_wh
    cost = None if wh is None else Fraction(round(wh), 30)
    shares = Shares(row.missing_share, row.recovered_share)
    return Row((name, wh, cost, None), shares, ("m1", "t1"), weight)


@pytest.fixture
def daily(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The report `daily` beside those of the product, with its catalogue."""
    folder = tmp_path_factory.mktemp("text")
    for file in (*texts._FOLDER.glob("*.yaml"), *Path(__file__).parent.glob("text/*.yaml")):
        (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(texts, "_FOLDER", folder)
    monkeypatch.setitem(MAKERS, "daily", make)
    texts.report_texts.cache_clear()
    yield
    texts.report_texts.cache_clear()


def november(*rows: Sequence[Cell]) -> Report:
    """A report of November with the rows given, the last one its total where there are more."""
    columns = (
        COLUMNS
        if len(rows[0]) == len(COLUMNS)
        else [Column(f"c{place}", Form.NUMBER) for place, _ in enumerate(rows[0])]
    )
    made = [
        Row(
            tuple(row), Shares(0.25), ("m1",),
            Weight.TOTAL if place == len(rows) - 1 > 0 else Weight.NORMAL,
        )
        for place, row in enumerate(rows)
    ]  # fmt: skip
    sheet = Sheet("days", tuple(columns), tuple(made), (Note("price", {"price": "0.3333"}),))
    meter = Source("m1", SourceKind.METER, Label(zh="总表", en="Main meter"), "=1+1")
    return Report(
        "daily", "town", Label(zh="示范镇", en="Town"),
        parse_period("2026-11", ZoneInfo("Asia/Shanghai")), "Asia/Shanghai", "r1",
        1_796_054_400_000, (sheet,), (), (), (meter,),
    )  # fmt: skip
