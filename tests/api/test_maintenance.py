"""Shelves, maintenance windows and drills: by whom, within which sites, and audited."""

import pytest

from alerts.alarm import Severity
from records import audit
from records.engine import reading
from records.people import Role
from tests.api.house import Built


@pytest.fixture
def desk(town: Built) -> Built:
    town.person("li", Role.OPERATOR)
    town.person("wang", Role.MAINTAINER)
    town.person("zhao", Role.OPERATOR, Role.MAINTAINER, sites=("north",))
    return town


def leak(town: Built) -> int:
    return town.alarm("panel/p001", rule="water_leak", alarm_class="leak")


def audited(town: Built) -> list[str]:
    with reading(town.house.engine) as connection:
        return [row.action for row in audit.entries(connection, 1000)]


async def test_an_alarm_is_shelved_and_taken_back(desk: Built) -> None:
    number = leak(desk)
    async with desk.signed_in("li") as client:
        path = f"/api/v1/alarms/{number}"
        answer = await client.post(
            f"{path}/shelve", json={"reason": "plumber is coming", "duration_s": 600}
        )
        assert answer.status_code == 200, answer.text
        shelved = answer.json()
        assert shelved["held"] == ["shelved"]
        assert shelved["shelving_state"] == "TimedShelved"
        assert shelved["suppressed_or_shelved"] is True
        assert shelved["shelved_by"] == "person:li"
        assert shelved["max_time_shelved_s"] == 8 * 3600
        events = (await client.get(f"{path}/events")).json()
        assert [(e["event"], e["note"]) for e in events][-1] == ("shelved", "plumber is coming")
        back = (await client.post(f"{path}/unshelve", json={"note": "done"})).json()
        assert (back["held"], back["shelving_state"]) == ([], "Unshelved")
        assert (await client.post(f"{path}/unshelve")).status_code == 409
        once = await client.post(f"{path}/shelve", json={"reason": "again", "once": True})
        assert once.json()["shelving_state"] == "OneShotShelved"
    actions = audited(desk)
    assert actions.count("alarm.shelved") == 2
    assert actions.count("alarm.unshelved") == 1


async def test_what_cannot_be_shelved(desk: Built) -> None:
    fire = desk.alarm("panel/p002", Severity.EMERGENCY)
    number = leak(desk)
    async with desk.signed_in("li") as client:
        for alarm, body, status in (
            (fire, {"reason": "why not"}, 409),
            (number, {"reason": "long", "duration_s": 9 * 3600}, 409),
            (number, {"reason": ""}, 422),
            (number, {}, 422),
            (999, {"reason": "why"}, 404),
        ):
            answer = await client.post(f"/api/v1/alarms/{alarm}/shelve", json=body)
            assert answer.status_code == status, answer.text
    async with desk.signed_in("zhao") as client:
        answer = await client.post(f"/api/v1/alarms/{number}/shelve", json={"reason": "x"})
        assert answer.status_code == 404
    assert "alarm.shelved" not in audited(desk)


async def test_a_window_is_planned_confirmed_by_another_and_ended(desk: Built) -> None:
    number = desk.alarm("panel/p001", Severity.EMERGENCY)
    body = {
        "owner": "wang", "reason": "loop 3 is replaced", "devices": ["panel"],
        "classes": ["fire"], "ends_at": "2099-01-01T00:00:00Z",
    }  # fmt: skip
    async with desk.signed_in("wang") as wang, desk.signed_in("li") as li:
        assert (await wang.post("/api/v1/maintenance", json=body)).status_code == 409
        end = desk.later(3600)
        made = await wang.post("/api/v1/maintenance", json={**body, "ends_at": end})
        assert made.status_code == 201, made.text
        window = made.json()
        assert (window["needs_second_person"], window["running"]) == (True, True)
        path = f"/api/v1/maintenance/{window['id']}"
        assert (await wang.post(f"{path}/confirm")).status_code == 409
        assert (await li.get(f"/api/v1/alarms/{number}")).json()["held"] == []
        assert (await li.post(f"{path}/confirm")).json()["confirmed_by"] == "person:li"
        assert (await li.get(f"/api/v1/alarms/{number}")).json()["held"] == ["out_of_service"]
        assert (await li.post(f"{path}/end")).json()["running"] is False
        assert (await li.get(f"/api/v1/alarms/{number}")).json()["held"] == []
        listed = (await li.get("/api/v1/maintenance")).json()["items"]
        assert [(one["id"], one["ended_by"]) for one in listed] == [(window["id"], "person:li")]
    assert {"maintenance.planned", "maintenance.confirmed", "maintenance.ended"} <= set(
        audited(desk)
    )


async def test_a_machine_is_no_second_person(desk: Built) -> None:
    body = {
        "owner": "wang", "reason": "loop 3", "devices": ["panel"], "classes": ["fire"],
        "ends_at": desk.later(3600),
    }  # fmt: skip
    secret = desk.token("robot", Role.OPERATOR)
    async with desk.signed_in("wang") as wang:
        number = (await wang.post("/api/v1/maintenance", json=body)).json()["id"]
    async with desk.client({"Authorization": f"Bearer {secret}"}) as robot:
        answer = await robot.post(f"/api/v1/maintenance/{number}/confirm")
    assert answer.status_code == 403


async def test_what_a_request_names_must_be_there_and_be_the_askers(desk: Built) -> None:
    end = desk.later(3600)
    own = {"owner": "zhao", "reason": "work", "ends_at": end}
    async with desk.signed_in("zhao") as client:
        for scope, status in (
            ({"site": "north"}, 201),
            ({"devices": ["panel"]}, 404),
            ({"site": "nowhere"}, 404),
            ({"site": "north", "rules": ["no_such"]}, 422),
            ({"site": "north", "classes": ["no_such"]}, 422),
            ({"site": "north", "ends_at": "2026-11-25T10:00:00"}, 422),
            ({}, 409),
        ):
            answer = await client.post("/api/v1/maintenance", json={**own, **scope})
            assert answer.status_code == status, (scope, answer.text)
        assert len((await client.get("/api/v1/maintenance")).json()["items"]) == 1


async def test_a_drill_is_announced_and_ended(desk: Built) -> None:
    body = {
        "owner": "wang", "reason": "yearly", "alarm_class": "fire", "devices": ["panel"],
        "ends_at": desk.later(3600),
    }  # fmt: skip
    async with desk.signed_in("wang") as client:
        made = await client.post("/api/v1/drills", json=body)
        assert made.status_code == 201, made.text
        drill = made.json()
        assert drill["running"] is True
        long = await client.post("/api/v1/drills", json={**body, "ends_at": desk.later(7201)})
        assert long.status_code == 409
        for wrong in ("no_such", "monitoring_lost"):
            answer = await client.post("/api/v1/drills", json={**body, "alarm_class": wrong})
            assert answer.status_code == 422
        path = f"/api/v1/drills/{drill['id']}/end"
        assert (await client.post(path)).json()["ended_by"] == "person:wang"
        assert (await client.post(path)).status_code == 409
        assert len((await client.get("/api/v1/drills")).json()["items"]) == 1
    async with desk.signed_in("zhao") as client:
        assert (await client.get("/api/v1/drills")).json()["items"] == []
        assert (await client.post(path)).status_code == 404
    assert {"drill.announced", "drill.ended"} <= set(audited(desk))
