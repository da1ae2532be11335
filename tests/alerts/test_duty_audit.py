"""Nobody on duty, no account, no route: an emergency is told all the same, or that is an alarm."""

from typing import Any

import pytest
import sqlalchemy as sa

from alerts import duty_book, tables
from alerts.alarm import Transition
from alerts.contacts import Directory, DutyList
from alerts.duty_audit import Auditor
from alerts.maintenance import Scope
from alerts.maintenance_rows import WantedWindow
from alerts.routes import Route, Routes
from records.audit import SYSTEM
from records.engine import reading, transaction
from tests.alerts.desk import RULES, START, Desk

PART = "panel-1/p002"


def duty(*, unattended: bool = False, forgotten: bool = True) -> DutyList:
    """Wang and Li share a desk; for today the crew was taken out and nobody put in."""
    swap = [{"date": "2023-11-14", "shift": "all", "crew": []},
            {"date": "2023-11-15", "shift": "all", "crew": []}]  # fmt: skip
    return DutyList.model_validate(
        {
            "contacts": [
                {"id": "wang", "name": "王", "webhook": "http://h/wang", "phone": "13800000001"},
                {"id": "li", "name": "李", "webhook": "http://h/li", "phone": "13800000002"},
            ],
            "schedules": [
                {
                    "id": "desk", "name": {"zh": "值班", "en": "Desk"}, "begins": "2023-01-02",
                    "unattended": unattended, "exceptions": swap if forgotten else [],
                    "shifts": [{"shift": "all", "start": "08:00", "end": "08:00",
                                "weeks": [["wang"] * 6 + ["li"]]}],
                }
            ],
        }
    )  # fmt: skip


def route(**more: object) -> Route:
    given = {"when": {"severity": "emergency"}, "notify": [{"on_duty": "desk", "by": "webhook"}]}
    return Route.model_validate(given | more)


def desk_of(listed: DutyList, *routes: Route) -> Desk:
    made = Desk(routes=Routes(routes))
    with transaction(made.engine) as connection:
        duty_book.replace(connection, listed, SYSTEM, START)
    return made


def told(desk: Desk) -> list[str]:
    query = sa.select(tables.outbox.c.payload).order_by(tables.outbox.c.id)
    with reading(desk.engine) as connection:
        return [str(one["contact"]) for one in connection.execute(query).scalars()]


def audited(desk: Desk, at_s: float) -> list[tuple[str, Any]]:
    Auditor(
        desk.engine, now_ms=lambda: START + round(at_s * 1000),
        routes=lambda: desk.routes, rules=lambda: RULES,
    ).look()  # fmt: skip
    found = desk.repository.open_alarms()
    return [
        (one.rule, one.value)
        for one in found
        if one.device == "sitewatch" and one.active and one.rule != "duty_gap"
    ]


def test_in_a_gap_an_emergency_is_told_to_everyone_of_the_schedule() -> None:
    desk = desk_of(duty(), route(), route(when={"severity": "high"}))
    desk.say(PART, 0, {"smoke": True})
    assert told(desk) == ["li", "wang"]
    assert audited(desk, 60) == []
    desk.say("lift-1", 1, {"alarm_button": True})
    assert told(desk) == ["li", "wang"], "what is no emergency waits for who is on duty"


def test_a_gap_that_is_meant_stays_one_and_then_nobody_told_is_an_alarm() -> None:
    desk = desk_of(duty(unattended=True), route())
    desk.say(PART, 0, {"smoke": True})
    assert told(desk) == []
    number = desk.repository.open_alarms()[0].id
    assert audited(desk, 3) == [], "its messages may still be written"
    assert audited(desk, 60) == [("nobody_reached", f"alarm {number}")]
    desk.ack("smoke_detector_fire", PART, 61)
    assert audited(desk, 120) == []


@pytest.mark.parametrize("when", [{"class": "gas"}, {"severity": "emergency", "site": "east"}])
def test_an_emergency_that_no_route_takes_is_an_alarm(when: dict[str, object]) -> None:
    desk = desk_of(duty(forgotten=False), route(when=when))
    desk.say(PART, 0, {"smoke": True})
    number = desk.repository.open_alarms()[0].id
    assert audited(desk, 60) == [("nobody_reached", f"alarm {number}")]


def test_where_the_page_is_the_only_channel_that_is_no_fault() -> None:
    desk = desk_of(duty())
    desk.say(PART, 0, {"smoke": True})
    assert audited(desk, 60) == []


def test_without_by_only_channels_with_an_account_are_tried() -> None:
    anyhow = route(notify=[{"contact": "wang"}])
    desk = desk_of(duty(), anyhow)
    desk.routes = Routes((anyhow,), usable=frozenset({"webhook", "aliyun_sms"}))
    desk.say(PART, 0, {"smoke": True})
    with reading(desk.engine) as connection:
        channels = set(connection.execute(sa.select(tables.outbox.c.channel)).scalars())
    assert channels == {"webhook", "aliyun_sms"}
    named = route(notify=[{"contact": "wang", "by": "smpp"}])
    everyone = Directory.of(duty())
    alarm = desk.repository.open_alarms()[0]
    [only] = Routes((named,), usable=frozenset()).told(alarm, Transition.RAISED, everyone, START)
    assert only.target.channel == "smpp", "what a route names is tried, and fails as an alarm"


def test_whom_no_channel_with_an_account_reaches_is_an_alarm() -> None:
    desk = desk_of(duty(), route(notify=[{"contact": "wang"}]))
    desk.routes = Routes(desk.routes.routes, usable=frozenset({"email"}))
    [(rule, value)] = audited(desk, 0)
    assert rule == "nobody_reached"
    assert "contact wang" in value


@pytest.mark.parametrize("held_first", [True, False])
def test_what_two_persons_took_out_of_service_is_no_stalled_escalation(held_first: bool) -> None:
    desk = desk_of(duty(forgotten=False), route(escalate="default"))
    if not held_first:
        desk.say(PART, 1, {"smoke": True})
    holds = desk.repository.holds
    scope = Scope(site="centre", classes=("fire",))
    wanted = WantedWindow("wang", "panel is replaced", scope, START, START + 3_600_000)
    number = holds.plan(wanted, "person:li", START + 2_000).id
    holds.confirm(number, "person:zhao", START + 3_000)
    if held_first:
        desk.say(PART, 4, {"smoke": True})
    alarm = desk.alarm("smoke_detector_fire", PART)
    assert alarm is not None
    assert alarm.held == ("out_of_service",)
    assert [one for one in audited(desk, 600) if one[0] == "escalation_stalled"] == []
    holds.end_window(number, "person:li", START + 900_000)
    released = desk.alarm("smoke_detector_fire", PART)
    assert released is not None
    assert released.held == ()
    late = [value for rule, value in audited(desk, 1200) if rule == "escalation_stalled"]
    assert late == [f"{released.id}: a step is late"], "now it is everybody's again"
