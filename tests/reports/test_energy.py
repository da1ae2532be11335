"""The energy report: sums that add up, and None where nothing is known."""

import datetime as dt
from collections.abc import Iterable, Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.sample import Sample
from device_configs.estate import Estate
from ingest.counters import Step, StepKind
from ingest.interval_ledger import IntervalLedger
from ingest.interval_tables import Series, intervals
from reports.energy import EnergyReportData, energy_report
from reports.errors import InvalidPeriodError, UnknownSiteError, UnreadableDatabaseError
from reports.texts import texts
from reports.unaccounted_report import NO_SUBMETERS
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, book, fill, ledger, ms, step

G1, X1 = Series("g1", "active_energy_import"), Series("g1", "active_energy_export")
G2, X2 = Series("g2", "active_energy_import"), Series("g2", "active_energy_export")
PV, PILE = Series("pv", "active_energy_total"), Series("pile", "active_energy_total")
S1 = Series("s1", "active_energy_import")
TOWN = estate(
    {"c1": None, "b1": "c1", "c2": None},
    [
        device("g1", "electricity_meter", "c1", role="grid"),
        device("pv", "pv_inverter", "b1"),
        device("pile", "ev_charger", "c1"),
        device("s1", "electricity_meter", "b1", role="submeter"),
        device("g2", "electricity_meter", "c2", role="grid"),
    ],
)
LATER = ms("2027-06-01 00:00")


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def report(
    engine: sa.Engine,
    site: str,
    period: str = "2026-11",
    step: str = "day",
    now_ms: int = LATER,
    of: Estate = TOWN,
) -> EnergyReportData:
    return energy_report(engine, of, site, period, step, now_ms=now_ms, revision=REVISION)


def test_consumption_is_import_plus_pv_minus_export(engine: sa.Engine) -> None:
    for series, wh in ((G1, 700), (X1, 100), (PV, 300), (PILE, 50), (S1, 999)):
        book(engine, series, "2026-11-23 12:00", wh)
    made = report(engine, "c1", "2026-11-23")
    [row] = made.rows
    assert (row.grid_import_wh, row.grid_export_wh, row.pv_wh, row.charging_wh) == (
        700, 100, 300, 50,
    )  # fmt: skip
    assert row.consumption_wh == 900
    assert made.meters == ("g1", "pile", "pv")
    assert row.missing_share == pytest.approx(95 / 96)
    assert (made.total.period, made.total.consumption_wh) == ("2026-11-23", 900)
    assert made.site_name == {"zh": "c1（中）", "en": "c1"}
    assert (made.revision, made.timezone, made.step) == (REVISION, "Asia/Shanghai", "day")


def test_days_are_those_of_the_site_and_not_of_utc(engine: sa.Engine) -> None:
    book(engine, G2, "2026-11-22 23:45", 1)
    book(engine, G2, "2026-11-23 00:00", 2)
    book(engine, G2, "2026-11-23 23:45", 4)
    book(engine, G2, "2026-11-24 00:00", 8)
    rows = {row.period: row.grid_import_wh for row in report(engine, "c2").rows}
    assert [rows[f"2026-11-{day}"] for day in (22, 23, 24, 25)] == [1, 6, 8, None]


def test_no_data_is_none_and_a_counter_that_stood_still_is_zero(engine: sa.Engine) -> None:
    fill(engine, G2, "2026-11-23", 0)
    rows = {row.period: row for row in report(engine, "c2").rows}
    still, silent = rows["2026-11-23"], rows["2026-11-24"]
    assert (still.grid_import_wh, still.consumption_wh, silent.consumption_wh) == (0, 0, None)
    assert (still.missing_share, silent.missing_share) == (0.5, 1.0)
    assert silent.grid_import_wh is silent.grid_export_wh is silent.pv_wh is None


