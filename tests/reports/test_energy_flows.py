"""Flows of energy: what comes in is what goes out, to the last count."""

from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.interval_tables import Series
from ingest.rollup import Span
from ingest.rollup_tables import ensure_rollups
from records.engine import reading, transaction
from reports.energy_flows import chargers_by_balance, flows_of_step, pile_shares, site_flows
from reports.meter_tree import meter_tree
from tests.reports.charging_towns import TOTAL, TOWN, quarters
from tests.reports.estates import device, estate
from tests.reports.ledgers import book, fill, ledger, ms

PILES = ["p1", "p2", "p3"]
COUNTS = st.integers(0, 10**12)


@settings(max_examples=300, deadline=None)
@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_all_that_comes_in_goes_out(pv: int, export: int, imported: int, cars: int) -> None:
    found = flows_of_step(pv, export, imported, cars)
    assert min(
        found.pv_to_charging, found.pv_to_house, found.pv_to_grid, found.grid_to_charging,
        found.grid_to_house, found.unmatched,
    ) >= 0  # fmt: skip
    assert found.pv == pv
    assert found.charging == cars
    if export <= pv:
        assert (found.pv_to_grid, found.imported) == (export, imported)
    if found.supply:
        share = Fraction(found.pv_used, found.supply)
        assert 0 <= share * (cars - found.unmatched) - found.pv_to_charging < 1


def test_a_step_of_which_one_counter_is_unknown_is_left_out() -> None:
    engine, (balance,) = ledger(), meter_tree(TOWN, "c1").balances
    rows = [[f"09:{n}", "100", "40", "30"] for n in ("00", "15", "30")]
    quarters(engine, "2026-11-23", rows)
    for time in ("09:00", "09:30"):
        book(engine, Series("p1", TOTAL), f"2026-11-23 {time}", 9)
    piles = chargers_by_balance(TOWN, meter_tree(TOWN, "c1"))["c1"]
    assert [name for name, _ in piles] == ["p1"]
    span = _span("2026-11-23 09:00", "2026-11-23 10:00")
    with reading(engine) as connection:
        whole = site_flows(connection, TOWN, balance, piles, span, span.end)
        # Too little is known of the pile: it does not hide what is known of the rest.
        assert whole.left_out == ("p1",)
        assert (len(whole.each), whole.due) == (3, 4)
        assert whole.missing == 0.25
        without = site_flows(connection, TOWN, balance, [], span, span.end)
        half = site_flows(connection, TOWN, balance, piles, span, span.start + 900_000)
    assert without.total == whole.total
    assert (half.left_out, half.total.pv_to_charging) == ((), 9000 * 60 // 90)


def test_the_flows_of_a_year_by_the_hour_are_those_of_its_quarters() -> None:
    engine, tree = ledger(), meter_tree(TOWN, "c1")
    for series, wh in ((("m1", "active_energy_import"), 400), (("m1", "active_energy_export"), 7),
                       (("pv1", TOTAL), 300), (("p1", TOTAL), 50)):  # fmt: skip
        fill(engine, Series(*series), "2026-03-01", wh)
    piles = chargers_by_balance(TOWN, tree)["c1"]
    with transaction(engine) as connection:
        ensure_rollups(connection, TOWN.timezone)
    with reading(engine) as connection:
        found = [
            site_flows(connection, TOWN, tree.balances[0], piles, _span(*each), 2**50)
            for each in (
                ("2026-03-01 00:00", "2026-03-02 00:00"), ("2026-01-01 00:00", "2027-01-01 00:00"),
            )
        ]  # fmt: skip
    assert [one.length_ms for one in found] == [900_000, 3_600_000]
    assert [len(one.each) for one in found] == [96, 24]
    assert found[0].total.pv == found[1].total.pv == 96 * 300_000
    assert abs(found[0].total.pv_to_charging - found[1].total.pv_to_charging) < 96


def test_the_pv_of_the_piles_adds_up_to_that_of_their_site() -> None:
    town = estate({"c1": None}, [
        device("m1", "electricity_meter", "c1", role="grid"), device("pv1", "pv_inverter", "c1"),
        *(device(name, "ev_charger", "c1") for name in PILES),
    ])  # fmt: skip
    engine, tree, random = ledger(), meter_tree(town, "c1"), Random(7)
    rows = [[random.randrange(3000) for _ in range(5)] for _ in range(48)]
    rows[5][2:] = [0, 0, 0]
    for at, (pv, imported, *drawn) in enumerate(rows):
        time = f"{at // 4:02d}:{at % 4 * 15:02d}"
        quarters(engine, "2026-11-23", [[time, str(pv), "0", str(imported)]])
        for name, wh in zip(PILES, drawn, strict=True):
            book(engine, Series(name, TOTAL), f"2026-11-23 {time}", wh)
    span = _span("2026-11-23 00:00", "2026-11-23 12:00")
    with reading(engine) as connection:
        piles = chargers_by_balance(town, tree)["c1"]
        found = site_flows(connection, town, tree.balances[0], piles, span, span.end)
        shares = pile_shares(connection, found)
    assert len(found.each) == 48
    assert sum(of_pv for _, of_pv in shares.values()) == found.total.pv_to_charging
    steps = list(zip(rows, found.each.values(), strict=True))
    for number, name in enumerate(PILES, 2):
        drawn_by, of_pv = shares[Series(name, TOTAL)]
        assert drawn_by == sum(row[number] * 1000 for row in rows)
        exact = sum(
            (Fraction(row[number] * 1000 * step.pv_to_charging, step.charging)
             for row, step in steps if step.charging), Fraction(0),
        )  # fmt: skip
        assert abs(of_pv - exact) < 48


def test_piles_stand_in_the_balance_nearest_above_them() -> None:
    town = estate({"c1": None, "c2": "c1", "b1": "c2"}, [
        device("m1", "electricity_meter", "c1", role="grid"),
        device("p1", "ev_charger", "b1"), device("p2", "ev_charger", "c1"),
    ])  # fmt: skip
    found = chargers_by_balance(town, meter_tree(town, "town"))
    assert [name for name, _ in found["c1"]] == ["p1", "p2"]


def _span(start: str, end: str) -> Span:
    return Span(ms(start), ms(end))
