"""The consumption report, from raw counters to the last cell."""

from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.sample import Sample
from device_configs.estate import Estate
from device_configs.quantities import Label
from ingest.interval_ledger import IntervalLedger
from ingest.interval_tables import Series
from ingest.intervals import IntervalWriter
from reports import consumption_report
from reports.asked import asked_for
from reports.document import Report
from reports.forms import Form, exact
from tests.ingest.booking import MemoryBus, digest
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, fill, ledger, ms

DOC = Path(__file__).resolve().parents[2] / "docs/reports/consumption.md"
POINT = "active_energy_import"
DAY = "2026-11-14"
NOON = ms(f"{DAY} 12:00")


def town() -> Estate:
    change = {"at": f"{DAY}T12:00", "readings": {POINT: [5048, 3]}}
    return estate(
        {"c1": None},
        [
            device("m1", "electricity_meter", "c1", role="grid", points=[POINT]),
            device(
                "m2", "electricity_meter", "c1", meter_changes=[change],
                metering={"role": "submeter", "of": "m1", "energy_code": "01A00"},
            ),
            device(
                "m3", "electricity_meter", "c1",
                metering={"role": "submeter", "of": "m2", "energy_code": "01A20"},
            ),
        ],
    )  # fmt: skip


def readings() -> list[Sample]:
    """Counters read every five minutes from midnight to midnight. [Wh]"""
    found = []
    for n in range(24 * 12 + 1):
        at, hours = ms(f"{DAY} 00:00") + n * 300_000, n / 12
        swapped = 5_000_000 + 4_000 * hours if at < NOON else 3_000 + 4_000 * (hours - 12)
        for name, value in (("m1", 16_000 * hours), ("m2", swapped), ("m3", 1_000 * hours)):
            found.append(Sample(name, at, {POINT: round(value)}))
    return found


def report(town: Estate, engine: sa.Engine, period: str = DAY, **options: str) -> Report:
    asked = asked_for(
        town, None, engine, "c1", period, now_ms=ms("2026-12-01 00:00"), revision=REVISION,
        options=options,
    )  # fmt: skip
    return consumption_report.make(asked)


async def test_the_worked_example_is_what_the_document_says() -> None:
    engine, bus = ledger(), MemoryBus()
    counted = IntervalLedger(engine, town(), now_ms=lambda: ms("2026-12-01 00:00"))
    await bus.append(readings())
    await digest(IntervalWriter(counted, bus, pace_s=0.0), bus, len(bus.samples))
    found = report(town(), engine)
    lines = []
    for row in found.sheet("items").rows:
        code, name, energy, _ = row.cells
        assert isinstance(name, Label)
        assert isinstance(energy, Fraction)
        called = code or {"Not sub-metered": "not sub-metered", "Total": "total"}[name.en]
        lines.append(f"| {called} | {exact(energy, Form.ENERGY).normalize():f} |")
    text = DOC.read_text(encoding="utf-8")
    assert len(lines) == 5
    assert [line for line in lines if line not in text] == []
    kgce = found.sheet("carriers").rows[-1].cells[9]
    assert kgce == Fraction("47.1936")
    assert f"{float(Fraction('47.1936'))} kgce" in text


def test_only_what_is_comparable_is_compared() -> None:
    engine = ledger()
    for day, wh in (("2026-11-13", 1_000), (DAY, 1_500), ("2025-11-14", 2_000)):
        fill(engine, Series("m1", POINT), day, wh)
    row = report(town(), engine).sheet("carriers").rows[0]
    assert row.cells[2:7] == [144, 96, Fraction(1, 2), 192, Fraction(-1, 4)]
    month = report(town(), engine, "2026-11").sheet("carriers").rows[0]
    assert month.cells[4] is None
    assert month.shares is not None
    assert month.shares.missing > 0.9


def test_the_load_of_a_day() -> None:
    engine = ledger()
    fill(engine, Series("m1", POINT), DAY, 1_000)
    figures = {
        row.cells[0].en: row.cells[1:]
        for row in report(town(), engine).sheet("load").rows
        if isinstance(row.cells[0], Label)
    }
    assert figures["Peak load"] == [4, "kW", f"{DAY} 00:00"]
    assert figures["Load factor"][0] == 1
    assert figures["Share at night (22:00 to 6:00)"][0] == Fraction(100, 3)
    # 14 November 2026 is a Saturday.
    assert figures["Share on days of rest"][0] == 100


def test_coal_of_a_set_without_coefficients_is_unknown_and_said() -> None:
    engine = ledger()
    fill(engine, Series("m1", POINT), DAY, 1_000)
    found = report(town(), engine, coal="equivalent")
    assert "no_coefficient" in {note.key for note in found.notes}
    assert found.sheet("carriers").rows[0].cells[9] is None


def test_a_quota_is_printed_only_where_there_is_one() -> None:
    found = report(town(), ledger())
    assert "no_quota" in {note.key for note in found.notes}
    with pytest.raises(KeyError):
        found.sheet("quota")