def test_a_side_of_the_balance_without_data_makes_the_consumption_unknown(
    engine: sa.Engine,
) -> None:
    for day, wh in (("23", 100), ("24", 200)):
        fill(engine, G1, f"2026-11-{day}", wh)
        fill(engine, X1, f"2026-11-{day}", 0)
    fill(engine, PV, "2026-11-24", 10)
    made = report(engine, "c1")
    rows = {row.period: row for row in made.rows}
    assert rows["2026-11-23"].consumption_wh is None
    assert rows["2026-11-23"].grid_import_wh == 9_600
    assert rows["2026-11-24"].consumption_wh == 96 * 210
    assert made.total.consumption_wh == 96 * 210
    assert made.total.grid_import_wh == 96 * 300
    assert "partly_unknown" in made.notes
    assert report(engine, "c1", step="month").total == made.total


def test_an_export_counter_that_shows_nothing_matters_only_with_pv(engine: sa.Engine) -> None:
    book(engine, G2, "2026-11-23 12:00", 5)
    book(engine, G1, "2026-11-23 12:00", 7)
    book(engine, PV, "2026-11-23 12:00", 1)
    assert report(engine, "c2").total.consumption_wh == 5
    assert report(engine, "c1").total.consumption_wh is None


def test_what_lies_ahead_is_not_missing(engine: sa.Engine) -> None:
    fill(engine, G2, "2026-11-22", 1)
    fill(engine, X2, "2026-11-22", 0)
    book(engine, G2, "2026-11-23 00:00", 1)
    book(engine, X2, "2026-11-23 00:00", 0)
    made = report(engine, "c2", now_ms=ms("2026-11-23 00:30"))
    assert made.rows[-1].period == "2026-11-23"
    assert made.rows[-1].missing_share == 0.5
    assert made.rows[-2].missing_share == 0.0
    passed = 22 * 96 + 2
    assert made.total.missing_share == pytest.approx(1 - 97 / passed)
    assert "period_running" in made.notes


def test_a_period_that_has_not_begun_has_no_rows(engine: sa.Engine) -> None:
    made = report(engine, "c2", "2027-12")
    assert (made.rows, made.total.consumption_wh, made.total.missing_share) == ((), None, 0.0)


def test_bridged_energy_is_a_share_and_its_time_is_not_missing(engine: sa.Engine) -> None:
    fill(engine, X2, "2026-11-23", 0)
    for quarter in range(96):
        moment = f"2026-11-23 {quarter // 4:02}:{quarter % 4 * 15:02}"
        book(engine, G2, moment, 10, recovered=quarter >= 72)
    [row] = report(engine, "c2", "2026-11-23").rows
    assert (row.recovered_share, row.missing_share) == (0.25, 0.0)


def test_a_building_is_the_sum_of_its_submeters(engine: sa.Engine) -> None:
    book(engine, S1, "2026-11-23 12:00", 40)
    book(engine, PV, "2026-11-23 12:00", 9)
    made = report(engine, "b1")
    assert (made.total.consumption_wh, made.total.grid_import_wh) == (40, None)
    assert made.total.pv_wh == 9
    assert made.notes == ("consumption_from_submeters",)


def test_a_site_without_meters_is_wholly_unknown(engine: sa.Engine) -> None:
    bare = estate({"c1": None}, [])
    made = report(engine, "c1", of=bare)
    assert {row.consumption_wh for row in made.rows} == {None}
    assert made.total.missing_share == 1.0
    assert made.notes == ("no_meter",)


def test_resets_and_jumps_stand_on_the_report(engine: sa.Engine) -> None:
    moment = ms("2026-11-23 12:00")
    step(engine, [(G2, Step(StepKind.RESET, moment, 9, 0)),
                  (PV, Step(StepKind.JUMP, moment, 9, 10**12)),
                  (G1, Step(StepKind.OUTLIER, moment, 9, 0))])  # fmt: skip
    assert report(engine, "c2").notes == ("counter_reset",)
    assert report(engine, "town").notes == ("counter_jump", "counter_reset")
    assert report(engine, "c2", "2026-10").notes == ()


def test_every_note_has_a_text(engine: sa.Engine) -> None:
    import reports.energy as energy
    import reports.meter_tree as tree

    keys = {tree.NO_METER, tree.SUBMETERS, tree.UNMETERED, tree.ROLE_ASSUMED, tree.ROLES_MISSING}
    keys |= {
        tree.NO_EXPORT,
        energy.PARTLY_UNKNOWN,
        energy.RUNNING,
        energy.INTEGRATED,
        *energy.STEP_NOTES.values(),
    }
    assert keys | {NO_SUBMETERS} == set(texts().notes)


