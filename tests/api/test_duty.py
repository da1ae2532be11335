"""The duty list and roll-calls over HTTP."""

from records import audit
from records.engine import reading
from records.people import Role
from tests.api.house import Built

WANG = {"id": "wang", "name": "王伟", "phone": "13800000000", "email": "wang@example.com"}
DESK = {"id": "desk", "name": {"zh": "值班室", "en": "Desk"}, "members": ["wang"]}
SHIFTS = {
    "id": "nights",
    "name": {"zh": "夜", "en": "Nights"},
    "begins": "2026-01-05",
    "shifts": [{"shift": "all", "start": "08:00", "end": "08:00", "weeks": [["wang"] * 6 + [[]]]}],
}


async def test_the_list_is_edited_with_its_audit(town: Built) -> None:
    town.person("chief", Role.MANAGER)
    async with town.signed_in("chief") as client:
        refused = await client.put("/api/v1/teams/desk", json=DESK)
        assert refused.status_code == 409
        assert "no contact 'wang'" in refused.json()["detail"]
        for path, body in (("contacts/wang", WANG), ("teams/desk", DESK), ("duty/nights", SHIFTS)):
            answer = await client.put(f"/api/v1/{path}", json=body)
            assert answer.status_code == 204, answer.text
        assert (await client.put("/api/v1/contacts/li", json=WANG)).status_code == 422
        listed = (await client.get("/api/v1/duty")).json()
        assert listed["contacts"][0]["name"] == "王伟"
        monday = (await client.get("/api/v1/duty/now?at=2026-01-05T04:00:00Z")).json()
        sunday = (await client.get("/api/v1/duty/now?at=2026-01-11T04:00:00Z")).json()
        assert (monday[0]["contacts"], sunday[0]["contacts"]) == (["wang"], [])
        assert sunday[0]["gap_at"] == "2026-01-11T04:00:00Z"
        assert (sunday[0]["next"], sunday[0]["until"]) == (["wang"], "2026-01-12T00:00:00Z")
        path = "/api/v1/duty/turns?days=2&day="
        ahead = (await client.get(f"{path}2026-01-10")).json()
        assert [(one["day"], one["crew"]) for one in ahead] == [
            ("2026-01-10", ["wang"]), ("2026-01-11", []),
        ]  # fmt: skip
        assert ahead[0]["start"] == "2026-01-10T00:00:00Z"
        for wrong in ("9999-12-31", "monday"):
            assert (await client.get(f"{path}{wrong}")).status_code == 422
        assert (await client.delete("/api/v1/duty/contact/wang")).status_code == 409
        for path in ("schedule/nights", "team/desk", "contact/wang"):
            assert (await client.delete(f"/api/v1/duty/{path}")).status_code == 204
        assert (await client.delete("/api/v1/duty/contact/wang")).status_code == 404
    with reading(town.house.engine) as connection:
        found = audit.entries(connection, 10, action="contact")
    assert [(one.action, one.actor) for one in found] == [
        ("contact.removed", "person:chief"), ("contact.added", "person:chief"),
    ]  # fmt: skip


async def test_who_sees_a_part_of_the_estate_does_not_see_the_list(town: Built) -> None:
    town.person("north", Role.MANAGER, sites=("north",))
    async with town.signed_in("north") as client:
        assert (await client.get("/api/v1/duty")).status_code == 404
        assert (await client.put("/api/v1/contacts/wang", json=WANG)).status_code == 404
        assert (await client.post("/api/v1/roll-calls", json={"site": "centre"})).status_code == 404


async def test_a_roll_call_is_answered_late_or_not_at_all(town: Built) -> None:
    town.person("all", Role.OPERATOR)
    calls = town.house.roll_calls
    async with town.signed_in("all") as client:
        asked = await client.post("/api/v1/roll-calls", json={"site": "centre"})
        assert asked.status_code == 201, asked.text
        assert (await client.post("/api/v1/roll-calls", json={"site": "centre"})).status_code == 409
        town.clock.now += 10 * 60_000 - 1
        calls.look()
        assert [one.rule for one in town.house.alarms.open_alarms()] == ["roll_call"]
        town.clock.now += 1
        calls.look()
        calls.look()
        rules = sorted(one.rule for one in town.house.alarms.open_alarms())
        assert rules == ["roll_call", "roll_call_unanswered"]
        await client.post(f"/api/v1/alarms/{asked.json()['alarm']}/ack")
        calls.look()
        (kept,) = (await client.get("/api/v1/roll-calls")).json()["items"]
    assert (kept["missed"], kept["answered_by"]) == (True, "person:all")
    (left,) = town.house.alarms.open_alarms()
    assert (left.rule, left.state) == ("roll_call_unanswered", "returned_unacked")
