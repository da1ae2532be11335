"""Whole months say what their days say, to the last count."""

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from device_configs.carriers import Carrier
from device_configs.estate import Estate
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from ingest.rollup_tables import add_to_rollups, rollup_zone
from records.engine import reading, transaction
from reports.carriers import Intake
from reports.consumption import CARRIERS, days_of, site_meters, sums_of, total
from reports.drawn import Drawn, drawn_of_sites, within
from reports.periods import Period, Step, parse_period, steps_of
from reports.stretches import any_month, counted, cuts_of, no_month, summed
from tests.reports.estates import device, estate
from tests.reports.ledgers import SHANGHAI, ledger, ms

PERIOD = parse_period("2026-01-20..2026-04-10", SHANGHAI)
"""Two whole months between parts of two others."""
GRID, FED_IN = Series("grid", "active_energy_import"), Series("grid", "active_energy_export")
PV, OTHER = Series("pv", "active_energy_total"), Series("other", "active_energy_import")
WATER, LET = Series("w1", "volume_total"), Series("w2", "volume_total")
SERIES = (GRID, FED_IN, PV, OTHER, WATER, LET)
DAYS = [day.start.date() for day in steps_of(PERIOD, Step.DAY)]
DAY_MS = 86_400_000


def town() -> Estate:
    return estate(
        {"c1": None, "c2": None},
        [
            device("grid", "electricity_meter", "c1", role="grid"),
            device("pv", "pv_inverter", "c1"),
            device("other", "electricity_meter", "c2", role="grid"),
            device("w1", "water_meter", "c1"),
            device("w2", "water_meter", "c2"),
        ],
    )


def a_day(state: str, amount: int) -> Amounts:
    half = DAY_MS // 2
    return {
        "read": Amounts(amount, covered_ms=DAY_MS),
        "bridged": Amounts(amount, recovered_amount=amount, recovered_ms=DAY_MS),
        "made": Amounts(amount, integrated_amount=amount, integrated_ms=DAY_MS),
        "half": Amounts(amount, covered_ms=half),
    }[state]


States = Mapping[tuple[Series, dt.date], str]
Silent = set[tuple[Series, int]]


def booked(states: States, silent: Silent) -> sa.Engine:
    """Days of counters, their months with them; each is read unless said otherwise."""
    engine = ledger()
    rows = []
    for number, one in enumerate(SERIES):
        for day in DAYS:
            state = states.get((one, day), "read")
            if state != "nothing" and (one, day.month) not in silent:
                amount = 1000 * (number + 1) + day.toordinal() % 7
                rows.append(((*one, ms(f"{day} 00:00")), a_day(state, amount)))
    with transaction(engine) as connection:
        add_to_rollups(connection, rows, SHANGHAI)
        connection.execute(sa.insert(rollup_zone).values(name=SHANGHAI.key))
    return engine


STATES = st.dictionaries(
    st.tuples(st.sampled_from(SERIES), st.sampled_from(DAYS)),
    st.sampled_from(["nothing", "half", "bridged", "made"]),
    max_size=5,
)
SILENT = st.sets(st.tuples(st.sampled_from(SERIES), st.sampled_from([2, 3])), max_size=4)
NOW = st.sampled_from(
    ["2026-02-14 13:00", "2026-03-01 00:00", "2026-04-10 23:00", "2027-01-01 00:00"]
)


@settings(deadline=None, max_examples=25)
@given(STATES, SILENT, NOW)
def test_months_and_days_come_to_the_same(states: States, silent: Silent, now: str) -> None:
    engine, plan = booked(states, silent), town()
    sites = [site_meters(plan, site) for site in ("town", "c1", "c2")]
    months = [one for one in steps_of(parse_period("2026-H1", SHANGHAI), Step.MONTH)]
    with reading(engine) as connection:
        fast = days_of(connection, plan, sites, PERIOD, ms(now))
        slow = days_of(connection, plan, sites, PERIOD, ms(now), by_day=True)
        sums = sums_of(connection, plan, SERIES, PERIOD, ms(now))
        ((daily),) = counted(connection, plan, [SERIES], PERIOD, ms(now), no_month)
    for site in slow:
        for carrier in CARRIERS:
            for cut in (None, *months):
                assert total(fast[site], carrier, cut) == total(slow[site], carrier, cut)
        for figure in ("pv", "bought"):
            each = [sum((getattr(day, figure) for day in every), Drawn())
                    for every in (fast[site], slow[site])]  # fmt: skip
            assert each[0] == each[1]
    for one in SERIES:
        found = [amounts[one] for _, amounts in daily if one in amounts]
        assert sums[one] == sum(found, Amounts())
    engine.dispose()


@settings(deadline=None, max_examples=20)
@given(STATES, SILENT, NOW, st.booleans())
def test_what_is_taken_off_is_judged_by_the_day(
    states: States,
    silent: Silent,
    now: str,
    a_factor_changes: bool,
) -> None:
    engine, plan = booked(states, silent), town()
    sites = [[Intake(Carrier.WATER, (WATER,), (LET,))], [Intake(Carrier.WATER, (LET, WATER))]]

    def whole(month: Period) -> bool:
        return not (a_factor_changes and month.name == "2026-02")

    with reading(engine) as connection:
        fast = drawn_of_sites(connection, plan, sites, PERIOD, ms(now), whole)
        slow = drawn_of_sites(connection, plan, sites, PERIOD, ms(now), no_month)
    assert [within(one, PERIOD, 0) for one in fast] == [within(one, PERIOD, 0) for one in slow]
    if a_factor_changes:
        february = [day for day, _ in fast[1] if day.start.month == 2]
        assert all(day.span.length == DAY_MS for day in february)
    engine.dispose()


def test_a_month_with_a_hole_is_read_by_the_day_and_only_where_it_is() -> None:
    engine, plan = booked({(OTHER, dt.date(2026, 3, 5)): "half"}, set()), town()
    with reading(engine) as connection:
        first, second = counted(
            connection, plan, [[GRID, PV], [OTHER]], PERIOD, ms("2027-01-01 00:00")
        )
    assert [day.name for day, _ in first if day.span.length > DAY_MS] == ["2026-02", "2026-03"]
    assert [day.name for day, _ in second if day.span.length > DAY_MS] == ["2026-02"]
    assert len(first) == 12 + 2 + 10
    assert len(second) == 12 + 1 + 31 + 10
    engine.dispose()


def test_a_month_that_runs_is_read_by_the_day() -> None:
    months, days = cuts_of(PERIOD, ms("2026-03-03 12:00"), any_month)
    assert [month.name for month, _ in months] == ["2026-02"]
    assert [day.name for day in days][-3:] == ["2026-03-01", "2026-03-02", "2026-03-03"]


def test_nothing_known_sums_to_nothing() -> None:
    engine = ledger()
    with reading(engine) as connection:
        assert summed(connection, town(), SERIES, PERIOD, ms("2027-01-01 00:00")) == {}
    engine.dispose()
