"""Alarms: the list, acknowledging and resetting, and what others cannot do."""

import pytest

from alerts.alarm import Severity
from records import audit
from records.engine import reading
from records.people import Role
from tests.api.house import EVIL, Built


@pytest.fixture
def seen(town: Built) -> Built:
    town.person("all", Role.OPERATOR)
    town.person("li", Role.OPERATOR, Role.MAINTAINER)
    town.person("north", Role.OPERATOR, Role.MAINTAINER, sites=("north",))
    return town


async def test_the_list_pages_and_filters(seen: Built) -> None:
    numbers = [seen.alarm("panel/p001", rule=f"r{n}") for n in range(5)]
    seen.alarm("north-smoke", Severity.EMERGENCY, is_open=False, active=False, acked=True)
    async with seen.signed_in("all") as client:
        first = (await client.get("/api/v1/alarms?limit=3")).json()
        rest = (await client.get(f"/api/v1/alarms?limit=3&after={first['next']}")).json()
        assert [a["id"] for a in first["items"] + rest["items"]] == numbers[::-1]
        assert rest["next"] is None
        every = (await client.get("/api/v1/alarms?state=all&severity=emergency")).json()["items"]
        assert [a["state"] for a in every] == ["cleared"]
        of_panel = (await client.get("/api/v1/alarms?device=panel")).json()["items"]
        assert len(of_panel) == 5
        for wrong in ("state=some", "limit=0", "limit=501", "after=x", "severity=bad"):
            assert (await client.get(f"/api/v1/alarms?{wrong}")).status_code == 422


async def test_an_alarm_as_it_is_shown(seen: Built) -> None:
    number = seen.alarm("panel/p001", Severity.EMERGENCY)
    async with seen.signed_in("all") as client:
        alarm = (await client.get(f"/api/v1/alarms/{number}")).json()
    assert alarm["state"] == "active_unacked"
    assert alarm["place"] == "lobby"
    assert [name["en"] for name in alarm["place_path"]] == [
        "Administrative centre", "Tower", "Lobby",
    ]  # fmt: skip
    assert alarm["raised_at"] == "2026-09-21T14:13:20Z"
    assert alarm["title"]["zh"] == "火警"


async def test_acknowledging_is_kept_with_who_and_why(seen: Built) -> None:
    number = seen.alarm("panel/p001")
    async with seen.signed_in("all") as client:
        body = {"note": f"on my way {EVIL}"}
        answer = await client.post(f"/api/v1/alarms/{number}/ack", json=body)
        assert answer.status_code == 200
        assert answer.json()["acked_by"] == "person:all"
        assert answer.json()["state"] == "active_acked"
        again = await client.post(f"/api/v1/alarms/{number}/ack")
        assert again.json()["acked_by"] == "person:all"
        events = (await client.get(f"/api/v1/alarms/{number}/events")).json()
    assert [event["event"] for event in events] == ["raised", "acknowledged"]
    assert events[1]["note"] == body["note"]
    with reading(seen.house.engine) as connection:
        rows = audit.entries(connection, 10, action="alarm")
        assert audit.verify(connection).whole
    assert [row.subject for row in rows] == [str(number)]
    assert (rows[0].actor, rows[0].detail["note"]) == ("person:all", body["note"])


async def test_a_latched_alarm_is_reset_with_a_note(seen: Built) -> None:
    number = seen.alarm("panel/p001", active=False, latched=True)
    async with seen.signed_in("li") as client:
        path = f"/api/v1/alarms/{number}"
        early = await client.post(f"{path}/reset", json={"note": "looked"})
        assert early.status_code == 409
        assert early.json()["type"] == "urn:sitewatch:conflict"
        assert "cknowledge" in early.json()["detail"]
        await client.post(f"{path}/ack")
        assert (await client.post(f"{path}/reset")).status_code == 409
        done = await client.post(f"{path}/reset", json={"note": "toast in the kitchen"})
        assert done.json()["state"] == "cleared"
        assert (await client.post(f"{path}/ack")).status_code == 409
    with reading(seen.house.engine) as connection:
        actions = [row.action for row in audit.entries(connection, 10, action="alarm")]
    assert actions == ["alarm.reset", "alarm.acknowledged"]


