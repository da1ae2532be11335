"""Rules of fault codes for devices: each code of each table raises one alarm, as grave as it is."""

from collections.abc import Iterator

import pytest

from alerts.condition import State
from alerts.fault_choice import FaultChoice, reads_codes
from alerts.rule import Rule
from device_configs.fault_codes import FaultClass, FaultSeverity, library_tables
from tests.alerts.desk import RULES, Desk
from tests.alerts.estates import default_devices, device, make_estate

WHOLE = frozenset({"elevator_call_for_help", "elevator_door_faults"})
"""Rules that read codes and other things."""


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk(make_estate([one for one in default_devices() if one.id in {"lift-1", "lift-cq"}]))
    yield made
    made.close()


def _rules(table: str) -> list[Rule]:
    lift = device("lift-x", "elevator", fault_codes={"fault_code": table})
    estate = make_estate([lift])
    chosen = RULES.chosen("elevator", "lift-x", frozenset(), part=False)
    coded = {rule.id for rule in chosen if reads_codes(rule)} - WHOLE
    fitted = FaultChoice(estate).fitted(chosen, "lift-x")
    return [one for one in fitted if one.id in coded and one.point == "fault_code"]


@pytest.mark.parametrize("table", sorted(library_tables()))
def test_each_code_of_each_table_raises_exactly_what_it_says(table: str) -> None:
    rules = _rules(table)
    for code in library_tables()[table].codes:
        raised = [
            rule
            for rule in rules
            if isinstance(rule.condition, State) and rule.condition.judge(code.code).name == "TRUE"
        ]
        if code.severity is FaultSeverity.INFO:
            assert raised == [], (table, code.code)
            continue
        assert [one.severity.value for one in raised] == [code.severity.value], (table, code.code)
        entrapment = raised[0].alarm_class == "entrapment"
        assert entrapment == (code.fault_class is FaultClass.ENTRAPMENT)


@pytest.mark.parametrize("table", sorted(library_tables()))
def test_a_code_that_no_table_has_is_medium(table: str) -> None:
    raised = [
        rule
        for rule in _rules(table)
        if isinstance(rule.condition, State) and rule.condition.judge(777).name == "TRUE"
    ]
    assert [(one.id, one.severity.value) for one in raised] == [("elevator_fault_other", "medium")]


def test_the_alarm_has_the_makers_words(desk: Desk) -> None:
    desk.say("lift-1", 1, {"fault_code": 4})
    alarm = desk.alarm("elevator_fault_serious", "lift-1")
    assert alarm is not None
    assert alarm.title.zh == "电梯故障：轿厢在开锁区域外停止"
    assert alarm.title.en == "Elevator fault: Car stopped outside the unlocking zone"
    desk.say("lift-1", 2, {"fault_code": 91})
    other = desk.alarm("elevator_fault_other", "lift-1")
    assert other is not None
    assert other.title.en == "Other elevator fault: code 91, not in the table"


def test_the_same_code_means_what_the_table_of_the_profile_says(desk: Desk) -> None:
    desk.say("lift-cq", 1, {"fault_code": 91})
    grave = desk.alarm("elevator_fault_grave", "lift-cq")
    assert grave is not None
    assert (grave.severity.value, grave.title.zh) == ("emergency", "电梯严重故障：蹲底")
    desk.say("lift-cq", 2, {"fault_code": 93})
    trapped = desk.alarm("elevator_entrapment_code", "lift-cq")
    assert trapped is not None
    assert trapped.rescue is not None


def test_an_alarm_that_comes_again_has_the_words_of_its_new_code(desk: Desk) -> None:
    desk.say("lift-1", 1, {"fault_code": 1})
    desk.say("lift-1", 2, {"fault_code": 0})
    desk.tick(60)
    desk.say("lift-1", 61, {"fault_code": 41})
    alarm = desk.alarm("elevator_fault_serious", "lift-1")
    assert alarm is not None
    assert (alarm.occurrences, alarm.value, alarm.title.zh) == (2, 41, "电梯故障：主电源断电")


def test_a_drive_has_its_own_table_and_none_where_nobody_has_one(desk: Desk) -> None:
    desk.say("lift-cq", 1, {"drive_fault_code": 46})
    desk.say("lift-cq", 2, {"drive_fault_code": 77})
    desk.say("lift-1", 3, {"drive_fault_code": 46})
    assert [one for one in desk.open() if "drive" in one[0]] == [
        ("elevator_drive_fault", "lift-cq"), ("elevator_drive_other", "lift-cq"),
    ]  # fmt: skip
