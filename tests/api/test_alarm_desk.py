"""Incidents, classes and who was told, over HTTP."""

from alerts.alarm import Severity
from records.people import Role
from tests.api.house import Built


async def test_incidents_are_those_of_the_sites_that_one_may_see(town: Built) -> None:
    town.person("all", Role.VIEWER)
    town.person("north", Role.VIEWER, sites=("north",))
    first = town.alarm("panel/p001", Severity.EMERGENCY)
    town.alarm("panel/p003", Severity.EMERGENCY, group_id=first, point="s2", acked=True)
    town.alarm("north-smoke", Severity.EMERGENCY, group_id=first, point="s3")
    async with town.signed_in("all") as client:
        whole = (await client.get("/api/v1/alarms/groups")).json()
        some = (await client.get(f"/api/v1/alarms?group={first}")).json()["items"]
        wrong = await client.get("/api/v1/alarms/groups?state=some")
    async with town.signed_in("north") as client:
        part = (await client.get("/api/v1/alarms/groups")).json()
        assert (await client.get("/api/v1/alarms/groups?site=centre")).status_code == 404
    (fire,) = whole["items"]
    assert (fire["group"], fire["lead"]["id"]) == (first, first)
    assert (fire["alarms"], fire["unacked"]) == (3, 2)
    assert (whole["alarms"], part["alarms"], len(some)) == (3, 1, 3)
    assert part["items"][0]["lead"]["device"] == "north-smoke"
    assert wrong.status_code == 422


async def test_alarms_are_filtered_by_class_and_hold(town: Built) -> None:
    town.person("all", Role.OPERATOR)
    held = town.alarm("grid", alarm_class="limit")
    town.alarm("pv", alarm_class="pv_fault")
    async with town.signed_in("all") as client:
        body = {"reason": "known", "duration_s": 60}
        assert (await client.post(f"/api/v1/alarms/{held}/shelve", json=body)).status_code == 200
        for query in ("held=shelved", "alarm_class=limit"):
            found = (await client.get(f"/api/v1/alarms?{query}")).json()["items"]
            assert [one["id"] for one in found] == [held], query
            (group,) = (await client.get(f"/api/v1/alarms/groups?{query}")).json()["items"]
            assert (group["lead"]["id"], group["held"]) == (held, 1)
        assert (await client.get("/api/v1/alarms?held=inhibited")).json()["items"] == []
        assert (await client.get("/api/v1/alarms?held=other")).status_code == 422


async def test_the_classes_say_what_people_may(town: Built) -> None:
    town.person("all", Role.VIEWER)
    async with town.signed_in("all") as client:
        found = (await client.get("/api/v1/alarm-classes")).json()
    by_name = {one["alarm_class"]: one for one in found["items"]}
    assert by_name["fire"]["max_time_shelved_s"] is None
    assert by_name["fire"]["two_persons"]
    assert by_name["monitoring_lost"]["max_time_shelved_s"] == 3600
    assert not by_name["monitoring_lost"]["drillable"]
    limits = [found[f"longest_{what}_s"] for what in ("window", "window_two_persons", "drill")]
    assert limits == [7 * 86400, 12 * 3600, 2 * 3600]


async def test_who_was_told_is_for_those_who_answer(town: Built) -> None:
    town.person("viewer", Role.VIEWER)
    town.person("all", Role.OPERATOR)
    town.person("north", Role.OPERATOR, sites=("north",))
    number = town.alarm("panel/p001", Severity.EMERGENCY)
    path = f"/api/v1/alarms/{number}/notifications"
    async with town.signed_in("viewer") as client:
        assert (await client.get(path)).status_code == 403
    async with town.signed_in("north") as client:
        assert (await client.get(path)).status_code == 404
    async with town.signed_in("all") as client:
        found = await client.get(path)
    assert (found.status_code, found.json()) == (200, {"notifications": [], "steps": []})