async def test_refusals_are_said_in_the_readers_language(seen: Built) -> None:
    number = seen.alarm("panel/p001", active=False, latched=True)
    async with seen.signed_in("li") as client:
        headers = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
        answer = await client.post(f"/api/v1/alarms/{number}/reset", headers=headers)
    assert answer.json()["detail"] == "请先确认报警，再复位。"


async def test_another_branchs_alarms_do_not_exist(seen: Built) -> None:
    other = seen.alarm("panel/p001")
    own = seen.alarm("panel/p002")
    async with seen.signed_in("north") as client:
        found = (await client.get("/api/v1/alarms")).json()["items"]
        assert [alarm["id"] for alarm in found] == [own]
        assert (await client.get("/api/v1/alarms?device=panel")).json()["items"] == found
        for number in (other, 4711):
            for method, tail in (
                ("GET", ""),
                ("GET", "/events"),
                ("POST", "/ack"),
                ("POST", "/reset"),
            ):
                answer = await client.request(method, f"/api/v1/alarms/{number}{tail}")
                assert answer.status_code == 404, tail
        assert (await client.get("/api/v1/alarms?site=centre")).status_code == 404
        assert (await client.post(f"/api/v1/alarms/{own}/ack")).status_code == 200
    assert not seen.house.alarms.get(other).acked


async def test_whoever_sees_all_sees_alarms_of_places_that_are_gone(seen: Built) -> None:
    number = seen.alarm("removed", place="demolished")
    async with seen.signed_in("all") as client:
        for query in ("", "?site=town"):
            found = (await client.get(f"/api/v1/alarms{query}")).json()["items"]
            assert [alarm["id"] for alarm in found] == [number]
        assert (await client.post(f"/api/v1/alarms/{number}/ack")).status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", str(2**70)])
async def test_numbers_that_cannot_be(seen: Built, number: str) -> None:
    async with seen.signed_in("all") as client:
        answer = await client.post(f"/api/v1/alarms/{number}/ack")
    assert answer.status_code == 422


async def test_a_note_has_an_end(seen: Built) -> None:
    number = seen.alarm("panel/p001")
    async with seen.signed_in("all") as client:
        path = f"/api/v1/alarms/{number}/ack"
        assert (await client.post(path, json={"note": "x" * 2001})).status_code == 422
        assert (await client.post(path, json={"note": "x" * 70_000})).status_code == 413
    assert not seen.house.alarms.get(number).acked


async def test_what_it_turned_out_to_be_is_noted_also_once_it_is_closed(seen: Built) -> None:
    number = seen.alarm("panel/p001")
    async with seen.signed_in("all") as client:
        path = f"/api/v1/alarms/{number}"
        body = {"finding": "false_alarm", "note": "steam from the kitchen"}
        assert (await client.post(f"{path}/finding", json=body)).status_code == 200
        assert (await client.post(f"{path}/finding", json={"finding": "maybe"})).status_code == 422
        events = (await client.get(f"{path}/events")).json()
        report = (await client.get("/api/v1/reports/safety?period=2026-09&operators=2")).json()
        table = await client.get("/api/v1/reports/safety?period=2026-09&format=csv&language=en")
    assert events[-1]["event"] == "found"
    assert (events[-1]["value"], events[-1]["note"]) == ("false_alarm", body["note"])
    assert report["total"]["classes"]["fire"]["false_alarms"] == 1
    assert report["operators"] == 2
    assert "False alarms" in table.text
    with reading(seen.house.engine) as connection:
        assert [row.action for row in audit.entries(connection, 10, action="alarm")] == [
            "alarm.found"
        ]


async def test_a_branch_reports_only_its_own_alarms(seen: Built) -> None:
    seen.alarm("panel/p001")
    seen.alarm("north-smoke")
    async with seen.signed_in("north") as client:
        answer = await client.get("/api/v1/reports/safety?period=2026-09&site=north")
        assert answer.json()["total"]["alarms"] == 1
        for hidden in ("", "&site=tower"):
            answer = await client.get(f"/api/v1/reports/safety?period=2026-09{hidden}")
            assert answer.status_code == 404
