"""The demo's registers and days, as the service judges them on the day of the files."""

from collections import Counter

import yaml

from alerts.deadlines import judged
from alerts.order_plans import load_work_plans
from alerts.proofs import ProofBook
from alerts.rules import load_rules
from collectors.simulator.make_dates import DAY
from collectors.simulator.make_duty import DUTY
from collectors.simulator.make_estate import FOLDER
from device_configs.estate import Estate
from device_configs.kinds import FUNCTIONAL_TEST, System


def test_some_are_due_soon_one_is_overdue_and_one_has_lapsed(estate: Estate) -> None:
    rules = load_rules(FOLDER)
    told = {
        one.subject.device: one.rule.id
        for one in judged(estate, rules, ProofBook(estate), DAY)
        if one.holds
    }
    assert told == {
        "k06-lift": "maintenance_due",
        "k11-lift": "maintenance_due",
        "k05-lift": "maintenance_overdue",
        "k02-lift": "inspection_due",
        "d3-lift": "inspection_overdue",
    }


def test_every_lift_and_escalator_has_a_register_of_its_own(estate: Estate) -> None:
    lifts = [d for d in estate.devices.values() if d.profile.kind.system is System.ELEVATOR]
    registers = [one.entry.elevator for one in lifts if one.entry.elevator is not None]
    assert len(registers) == len(lifts)
    assert len({one.identity for one in registers}) == len(lifts)
    assert all(one.firm is not None and one.rescue_code is not None for one in registers)


def test_all_but_one_detector_was_tested_and_one_panel_too_long_ago(estate: Estate) -> None:
    book, found = ProofBook(estate), Counter[str]()
    for device in estate.devices.values():
        if FUNCTIONAL_TEST not in device.profile.kind.proofs:
            continue
        due = book.standing(device.id, FUNCTIONAL_TEST).due_on
        if due is None:
            found[f"never {device.id}"] += 1
        elif due < DAY:
            found[f"too long ago {device.id}"] += 1
    assert found == {"never d7-smoke": 1, "too long ago k04-panel": 1}


def test_the_plans_name_teams_of_the_demo_and_every_lift(estate: Estate) -> None:
    teams = {one["id"] for one in yaml.safe_load(DUTY)["teams"]}
    work = load_work_plans(FOLDER)
    assert {plan.team for plan in work.plans} <= teams
    assert {entry.team for entry in work.alarms} <= teams
    lifts = {d.id for d in estate.devices.values() if d.profile.kind.system is System.ELEVATOR}
    [half_month] = [plan for plan in work.plans if plan.plan == "lift-half-month"]
    assert set(half_month.subjects(estate)) == lifts