def test_unknown_site_and_period(engine: sa.Engine) -> None:
    with pytest.raises(UnknownSiteError):
        report(engine, "c9")
    with pytest.raises(InvalidPeriodError):
        report(engine, "c1", "November")
    with pytest.raises(InvalidPeriodError):
        report(engine, "c1", "2026-11", "hour")


def test_a_database_without_tables_is_one_clear_error() -> None:
    empty = sa.create_engine("sqlite://")
    with pytest.raises(UnreadableDatabaseError, match="cannot be read"):
        report(empty, "c1")
    empty.dispose()


quarters = st.tuples(
    st.sampled_from([G1, X1, G2, X2, PV, PILE]), st.integers(0, 89), st.integers(0, 10**7)
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(quarters, max_size=40))
def test_days_add_up_to_months_and_communities_to_the_estate(
    engine: sa.Engine, heard: list[tuple[Series, int, int]]
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.delete(intervals))
    first = dt.date(2026, 10, 3)
    for series, day, wh in heard:
        book(engine, series, f"{first + dt.timedelta(days=day)} 07:15", wh)
    by_site = {}
    for site in ("town", "c1", "c2"):
        months, days = report(engine, site, "2026", "month"), report(engine, site, "2026-11")
        [november] = [row for row in months.rows if row.period == "2026-11"]
        for name in COLUMNS:
            assert getattr(november, name) == getattr(days.total, name)
            for made in (days, months):
                assert getattr(made.total, name) == added(getattr(row, name) for row in made.rows)
        by_site[site] = days
    for name in COLUMNS:
        for rows in zip(*(by_site[site].rows for site in ("town", "c1", "c2")), strict=True):
            town, *parts = (getattr(row, name) for row in rows)
            assert town == added(parts)


COLUMNS = ("consumption_wh", "grid_import_wh", "grid_export_wh", "pv_wh", "charging_wh")


def added(energies: Iterable[float | None]) -> float | None:
    known = [energy for energy in energies if energy is not None]
    return sum(known) if known else None


def test_the_worked_example_of_the_documentation(engine: sa.Engine) -> None:
    """docs/energy.md, 'One example by hand'; change both together."""
    centre = estate(
        {"c1": None},
        [
            device("g1", "electricity_meter", "c1", role="grid", ct_ratio=40),
            device("pv", "pv_inverter", "c1"),
        ],
    )
    grid = [("09:00", 100.0), ("09:10", 100.1), ("09:20", 100.3), ("10:00", 100.7)]
    sun = [("09:00", 2000), ("09:10", 2001), ("09:20", 2002), ("09:30", 2003), ("09:40", 2004),
           ("09:50", 2005), ("10:00", 2006)]  # fmt: skip
    samples = [
        Sample("g1", ms(f"2026-11-23 {at}"),
               {"active_energy_import": kwh * 1000, "active_energy_export": 5_000.0})
        for at, kwh in grid
    ]  # fmt: skip
    samples += [
        Sample("pv", ms(f"2026-11-23 {at}"), {"active_energy_total": kwh * 1000}) for at, kwh in sun
    ]
    IntervalLedger(engine, centre, now_ms=lambda: 0).backfill(samples)
    with engine.connect() as connection:
        found = connection.execute(
            sa.select(intervals.c.amount, intervals.c.recovered_amount)
            .where(intervals.c.device == "g1", intervals.c.point == "active_energy_import")
            .order_by(intervals.c.start_ms)
        )
        assert [tuple(row) for row in found] == [
            (8_000_000, 0), (8_000_000, 4_000_000), (6_000_000, 6_000_000), (6_000_000, 6_000_000),
        ]  # fmt: skip
    made = report(engine, "c1", "2026-11-23", now_ms=ms("2026-11-23 10:00"), of=centre)
    [row] = made.rows
    assert row.consumption_wh == 34_000
    assert (row.grid_import_wh, row.grid_export_wh, row.pv_wh) == (28_000, 0, 6_000)
    assert row.charging_wh is None
    assert row.missing_share == pytest.approx(0.9)
    assert row.recovered_share == pytest.approx(16 / 34)
