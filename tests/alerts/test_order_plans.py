"""`maintenance/*.yaml`: what is read, what is refused with file and line, and whom it means."""

import datetime as dt
from pathlib import Path

import pytest

from alerts.alarm import Alarm
from alerts.order_plans import OVERDUE, WorkPlans, load_work_plans
from device_configs.faults import InvalidConfigError
from tests.alerts.desk import Desk
from tests.alerts.estates import make_estate

GOOD = """
- {on: {class: pv_fault, severity: [high, medium], site: east}, team: pv-team,
   checklist: [look for arcs, {zh: 测量绝缘, en: measure the insulation}]}
- {on: {rule: smoke_detector_fire}, title: 到场核查, within: {accept: 2min, arrive: 10min}}
- {plan: lift-half-month, kinds: [elevator], sites: centre, every: 15d, lead: 3d, team: lifts,
   from: 2026-12-01, title: {zh: 半月维保, en: Half-monthly maintenance}, checklist: [brake]}
- {plan: panels, devices: [panel-1/p002, smoke-1], every: 6mo, title: Test}
"""


def loaded(folder: Path, text: str) -> WorkPlans:
    (folder / "maintenance").mkdir(exist_ok=True)
    (folder / "maintenance" / "all.yaml").write_text(text, encoding="utf-8")
    return load_work_plans(folder)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidConfigError) as caught:
        loaded(folder, text)
    return [str(fault) for fault in caught.value.faults]


def alarm_of(device: str, **values: bool) -> Alarm:
    desk = Desk()
    try:
        desk.say(device, 1, values)
        return desk.repository.open_alarms()[0]
    finally:
        desk.close()


def test_entries_are_read(tmp_path: Path) -> None:
    plans = loaded(tmp_path, GOOD)
    pv, fire = plans.alarms
    assert pv.team == "pv-team"
    assert [(one.zh, one.en) for one in pv.checklist] == [
        ("look for arcs", "look for arcs"), ("测量绝缘", "measure the insulation"),
    ]  # fmt: skip
    assert fire.within is not None
    assert fire.within.arrive == 600
    lifts, panels = plans.plans
    estate = make_estate()
    assert list(lifts.subjects(estate)) == ["lift-1", "lift-cq"]
    assert list(panels.subjects(estate)) == ["panel-1/p002", "smoke-1"]
    assert lifts.lead_days == 3
    due = lifts.due_days("lift-1", dt.date(2026, 11, 1), dt.date(2026, 12, 20))
    assert [day.isoformat() for day in due] == ["2026-12-01", "2026-12-16"]
    assert load_work_plans(tmp_path / "nowhere") == WorkPlans()


def test_the_first_entry_that_takes_an_alarm_makes_its_order(tmp_path: Path) -> None:
    alarm = alarm_of("smoke-1", smoke=True)
    plans = loaded(tmp_path, GOOD + "- {on: {class: fire}, team: others}\n")
    entry = plans.entry_for(alarm)
    assert entry is plans.alarms[1]
    assert plans.entry_for(alarm_of("rcm-1", alarm=True)) is None


def test_neither_a_test_nor_an_overdue_order_makes_one(tmp_path: Path) -> None:
    alarm = alarm_of("smoke-1", smoke=True)
    entry = loaded(tmp_path, "- {on: {}}").alarms[0]
    values = alarm.__dict__
    assert entry.takes(alarm)
    assert not entry.takes(Alarm(**{**values, "test": True}))
    assert not entry.takes(Alarm(**{**values, "rule": OVERDUE}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {on: {class: pv_falt}}", "all.yaml:1: [0].on.class: there is no class 'pv_falt'"),
        ("- {on: {kind: lift}}", "there is no kind 'lift'"),
        ("- {on: {test: true}}", "tests make no orders"),
        ("- {on: {}, checklist: [1]}", "checklist"),
        ("- {on: {}, within: {arrive: 1h, accept: 2h}}", "in this order"),
        ("- {plan: a, kinds: [elevator], every: 15, title: x}", "every"),
        ("- {plan: a, kinds: [elevator], every: 15h, title: x}", "no interval"),
        ("- {plan: a, kinds: [elevator], every: 15d, lead: 15d, title: x}", "lead"),
        ("- {plan: a, kinds: [elevator], every: 15d, from: 2026-13-01, title: x}", "from"),
        ("- {plan: a, every: 15d, title: x}", "name kinds or devices"),
        ("- {plan: a, kinds: [elevtor], every: 15d, title: x}", "did you mean 'elevator'"),
        ("- {plan: a, kinds: [elevator], every: 1d, title: x}\n" * 2, "a plan 'a' already"),
        ("plan: a", "a list of entries"),
        ("- [", "all.yaml"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in fault for fault in faults(tmp_path, text)), faults(tmp_path, text)
