"""Work orders by team in the safety report."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from alerts import duty_book
from alerts.contacts import DutyList
from alerts.order_book import WorkOrderBook
from alerts.work_orders import Agreed, Deed, OrderStep
from records.audit import SYSTEM
from records.engine import transaction
from reports.order_columns import COLUMNS, order_rows
from reports.render_safety import safety_csv, safety_table
from reports.safety import SafetyReportData, safety_report
from reports.texts import Language
from tests.alerts.desk import START, Desk
from tests.alerts.test_order_book import wanted

WANG = "person:wang"
PEOPLE = DutyList.model_validate(
    {
        "contacts": [{"id": "wang", "name": "王伟"}],
        "teams": [{"id": "lifts", "name": {"zh": "电梯组", "en": "Lifts"}, "members": ["wang"]}],
    }
)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    with transaction(desk.engine) as connection:
        duty_book.replace(connection, PEOPLE, SYSTEM, START)
    book = WorkOrderBook(desk.engine)
    agreed = Agreed(accept=START + 60_000, arrive=START + 600_000)
    order = book.make(replace(wanted(), team="lifts", agreed=agreed, site="hall"), START)
    book.step(order.id, Deed(OrderStep.ACCEPT, WANG, START + 30_000))
    book.step(order.id, Deed(OrderStep.ARRIVE, WANG, START + 900_000))
    book.make(wanted(), START + 1)
    yield desk
    desk.close()


def report(desk: Desk, site: str | None = None) -> SafetyReportData:
    chosen = site or desk.estate.id
    return safety_report(desk.engine, desk.estate, chosen, "2023-11", now_ms=START + 3_600_000)


def test_a_row_a_team_and_all_together_in_every_rendering(desk: Desk) -> None:
    found = report(desk)
    rows = list(order_rows(found, Language.EN, "-"))
    team = dict(zip(COLUMNS, rows[0], strict=True))
    assert (team["team"], team["orders_made"], team["orders_late"]) == ("Lifts", "1", "1")
    assert (team["order_to_accept"], team["order_to_arrive"]) == ("0.5", "15.0")
    assert (team["kept_accept"], team["kept_arrive"], team["kept_finish"]) == (
        "100.00",
        "0.00",
        "-",
    )
    assert [row[0] for row in rows] == ["Lifts", "No team", "Total"]
    assert rows[2][1] == "2"
    lines = list(csv.reader(io.StringIO(safety_csv(found, Language.EN))))
    assert rows[0][:2] in [line[:2] for line in lines]
    console = Console(width=300, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(safety_table(found, Language.ZH))
    assert "电梯组" in capture.get()


def test_of_a_site_only_its_orders_and_without_any_no_block(desk: Desk) -> None:
    assert report(desk, "hall").orders.total.orders == 2
    other = next(site for site in desk.estate.sites if "hall" not in desk.estate.below(site))
    assert list(order_rows(report(desk, other), Language.EN, "-")) == []
    assert "Work orders" not in safety_csv(report(desk, other), Language.EN)
