"""The flows of a site with PV and piles: the document's table, and all parts the whole."""

from fractions import Fraction

import pytest

from collectors.sample import Sample
from ingest.interval_tables import Series
from reports.document import Report
from tests.reports.charging_towns import TOTAL, TOWN, cells, documented, made, quarters, say
from tests.reports.estates import device, estate
from tests.reports.ledgers import book, ledger, ms

DOC, DAY = "charging.md", "2026-11-23"


@pytest.fixture(scope="module")
def example() -> Report:
    engine = ledger()
    say(engine, TOWN, [
        Sample("p1", ms(f"{DAY} {time}"), {"state": state, TOTAL: float(wh)})
        for time, state, wh in documented(DOC, "time")
    ])  # fmt: skip
    quarters(engine, DAY, documented(DOC, "quarter"))
    return made(engine, "pv_charging", DAY)


def test_the_flows_are_those_of_the_document(example: Report) -> None:
    assert cells(example.sheet("flows"), "from", "to", "energy") == documented(DOC, "from")


def test_sites_steps_hours_and_piles_add_up_to_the_flows(example: Report) -> None:
    keys = ("pv_to_charging", "pv_to_house", "pv_to_grid", "grid_to_charging", "grid_to_house")
    whole = [row[2] for row in documented(DOC, "from")]
    for sheet in ("sites", "steps"):
        assert cells(example.sheet(sheet), *keys)[-1] == whole
    hours = cells(example.sheet("hours"), *keys)
    assert [sum(Fraction(row[at] or 0) for row in hours) for at in range(5)] == [
        Fraction(one) for one in whole
    ]
    assert cells(example.sheet("piles"), "energy", "pv_to_charging") == [["5.5", "3.1425"]] * 2


def test_what_charging_took_beyond_the_supply_has_no_source() -> None:
    town = estate({"c1": None}, [
        device("m1", "electricity_meter", "c1", role="grid"),
        device("pv1", "pv_inverter", "c1"), device("p1", "ev_charger", "c1"),
        device("p2", "ev_charger", "c1"),
    ])  # fmt: skip
    engine = ledger()
    quarters(engine, DAY, [["09:00", "1000", "0", "1000"]])
    for pile, wh in (("p1", 1000), ("p2", 2000)):
        book(engine, Series(pile, TOTAL), f"{DAY} 09:00", wh)
    found = made(engine, "pv_charging", DAY, of=town)
    assert cells(found.sheet("flows"), "from", "energy")[-1] == ["Unmatched", "1"]
    assert cells(found.sheet("piles"), "energy", "pv_share") == [
        ["1", "33.33"], ["2", "33.33"], ["3", "33.33"],
    ]  # fmt: skip
    assert "unmatched" in {one.key for one in found.notes}


def test_a_site_without_data_is_unknown_and_one_without_pv_is_not_there() -> None:
    found = made(ledger(), "pv_charging", DAY)
    assert cells(found.sheet("flows"), "energy") == [[""]] * 5
    assert cells(found.sheet("sites"), "pv_share") == [[""], [""]]
    town = estate({"c1": None}, [
        device("m1", "electricity_meter", "c1", role="grid"), device("p1", "ev_charger", "c1"),
    ])  # fmt: skip
    other = made(ledger(), "pv_charging", DAY, of=town)
    assert "no_site" in {one.key for one in other.notes}
