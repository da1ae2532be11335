"""Alarms of deadlines over days, restarts and changes of the estate."""

from collections.abc import Iterator

import pytest

from alerts import proof_rows
from alerts.deadline_watch import DeadlineWatch
from alerts.proof_rows import WantedProof
from alerts.routes import Routes
from device_configs.estate import Device, Estate
from records.engine import transaction
from tests.alerts.desk import RULES, Desk
from tests.alerts.estates import make_estate
from tests.alerts.registered import day, lift

DAY_S = 86_400.0


class Office:
    """A desk with the watch of deadlines."""

    def __init__(self, *devices: Device) -> None:
        self.desk = Desk(make_estate(devices))
        self.estate: Estate = self.desk.estate
        self.restart()

    def restart(self) -> None:
        self.watch = DeadlineWatch(
            self.desk.engine, now_ms=self.desk.now_ms, estate=lambda: self.estate,
            rules=lambda: RULES, routes=Routes,
        )  # fmt: skip

    def on(self, number: float) -> list[str]:
        """A look so many days from the start; what it told."""
        self.desk.now_s = number * DAY_S
        return [f"{one.alarm.rule} {one.transition.value}" for one in self.watch.look()]


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office(lift(next_maintenance=day(5)))
    yield made
    made.desk.close()


def test_due_then_overdue_then_done(office: Office) -> None:
    assert office.on(0) == []
    assert office.on(2) == ["maintenance_due raised"]
    assert office.on(5) == []
    found = office.on(6)
    assert sorted(found) == ["maintenance_due returned", "maintenance_overdue raised"]
    alarm = office.desk.alarm("maintenance_overdue", "lift-1")
    assert alarm is not None
    assert (alarm.value, alarm.place, alarm.severity.value) == (day(5).isoformat(), "hall", "high")
    with transaction(office.desk.engine) as connection:
        wanted = WantedProof("lift-1", "maintenance", day(6), None, False, None)
        proof_rows.note(connection, wanted, "li", office.desk.now_ms())
    assert office.on(6.5) == ["maintenance_overdue returned"]
    assert office.on(17) == []
    assert office.on(18) == ["maintenance_due reraised"]


def test_a_restart_raises_nothing_twice(office: Office) -> None:
    office.on(3)
    for _ in range(3):
        office.restart()
        office.desk.start()
        assert office.on(3) == []
    assert office.desk.events("maintenance_due", "lift-1") == ["raised"]


def test_a_silent_lift_keeps_its_deadline_and_its_quality(office: Office) -> None:
    office.on(3)
    office.desk.tick(3 * DAY_S + 3600)
    office.desk.start()
    office.desk.tick(3 * DAY_S + 7200)
    alarm = office.desk.alarm("maintenance_due", "lift-1")
    assert alarm is not None
    assert (alarm.active, alarm.quality.value) == (True, "good")


def test_a_proof_that_was_taken_back_counts_no_more(office: Office) -> None:
    with transaction(office.desk.engine) as connection:
        wanted = WantedProof("lift-1", "maintenance", day(0), None, False, None)
        done = proof_rows.note(connection, wanted, "li", office.desk.now_ms())
    assert office.on(6) == []
    with transaction(office.desk.engine) as connection:
        proof_rows.take_back(connection, done.id, "wang", office.desk.now_ms())
    assert office.on(6) == ["maintenance_overdue raised"]


def test_the_estate_says_that_it_was_done(office: Office) -> None:
    office.on(3)
    office.estate = make_estate([lift(next_maintenance=day(20))])
    assert office.on(3) == ["maintenance_due returned"]


def test_an_elevator_that_leaves_the_estate_takes_its_deadlines_along(office: Office) -> None:
    office.on(6)
    office.estate = make_estate([])
    assert office.on(6) == ["maintenance_overdue withdrawn", "maintenance_overdue returned"]


def test_a_new_date_is_shown_while_the_alarm_is_open(office: Office) -> None:
    office.on(6)
    office.estate = make_estate([lift(next_maintenance=day(4))])
    office.on(6)
    alarm = office.desk.alarm("maintenance_overdue", "lift-1")
    assert alarm is not None
    assert alarm.value == day(4).isoformat()
