"""The quality report: what its figures are of rows that are known."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.bus import Cursor
from ingest.quality_book import DAY_MS, DayRow
from ingest.quality_tables import put_cursor, put_days
from records.engine import make_engine, migrate, sqlite_url, transaction
from reports.errors import InvalidPeriodError, UnreadableDatabaseError
from reports.quality import By, QualityReportData, quality_report
from tests.reports import estates

MIDNIGHT = 1_795_363_200_000
"""2026-11-23 00:00 in Shanghai. [ms, UTC]"""
FIRST = dt.date(2026, 11, 23)
DAY = FIRST.toordinal()
ESTATE = estates.estate(
    {"centre": None, "b1": "centre", "c2": None},
    [
        estates.device("m1", "electricity_meter", "b1"),
        estates.device("m2", "electricity_meter", "centre"),
        estates.device("smoke-1", "smoke_detector", "c2"),
        estates.device("new", "water_meter", "c2"),
    ],
)
ROWS = [
    DayRow(
        "m1", DAY, 8640, 80, 100, 1440, online=1440, heard_ms=MIDNIGHT + DAY_MS - 1000,
        allowed_ms=30_000,
    ),
    # More than was due makes up for nothing on another day.
    DayRow(
        "m1", DAY + 1, 8640, 120, 100, 720, online=360, down=60, suspect=Counter(future=2),
        missing=Counter(no_answer=7), heard_ms=MIDNIGHT + DAY_MS + 1, allowed_ms=30_000,
    ),
    DayRow("m2", DAY, 10, 10, 100, 1440, online=144, allowed_ms=30_000),
    DayRow(
        "smoke-1", DAY - 1, 1, counted=1440, heard_ms=MIDNIGHT - 1, allowed_ms=2 * DAY_MS
    ),
    DayRow("smoke-1", DAY, 0, counted=1440, online=1440, covered=720, allowed_ms=2 * DAY_MS),
    # A minute that a clock which was ahead has marked is no day.
    DayRow("smoke-1", DAY + 1, 0, counted=0, allowed_ms=2 * DAY_MS),
]  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(made)
    with transaction(made) as connection:
        put_days(connection, ROWS)
        put_cursor(connection, Cursor(1, 1), MIDNIGHT + DAY_MS + DAY_MS // 2)
    yield made
    made.dispose()


def of(engine: sa.Engine, by: By, days: int = 2, site: str | None = None) -> QualityReportData:
    last = FIRST + dt.timedelta(days=days - 1)
    devices = ESTATE.devices_in(site or ESTATE.id)
    lines = {"m1": "modbus_tcp[1]", "m2": "modbus_tcp[1]"}
    return quality_report(engine, ESTATE, devices, FIRST, last, by, site=site, lines=lines)


def test_each_device_the_worst_first_and_the_unknown_last(engine: sa.Engine) -> None:
    report = of(engine, By.DEVICE)
    assert [row.key for row in report.rows] == ["m2", "smoke-1", "m1", "new"]
    m2, smoke, m1, new = report.rows
    assert new.figures is None
    assert new.days == {}
    assert m1.figures is not None
    assert m1.figures.completeness == (80 + 100) / 200
    assert m1.figures.online == (1440 + 360) / (1440 + 720)
    assert (m1.figures.good, m1.figures.due, m1.figures.down_minutes) == (180, 200, 60)
    assert m1.figures.suspect == {"future": 2}
    assert m1.figures.missing == {"no_answer": 7}
    assert sorted(m1.days) == ["2026-11-23", "2026-11-24"]
    assert m1.days["2026-11-23"].completeness == 0.8
    assert m1.heard_ms == MIDNIGHT + DAY_MS + 1
    assert smoke.figures is not None
    assert (smoke.figures.completeness, smoke.figures.online) == (0.5, 1.0)
    assert sorted(smoke.days) == ["2026-11-23"]
    assert m2.figures is not None
    assert m2.figures.completeness == 0.1


def test_days_that_were_counted_from_the_store_are_told(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(sa.text("UPDATE quality_days SET from_store = true WHERE device = 'm1'"))
    report = of(engine, By.DEVICE)
    told = {row.key: row.figures.stored_days for row in report.rows if row.figures}
    assert told == {"m2": 0, "smoke-1": 0, "m1": 2}
    assert report.total is not None
    assert report.total.stored_days == 2


def test_freshness_is_the_age_at_the_end_of_the_day_or_of_what_is_booked(
    engine: sa.Engine,
) -> None:
    first = {row.key: row.figures for row in of(engine, By.DEVICE, days=1).rows}
    both = {row.key: row.figures for row in of(engine, By.DEVICE).rows}
    fresh = {name: found.fresh for name, found in first.items() if found is not None}
    # The detector's word of the day before is not too old yet; m2 was never heard.
    assert fresh == {"m1": 1, "m2": 0, "smoke-1": 1}
    assert both["m1"] is not None
    assert both["m1"].fresh == 0


def test_a_figure_of_several_devices_is_the_mean_of_theirs(engine: sa.Engine) -> None:
    rows = {row.key: row for row in of(engine, By.SITE).rows}
    assert set(rows) == {"centre", "c2"}
    centre = rows["centre"].figures
    assert centre is not None
    assert centre.completeness == pytest.approx((0.9 + 0.1) / 2)
    assert (centre.devices, centre.due) == (2, 300)
    assert rows["c2"].figures is not None
    assert rows["c2"].figures.devices == 1
    kinds = {row.key: row.figures for row in of(engine, By.KIND).rows}
    assert kinds["water_meter"] is None
    assert kinds["electricity_meter"] == centre
    (line,) = of(engine, By.LINE).rows
    assert (line.key, line.figures) == ("modbus_tcp[1]", centre)


def test_below_a_site_the_rows_are_its_own_sites(engine: sa.Engine) -> None:
    assert {row.key for row in of(engine, By.SITE, site="centre").rows} == {"b1", "centre"}


def test_days_stand_in_their_order_and_only_where_something_is_known(engine: sa.Engine) -> None:
    report = of(engine, By.DAY, days=5)
    assert [row.key for row in report.rows] == ["2026-11-23", "2026-11-24"]
    assert [row.figures.devices for row in report.rows if row.figures] == [3, 1]
    assert report.until_ms == MIDNIGHT + DAY_MS + DAY_MS // 2


def test_nothing_known_is_no_figure(engine: sa.Engine) -> None:
    devices = [replace(ESTATE.devices["new"], id="other")]
    report = quality_report(engine, ESTATE, devices, FIRST, FIRST, By.DAY)
    assert (report.rows, report.total) == ((), None)


@pytest.mark.parametrize("days", [0, 401])
def test_a_period_is_neither_empty_nor_endless(engine: sa.Engine, days: int) -> None:
    with pytest.raises(InvalidPeriodError):
        of(engine, By.DAY, days=days)


def test_a_broken_database_is_one_clear_error(tmp_path: Path) -> None:
    empty = make_engine(sqlite_url(tmp_path / "empty.sqlite"))
    with pytest.raises(UnreadableDatabaseError, match="cannot be read"):
        of(empty, By.DAY)
    empty.dispose()
