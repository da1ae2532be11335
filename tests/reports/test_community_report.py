"""The table of communities, from counters and alarms to the last cell. covers: community_data."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.order_rows import Wanted, insert
from alerts.work_orders import Agreed, Origin
from collectors.registry import SCHEMAS
from device_configs.estate import Estate, load_estate
from device_configs.quantities import Label
from ingest.interval_tables import Series
from ingest.quality_book import DayRow
from ingest.quality_tables import put_days
from records.engine import make_engine, transaction
from reports import community_report
from reports.asked import asked_for
from reports.document import Report, Weight
from reports.errors import UnreadableDatabaseError
from reports.report_texts import report_texts
from tests.reports.estates import device
from tests.reports.ledgers import REVISION, fill, ledger, ms

FILE = """
estate: town
communities:
  - {id: c0, role: centre, name: {zh: 中心, en: Centre}, area_m2: 1000}
  - {id: c1, role: compound, name: {zh: 一, en: One}, area_m2: 1000}
  - {id: c2, role: compound, name: {zh: 二, en: Two}, area_m2: 500}
  - {id: c3, role: compound, name: {zh: 三, en: Three}}
  - {id: d1, role: district, name: {zh: 区, en: District}, area_m2: 10}
"""
WORDS = report_texts("community").rows
IMPORT = ("active_energy_import",)
DAY = "2026-11-10"
"""A day of 96 quarters; the day before is its comparison."""


@pytest.fixture
def engine() -> sa.Engine:
    return ledger()


def town(folder: Path) -> Estate:
    (folder / "estate.yaml").write_text(FILE)
    plain = load_estate(folder, SCHEMAS)
    meters = [device(f"m{site}", "electricity_meter", site, role="grid", points=IMPORT)
              for site in ("c0", "c1", "c2", "c3")]  # fmt: skip
    return replace(plain, devices={one.id: one for one in meters})


def report(folder: Path, engine: sa.Engine, places: frozenset[str] | None = None) -> Report:
    asked = asked_for(
        town(folder), folder, engine, None, DAY, now_ms=ms("2026-12-01 00:00"), revision=REVISION,
        places=places,
    )  # fmt: skip
    return community_report.make(asked)


def metered(engine: sa.Engine) -> None:
    """Ten, twenty, ten and thirty Wh a quarter; the day before, the second had half of it."""
    for site, now, before in (("c0", 10, 10), ("c1", 20, 10), ("c2", 10, 20), ("c3", 30, 30)):
        series = Series(f"m{site}", "active_energy_import")
        fill(engine, series, DAY, now)
        fill(engine, series, "2026-11-09", before)


def test_the_table_ranks_within_the_role_and_adds_up(tmp_path: Path, engine: sa.Engine) -> None:
    metered(engine)
    rows = report(tmp_path, engine).sheet("energy").rows
    names = [row.cells[0].en if isinstance(row.cells[0], Label) else "" for row in rows]
    assert names == [
        "Centre", "Centre in all", "One", "Two", "Three", "Compounds in all", "District",
        "Districts in all", "Total",
    ]  # fmt: skip
    cells = dict(zip(names, (row.cells[2:] for row in rows), strict=True))
    assert cells["One"] == [
        1920, 960, Fraction(1), WORDS["rising"], 1000, Fraction(1920, 1000), 1,
    ]  # fmt: skip
    assert cells["Two"] == [
        960, 1920, Fraction(-1, 2), WORDS["falling"], 500, Fraction(960, 500), 1,
    ]  # fmt: skip
    # Without an area there is neither an intensity nor a rank; without a meter nothing.
    assert cells["Three"] == [2880, 2880, 0, WORDS["steady"], None, None, None]
    assert cells["District"] == [None, None, None, None, 10, None, None]
    assert cells["Compounds in all"] == [5760, 5760, 0, WORDS["steady"], None, None, None]
    normal = [row.cells[2] for row in rows if row.weight is Weight.NORMAL]
    assert cells["Total"][0] == sum(one for one in normal if isinstance(one, Fraction)) == 6720
    subtotals = [row.cells[2] for row in rows if row.weight is Weight.SUBTOTAL]
    assert sum(one for one in subtotals if isinstance(one, Fraction)) == 6720


def test_what_is_half_missing_is_not_ranked(tmp_path: Path, engine: sa.Engine) -> None:
    fill(engine, Series("mc1", "active_energy_import"), DAY, 20)
    with transaction(engine) as connection:
        connection.execute(
            sa.text("DELETE FROM counter_intervals WHERE start_ms >= :at"),
            {"at": ms(f"{DAY} 12:00")},
        )
    rows = report(tmp_path, engine).sheet("energy").rows
    one = next(row for row in rows if row.cells[0] == Label(zh="一", en="One"))
    assert one.shares is not None
    assert one.shares.missing == 0.5
    assert one.cells[2] == 960
    assert one.cells[8] is None


def test_orders_and_quality_stand_with_their_site(tmp_path: Path, engine: sa.Engine) -> None:
    day = dt.date.fromisoformat(DAY).toordinal()
    wanted = Wanted(
        Origin.HAND, Label(zh="修", en="Repair"), "c1", "li",
        agreed=Agreed(ms(f"{DAY} 09:00"), None, None),
    )  # fmt: skip
    with transaction(engine) as connection:
        put_days(connection, [
            DayRow("mc1", day, good=90, due=100, counted=1440),
            DayRow("mc2", day, good=300, due=100, counted=1440),
            DayRow("mc3", day, covered=720, counted=1440),
        ])  # fmt: skip
        insert(connection, wanted, ms(f"{DAY} 08:00"))
    rows = report(tmp_path, engine).sheet("safety").rows
    names = [row.cells[0].en if isinstance(row.cells[0], Label) else "" for row in rows]
    cells = dict(zip(names, (row.cells[2:] for row in rows), strict=True))
    assert cells["One"] == [0, 0, 0, None, 0, None, None, 1, 0.9]
    assert cells["Two"][7:] == [0, 1.0]
    assert cells["Three"][8] == 0.5
    assert cells["Centre"][8] is None
    assert cells["Compounds in all"][7:] == [1, pytest.approx(0.8)]
    assert cells["Total"][7:] == [1, pytest.approx(0.8)]


def test_one_sees_the_sites_one_may_see(tmp_path: Path, engine: sa.Engine) -> None:
    metered(engine)
    rows = report(tmp_path, engine, frozenset({"c1"})).sheet("energy").rows
    assert [row.weight for row in rows] == [Weight.NORMAL, Weight.SUBTOTAL, Weight.TOTAL]


def test_without_tables_it_says_so(tmp_path: Path) -> None:
    empty = make_engine("sqlite://")
    with pytest.raises(UnreadableDatabaseError):
        report(tmp_path, empty)
    empty.dispose()
