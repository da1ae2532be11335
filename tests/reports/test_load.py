"""The load of a site."""

import datetime as dt
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from device_configs.estate import Estate
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series
from ingest.rollup_tables import ensure_rollups
from records.engine import reading, transaction
from reports.load import HOUR_MS, Load, LoadStep, load_of
from reports.meter_tree import meter_tree
from reports.periods import parse_period
from tests.reports.estates import device, estate
from tests.reports.ledgers import SHANGHAI, book, fill, ledger, ms

IN, OUT = Series("m1", "active_energy_import"), Series("m1", "active_energy_export")
PV = Series("pv", "active_energy_total")


def town() -> Estate:
    return estate(
        {"c1": None, "c2": None},
        [
            device("m1", "electricity_meter", "c1", role="grid"),
            device("pv", "pv_inverter", "c1"),
            device("m2", "electricity_meter", "c2", role="grid", points=["active_energy_import"]),
        ],
    )


def load(estate: Estate, engine: object, site: str, period: str) -> Load:
    span = parse_period(period, SHANGHAI).span
    with reading(engine) as connection:  # type: ignore[arg-type]
        return load_of(connection, estate, meter_tree(estate, site), span, ms("2026-12-01 00:00"))


def test_a_quarter_counts_where_the_whole_balance_is_known() -> None:
    engine = ledger()
    for moment in ("2026-11-02 10:00", "2026-11-02 10:15"):
        book(engine, IN, moment, 1_000)
        book(engine, OUT, moment, 200)
    book(engine, PV, "2026-11-02 10:00", 500)
    found = load(town(), engine, "c1", "2026-11-02")
    assert found.counts == {ms("2026-11-02 10:00"): 1_300_000}
    assert found.peak == (ms("2026-11-02 10:00"), Fraction(5_200))
    assert found.due == 96


def test_a_dead_meter_hides_only_its_own_community() -> None:
    engine = ledger()
    fill(engine, Series("m2", "active_energy_import"), "2026-11-02", 250)
    found = load(town(), engine, "town", "2026-11-02")
    assert (len(found.counts), found.mean_w, found.left_out) == (96, Fraction(1_000), ("c1",))


def test_a_year_is_looked_at_by_the_hour_and_says_the_same_energy() -> None:
    engine = ledger()
    for day in ("2026-03-01", "2026-03-02"):
        fill(engine, Series("m2", "active_energy_import"), day, 250)
    with transaction(engine) as connection:
        ensure_rollups(connection, SHANGHAI)
    year = load(town(), engine, "c2", "2026")
    days = load(town(), engine, "c2", "2026-03-01..2026-03-02")
    assert (year.step, days.step) == (LoadStep.HOUR, LoadStep.QUARTER)
    assert sum(year.counts.values()) == sum(days.counts.values()) == 48 * 1_000_000
    assert len(year.counts) == 48


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=96))
def test_figures_of_a_load(counts: list[int]) -> None:
    start = ms("2026-11-02 00:00")
    found = Load(
        LoadStep.QUARTER, {start + n * INTERVAL_MS: one for n, one in enumerate(counts)}, 96
    )
    assert found.peak is not None
    assert found.base_w is not None
    assert found.mean_w is not None
    assert found.base_w <= found.peak[1] == found.power_w(max(counts))
    assert found.base_w <= sorted(found.power_w(one) for one in counts)[len(counts) // 2]
    night = found.share(SHANGHAI, lambda moment: moment.hour < 6)
    day = found.share(SHANGHAI, lambda moment: moment.hour >= 6)
    if sum(counts):
        assert night is not None
        assert day is not None
        assert night + day == 1
    else:
        assert night is None
    curve = found.curve(SHANGHAI, lambda day: day == dt.date(2026, 11, 2))
    assert [one for one in curve.values() if one is not None] == [
        found.power_w(one) for one in counts
    ]
    assert HOUR_MS == 4 * INTERVAL_MS
