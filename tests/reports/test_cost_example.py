"""The worked examples of docs/reports/cost.md, from intervals and raw counters to the last cell.

covers: reports/cost_report.py
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.sample import Sample
from device_configs.estate import Estate
from device_configs.holidays import load_holidays
from device_configs.quantities import Label
from device_configs.tariff_hours import TariffPeriod
from ingest.counters import INTERVAL_MS
from ingest.interval_ledger import IntervalLedger
from ingest.interval_tables import add_amounts
from ingest.rollup_tables import ensure_rollups
from records.engine import transaction
from reports.asked import Asked, asked_for
from reports.cost_sheets import word
from reports.document import Report, Sheet
from reports.forms import shown
from reports.makers import make_report
from tests.device_configs.estates import write
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, SHANGHAI, ledger, ms

DOC = Path(__file__).parents[2] / "docs" / "reports" / "cost.md"
ACTIVE, REACTIVE = "active_energy_import", "reactive_energy_import"
LATER = ms("2027-01-01 00:00")


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def section(title: str) -> str:
    text = DOC.read_text(encoding="utf-8")
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


def table(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def files(title: str) -> dict[str, str]:
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", section(title), re.DOTALL)
    return dict(blocks)


def texts(report: Report, sheet: str) -> list[list[str]]:
    """The cells of a sheet as people read them."""
    return rendered(report.sheet(sheet))


def rendered(sheet: Sheet) -> list[list[str]]:
    found = []
    for row in sheet.rows:
        cells = []
        for cell, column in zip(row.cells, sheet.columns, strict=True):
            if cell is None or isinstance(cell, str):
                cells.append(cell or "")
            elif isinstance(cell, Label):
                cells.append(cell.en)
            else:
                cells.append(shown(cell, column.form))
        found.append(cells)
    return found


def asked(of: Estate, folder: Path, engine: sa.Engine, period: str, **options: str) -> Asked:
    return asked_for(
        of, folder, engine, "c1", period, now_ms=LATER, revision=REVISION, options=options
    )


def a_year_of_load() -> Mapping[tuple[str, str, int], list[int]]:
    holidays = load_holidays()
    found = {}
    day = dt.date(2026, 1, 1)
    while day.year == 2026:
        begin = ms(f"{day} 00:00")
        for slot in range(96):
            works = 32 <= slot < 72 and not holidays.is_rest(day)
            count = (8 if works else 2) * 250_000
            at = begin + slot * INTERVAL_MS
            found["g1", ACTIVE, at] = [count, 0, INTERVAL_MS, 0]
            found["g1", REACTIVE, at] = [count * 3 // 4, 0, INTERVAL_MS, 0]
        day += dt.timedelta(days=1)
    return found


@pytest.mark.parametrize("rolled_up", [True, False])
def test_a_year_with_holidays(engine: sa.Engine, tmp_path: Path, *, rolled_up: bool) -> None:
    title = "A year with holidays"
    folder = write(tmp_path, files(title))
    meter = device("g1", "electricity_meter", "c1", role="grid", points=(ACTIVE, REACTIVE))
    town = estate({"c1": None}, [meter])
    with transaction(engine) as connection:
        add_amounts(connection, a_year_of_load())
        if rolled_up:
            ensure_rollups(connection, SHANGHAI)
    report = make_report("cost", asked(town, folder, engine, "2026"))
    expected = table(title)
    steps = texts(report, "steps")
    assert len(steps) == len(expected) == 13
    for row, by_hand in zip(steps, expected, strict=True):
        _, energy, charge, demand, factor, bill, *_ = row
        assert [charge, demand, factor, bill] == by_hand[6:]
        kwh = sum(int(cell.replace(",", "")) for cell in by_hand[3:6])
        assert energy == f"{kwh:,}.0"
    assert [row[0] for row in steps[:12]] == [row[0] for row in expected[:12]]
    holidays = load_holidays()
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    for number, by_hand in enumerate(expected[:12], start=1):
        off = [holidays.is_rest(day) for day in days if day.month == number]
        assert by_hand[1:3] == [str(off.count(False)), str(off.count(True))]
        month = make_report("cost", asked(town, folder, engine, f"2026-{number:02d}"))
        drawn = {row[0]: row[1] for row in texts(month, "periods")}
        names = [word(one.value).en for one in (TariffPeriod.PEAK, TariffPeriod.FLAT,
                                                TariffPeriod.VALLEY)]  # fmt: skip
        assert [drawn[name] for name in names] == [f"{cell}.0" for cell in by_hand[3:6]]
    demands = texts(report, "demand")
    assert demands[0][1:] == ["2026-01", "8.0", "2026-01-04 08:00", "8.00", "40.00", "320.00"]
    assert demands[-1][-1] == expected[-1][7]
    assert [row[4:7] for row in texts(report, "power_factor")[:12]] == [
        ["0.80", "0.90", "+5.0"]
    ] * 12
    assert all(row.shares is None or row.shares.missing == 0 for row in report.sheet("steps").rows)


def test_a_meter_changed_in_mid_month(engine: sa.Engine, tmp_path: Path) -> None:
    title = "A meter changed in mid-month"
    pays = "pays: [{site: c1, from: 2025-06-01, tariff: js_commercial_tou}]\n"
    folder = write(tmp_path, {"tariffs.yaml": pays})
    change = {"at": "2026-11-16T14:40", "readings": {ACTIVE: [11_499.0, 0.2]}}
    meter = device(
        "g1", "electricity_meter", "c1", role="grid", points=(ACTIVE,), meter_changes=[change]
    )
    town = estate({"c1": None}, [meter])
    samples = []
    begin, gap_begin = ms("2026-11-01 00:00"), ms("2026-11-16 14:00")
    new_begin = ms("2026-11-16 15:30")
    for number in range(30 * 96 + 1):
        at = begin + number * INTERVAL_MS
        if gap_begin < at < new_begin:
            continue
        kwh = 10_000 + number if at <= gap_begin else 3.7 + (at - new_begin) / INTERVAL_MS
        samples.append(Sample("g1", at, {ACTIVE: round(kwh * 1000)}))
    book = IntervalLedger(engine, town, now_ms=lambda: LATER)
    book.backfill(samples)
    report = make_report("cost", asked(town, folder, engine, "2026-11"))
    expected = table(title)
    periods = texts(report, "periods")
    names = {word(key).en: key for key in ("peak", "flat", "valley")} | {"Total": "together"}
    found = {names[row[0]]: [row[1], row[3]] for row in periods}
    assert found == {row[0]: [row[1], row[3]] for row in expected}
    [total] = [row for row in report.sheet("steps").rows if row.cells[0] == "2026-11"]
    assert total.shares is not None
    bridged = re.search(r"([0-9.]+) %\.\s*$", section(title))
    assert bridged is not None
    assert f"{total.shares.recovered:.2%}" == f"{bridged.group(1)}%"
    assert total.shares.missing == 0
    days = texts(make_report("cost", asked(town, folder, engine, "2026-11", step="day")), "steps")
    assert len(days) == 31
    fen = [round(float(row[2].replace(",", "")) * 100) for row in days]
    assert sum(fen[:-1]) == fen[-1]
    assert days[-1][2] == expected[-1][3]
