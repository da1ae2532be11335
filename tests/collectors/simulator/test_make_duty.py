"""The demo's people are a sound duty list without a gap."""

import yaml

from alerts.contacts import Directory, DutyList
from alerts.duty import gaps
from alerts.order_plans import load_work_plans
from collectors.simulator.make_duty import DUTY
from collectors.simulator.make_estate import FOLDER

DAY_MS = 86_400_000
NOW = 1_795_600_000_000


def test_somebody_is_always_at_the_duty_desk() -> None:
    people = Directory.of(DutyList.model_validate(yaml.safe_load(DUTY)))
    [desk] = people.schedules.values()
    assert list(gaps(desk, NOW, NOW + 28 * DAY_MS, people.calendar)) == []


def test_orders_are_made_of_alarms_and_of_a_calendar() -> None:
    work = load_work_plans(FOLDER)
    assert {one.plan for one in work.plans} == {"lift-half-month", "fire-month", "pv-half-year"}
    assert len(work.alarms) == 2
