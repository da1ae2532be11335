"""The charging report, from raw counter lines to the last cell."""

from pathlib import Path

import pytest

from collectors.sample import Sample
from reports.document import Report
from reports.errors import InvalidOptionError
from tests.reports.charging_towns import (
    TOTAL,
    TOWN,
    cells,
    documented,
    made,
    quarters,
    say,
    with_tariff,
)
from tests.reports.estates import device, estate
from tests.reports.ledgers import ledger, ms

DOC, DAY = "charging.md", "2026-11-23"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Report:
    engine = ledger()
    say(engine, TOWN, [
        Sample("p1", ms(f"{DAY} {time}"), {"state": state, TOTAL: float(wh)})
        for time, state, wh in documented(DOC, "time")
    ])  # fmt: skip
    quarters(engine, DAY, documented(DOC, "quarter"))
    folder = with_tariff(tmp_path_factory.mktemp("estate"))
    return made(engine, "charging", DAY, folder=folder, options={"sessions": "yes"})


def test_the_sessions_are_those_of_the_document(example: Report) -> None:
    found = cells(
        example.sheet("sessions"), "begin", "end", "energy", "charging_time", "idle", "ending"
    )
    assert found == documented(DOC, "begin")


def test_the_line_of_the_site_is_that_of_the_document(example: Report) -> None:
    found = cells(example.sheet("sites"), "connectors", "counted", "pv_energy", "pv_share", "cost")
    assert found == documented(DOC, "connectors")


def test_sessions_and_what_is_outside_of_them_are_the_counter(example: Report) -> None:
    every = cells(example.sheet("piles"), "sessions", "energy", "counted", "outside", "faulted")
    assert every == [["2", "5.5", "5.5", "0", "1"]] * 2


def test_use_by_the_hour_of_day(example: Report) -> None:
    rows = {row[0]: row[1:] for row in cells(
        example.sheet("hours"), "hour", "occupied", "charging", "energy", "pv_share")}  # fmt: skip
    # 55 and 36 minutes plugged, 30 and 20 minutes charging.
    assert rows["09:00"] == ["91.67", "50.00", "3.5", "75.50"]
    assert rows["10:00"] == ["60.00", "33.33", "2", "25.00"]
    assert rows["11:00"] == ["0.00", "0.00", "", ""]


def test_a_pile_that_is_silent_is_unknown_and_not_zero() -> None:
    found = made(ledger(), "charging", DAY)
    assert cells(found.sheet("piles"), "counted", "outside")[0] == ["", ""]
    assert cells(found.sheet("sites"), "counted", "pv_share", "cost") == [["", "", ""]]
    shares = found.sheet("piles").rows[0].shares
    assert shares is not None
    assert shares.missing == 1.0


def test_pv_whose_feed_in_is_not_metered_gives_no_share() -> None:
    town = estate({"c1": None}, [
        device("m1", "electricity_meter", "c1", role="grid", points=("active_energy_import",)),
        device("pv1", "pv_inverter", "c1"), device("p1", "ev_charger", "c1"),
    ])  # fmt: skip
    found = made(ledger(), "charging", DAY, of=town)
    assert "export_unknown" in {one.key for one in found.notes}


def test_an_option_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(InvalidOptionError, match="sessions 'all' is not one of yes, no"):
        made(ledger(), "charging", DAY, options={"sessions": "all"})
