"""The report of the balances: its order, its marks, and that unknown is never zero."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.interval_tables import Series
from reports.errors import InvalidPeriodError, UnknownSiteError, UnreadableDatabaseError
from reports.unaccounted_report import (
    SETTLED_MS,
    UnaccountedReportData,
    UnaccountedRow,
    unaccounted_report,
)
from tests.reports import estates
from tests.reports.ledgers import book, fill, ledger, ms

IMPORT = "active_energy_import"
DAY = "2026-11-23"
LATER = ms("2026-12-01 00:00")


def an_estate() -> Estate:
    return estates.estate(
        {"c1": None, "b1": "c1", "c2": None},
        [
            estates.device("grid", "electricity_meter", "c1", role="grid"),
            estates.device("floor", "electricity_meter", "b1", role="submeter"),
            estates.device("pumps", "electricity_meter", "b1", role="submeter", of="floor"),
            estates.device("pump-1", "electricity_meter", "b1", role="submeter", of="pumps"),
            estates.device("grid-2", "electricity_meter", "c2", role="grid"),
            estates.device("floor-2", "electricity_meter", "c2", role="submeter"),
        ],
    )


ESTATE = an_estate()


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def report(
    engine: sa.Engine,
    site: str = "town",
    period: str = DAY,
    now_ms: int = LATER,
    limit: float = 0.1,
) -> UnaccountedReportData:
    return unaccounted_report(
        engine, ESTATE, site, period, now_ms=now_ms, revision="abc", limit=limit
    )


def rows(found: UnaccountedReportData) -> dict[str, UnaccountedRow]:
    return {row.node: row for row in found.rows}


def test_every_node_follows_the_one_above_it(engine: sa.Engine) -> None:
    found = report(engine)
    assert [(row.node, row.depth, row.above, row.what) for row in found.rows] == [
        ("c1", 0, None, "site"),
        ("floor", 1, "c1", "meter"),
        ("pumps", 2, "floor", "meter"),
        ("c2", 0, None, "site"),
    ]
    assert rows(found)["floor"].name == {"zh": "floor（中）", "en": "floor"}
    # Of a building only its own meters are of interest, and they hang on nothing that is shown.
    below = report(engine, "b1").rows
    assert [(row.node, row.depth) for row in below] == [("floor", 0), ("pumps", 1)]


def test_nothing_known_is_no_figure_and_names_the_silent(engine: sa.Engine) -> None:
    fill(engine, Series("grid", IMPORT), DAY, 100)
    row = rows(report(engine))["c1"]
    assert (row.inflow_wh, row.submeters_wh, row.unaccounted_wh, row.share) == (None,) * 4
    assert (row.missing_share, row.marks, row.silent) == (1.0, ("nothing_known",), ("floor",))


@pytest.mark.parametrize(
    ("inflow", "below", "marks"),
    [
        (1000, 900, ()),
        (1000, 899, ("above_limit",)),
        (1000, 1000, ()),
        (1000, 1020, ("negative_small",)),
        (1000, 1021, ("negative",)),
        (0, 1, ("negative",)),
        (0, 0, ()),
    ],
)
def test_a_balance_that_is_odd_is_marked(
    engine: sa.Engine, inflow: int, below: int, marks: tuple[str, ...]
) -> None:
    fill(engine, Series("grid", IMPORT), DAY, inflow)
    fill(engine, Series("floor", IMPORT), DAY, below)
    row = rows(report(engine))["c1"]
    assert row.marks == marks
    assert row.unaccounted_wh == 96 * (inflow - below)
    assert (row.share is None) == (inflow == 0)
    assert row.missing_share == 0.0


def test_the_limit_is_the_readers(engine: sa.Engine) -> None:
    fill(engine, Series("grid", IMPORT), DAY, 1000)
    fill(engine, Series("floor", IMPORT), DAY, 970)
    assert rows(report(engine))["c1"].marks == ()
    assert rows(report(engine, limit=0.02))["c1"].marks == ("above_limit",)


def test_a_running_day_goes_up_to_the_last_settled_quarter(engine: sa.Engine) -> None:
    for moment in ("00:00", "00:15"):
        for device in ("grid", "floor"):
            book(engine, Series(device, IMPORT), f"{DAY} {moment}", 100)
    found = report(engine, now_ms=ms(f"{DAY} 00:49"))
    # The quarter until 00:45 ended four minutes ago; the meters may not have been read since.
    assert (found.start_ms, found.end_ms) == (ms(f"{DAY} 00:00"), ms(f"{DAY} 00:30"))
    assert rows(found)["c1"].missing_share == 0.0
    assert found.notes == ("period_running",)
    later = rows(report(engine, now_ms=ms(f"{DAY} 00:50")))["c1"]
    assert later.missing_share == pytest.approx(1 / 3)
    assert later.marks == ("partly_known",)


def test_a_day_that_has_not_begun_has_no_figures(engine: sa.Engine) -> None:
    found = report(engine, now_ms=ms("2026-11-22 12:00"))
    assert found.start_ms == found.end_ms
    assert rows(found)["c1"].inflow_wh is None
    assert rows(found)["c1"].missing_share == 0.0


def test_a_month_is_the_sum_of_its_days(engine: sa.Engine) -> None:
    for day in ("2026-11-03", DAY):
        fill(engine, Series("grid", IMPORT), day, 1000)
        fill(engine, Series("floor", IMPORT), day, 950)
    days = [rows(report(engine, period=day))["c1"] for day in ("2026-11-03", DAY)]
    # The last quarter of a month must have settled before the month is whole.
    month = rows(report(engine, period="2026-11", now_ms=LATER + SETTLED_MS))["c1"]
    assert month.unaccounted_wh == sum(row.unaccounted_wh or 0 for row in days) == 2 * 96 * 50
    assert month.missing_share == pytest.approx(28 / 30)


def test_a_site_without_sub_meters_says_so(engine: sa.Engine) -> None:
    alone = estates.estate(
        {"c1": None}, [estates.device("grid", "electricity_meter", "c1", role="grid")]
    )
    found = unaccounted_report(engine, alone, "c1", DAY, now_ms=LATER, revision="abc")
    assert (found.rows, found.notes) == ((), ("no_submeters",))


def test_meters_in_a_ring_are_all_shown(engine: sa.Engine) -> None:
    ring = estates.estate(
        {"c1": None},
        [
            estates.device("a", "electricity_meter", "c1", role="submeter", of="b"),
            estates.device("b", "electricity_meter", "c1", role="submeter", of="a"),
        ],
    )
    found = unaccounted_report(engine, ring, "c1", DAY, now_ms=LATER, revision="abc")
    assert {row.node for row in found.rows} == {"a", "b"}


def test_what_cannot_be_asked(engine: sa.Engine) -> None:
    with pytest.raises(UnknownSiteError):
        report(engine, "c9")
    with pytest.raises(InvalidPeriodError):
        report(engine, period="November")
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE counter_intervals"))
    with pytest.raises(UnreadableDatabaseError):
        report(engine)
