"""The savings report, of a real store and the intervals."""

import datetime as dt
import math
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.sample import Sample
from device_configs.estate import Estate
from ingest.bus import Cursor
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import add_amounts
from ingest.rollup_tables import ensure_rollups
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.store import TimeSeriesStore
from records.engine import transaction
from reports import savings_report
from reports.asked import asked_for
from reports.document import Report, Weight
from reports.errors import ReportsError
from tests.device_configs.estates import write
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, SHANGHAI, ledger, ms

FIRST = dt.datetime(2025, 1, 1, tzinfo=SHANGHAI)
DAYS = 500
PROJECT = """
projects:
  lights:
    name: {zh: 照明, en: Lights}
    site: c1
    baseline: {from: 2025-01-01, to: 2025-12-31}
    installed: {from: 2026-01-01, to: 2026-01-10}
    reporting_from: 2026-01-11
    weather: sky
"""
VERIFIED = PROJECT + "    status: verified\n    verified_by: Li\n    verified_on: 2026-06-01\n"


def town() -> Estate:
    return estate(
        {"c1": None},
        [
            device("m1", "electricity_meter", "c1", role="grid", points=["active_energy_import"]),
            device("sky", "weather_station", "c1", points=["ambient_temperature"]),
        ],
    )


def warm(day: int, hour: int) -> float:
    return 16 - 12 * math.cos(2 * math.pi * day / 365) + 3 * math.sin(hour * math.pi / 12)


@pytest.fixture(scope="module")
def engine() -> sa.Engine:
    """480 kWh a day, 40 more for each degree below 12; a fifth less from 11 January 2026 on."""
    made, rows = ledger(), {}
    for day in range(DAYS):
        start = ms(f"{FIRST + dt.timedelta(days=day):%Y-%m-%d} 00:00")
        mean = sum(warm(day, hour) for hour in range(24)) / 24
        kwh = (480 + 40 * max(0.0, 12 - mean)) * (0.8 if day >= 375 else 1.0)
        # A regular pattern of a week, so that the fit is not perfect.
        kwh *= 1 + 0.03 * ((day * 5) % 7 - 3) / 3
        for n in range(96):
            key = ("m1", "active_energy_import", start + n * INTERVAL_MS)
            rows[key] = [round(kwh * 1_000_000 / 96), 0, INTERVAL_MS, 0]
    with transaction(made) as connection:
        add_amounts(connection, rows)
        ensure_rollups(connection, SHANGHAI)
    return made


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TimeSeriesStore:
    made = DuckDbStore(DuckDbSettings(tmp_path_factory.mktemp("store") / "store.duckdb"))
    samples, seq = [], 0
    for day in range(DAYS):
        for hour in range(24):
            seq += 1
            at = int((FIRST + dt.timedelta(days=day, hours=hour)).timestamp()) * 1000
            values = {"ambient_temperature": round(warm(day, hour), 2)}
            samples.append(Sample("sky", at, values, seq=seq))
    made.write(samples, Cursor(0, seq))
    return made


def report(
    engine: sa.Engine, store: TimeSeriesStore | None, folder: Path, text: str = PROJECT
) -> Report:
    (folder / "projects.yaml").write_text(text, encoding="utf-8")
    asked = asked_for(
        town(), folder, engine, "c1", "2026", now_ms=ms("2026-05-10 00:00"),
        revision=REVISION, readings=store,
    )  # fmt: skip
    return savings_report.make(asked)


def test_a_fifth_less_is_found_and_is_unverified(
    engine: sa.Engine, store: TimeSeriesStore, tmp_path: Path
) -> None:
    found = report(engine, store, tmp_path)
    (row,) = found.sheet("projects").rows
    rate, width, adjusted = row.cells[8], row.cells[7], row.cells[4]
    assert isinstance(rate, float)
    assert isinstance(width, float)
    assert isinstance(adjusted, float)
    assert rate == pytest.approx(0.2, abs=0.01)
    assert abs(rate - 0.2) * adjusted <= width
    assert "unverified" in {note.key for note in found.notes}
    assert [one.cells[1] for one in found.sheet("sums").rows] == [1]


def test_months_add_up_to_the_project(
    engine: sa.Engine, store: TimeSeriesStore, tmp_path: Path
) -> None:
    found = report(engine, store, tmp_path)
    (row,) = found.sheet("projects").rows
    months = [one.cells[5] for one in found.sheet("months").rows]
    assert len(months) == 5
    assert sum(one for one in months if isinstance(one, float)) == pytest.approx(row.cells[6])


def test_verified_and_unverified_stand_in_no_common_sum(
    engine: sa.Engine, store: TimeSeriesStore, tmp_path: Path
) -> None:
    both = VERIFIED + PROJECT.split("projects:")[1].replace("lights:", "pumps:")
    sums = report(engine, store, tmp_path, both).sheet("sums").rows
    assert [one.cells[1] for one in sums] == [1, 1]


def test_without_the_weather_it_says_so(engine: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(ReportsError, match="weather"):
        report(engine, None, tmp_path)


def test_without_a_baseline_there_is_no_model(store: TimeSeriesStore, tmp_path: Path) -> None:
    found = report(ledger(), store, tmp_path)
    assert found.sheet("models").rows[0].cells[1] is None
    assert found.sheet("projects").rows[0].cells[6] is None


def test_money_is_shared_by_contract_year_and_adds_up(
    engine: sa.Engine, store: TimeSeriesStore, tmp_path: Path
) -> None:
    tariff = (
        "tariff: two\nname: {zh: 二, en: Two}\nversions:\n"
        "  - {from: 2020-01-01, source: s, confidence: P,"
        " hours: [{periods: {peak: ['06:00-12:00']}}]}\n"
        "prices:\n  - {from: 2020-01-01, source: s, confidence: P, whole: {peak: 2, flat: 1}}\n"
    )
    write(tmp_path, {
        "tariffs/two.yaml": tariff,
        "tariffs.yaml": "pays:\n  - {site: c1, from: 2020-01-01, tariff: two}\n",
    })  # fmt: skip
    text = PROJECT + "    contract: shared\n    shares: [0.25]\n"
    found = report(engine, store, tmp_path, text)
    lines = found.sheet("money").rows
    (whole,) = [row for row in lines if row.weight is Weight.SUBTOTAL]
    # A quarter of the day, and of what is used in it, is peak.
    saved = {str(row.cells[3]): row.cells[4] for row in lines if row is not whole}
    flat, peak = (Fraction(str(one)) for one in saved.values())
    assert abs(peak * 3 - flat) < 1
    (project,) = found.sheet("projects").rows
    assert float(str(project.cells[6])) == pytest.approx(float(peak + flat), abs=1)
    fen, own, company = (int(str(one)) for one in whole.cells[5:8])
    assert abs(fen - (2 * peak + flat) / 10) <= 10
    assert fen == own + company
    assert abs(own * 4 - fen) <= 8
    for column in range(4, 8):
        parts = sum(Fraction(str(row.cells[column])) for row in lines if row is not whole)
        assert parts == Fraction(str(whole.cells[column]))


def test_without_a_tariff_or_a_share_the_money_is_unknown(
    engine: sa.Engine, store: TimeSeriesStore, tmp_path: Path
) -> None:
    found = report(engine, store, tmp_path)
    assert found.sheet("money").rows[-1].cells[5:8] == [None, None, None]
    assert "money_unpriced" in {note.key for note in found.notes}
