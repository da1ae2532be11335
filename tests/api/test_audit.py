"""The audit chain by HTTP: for who audits the whole estate, and for nobody else."""

from records import audit
from records.engine import transaction
from records.people import Role
from tests.api.house import Built


async def test_rows_page_newest_first_and_the_chain_is_judged(town: Built) -> None:
    town.person("eye", Role.AUDITOR)
    for n in range(4):
        town.token(f"t{n}", Role.VIEWER)
    async with town.signed_in("eye") as eye:
        first = (await eye.get("/api/v1/audit?limit=2")).json()
        rest = (await eye.get(f"/api/v1/audit?limit=10&after={first['next']}")).json()
        rows = first["items"] + rest["items"]
        assert [row["action"] for row in rows] == [
            "session.opened", "token.added", "token.added", "token.added", "token.added",
            "person.added",
        ]  # fmt: skip
        assert rest["next"] is None
        assert [row["seq"] for row in rows] == list(range(6, 0, -1))
        assert rows[0]["actor"] == "person:eye"
        found = (await eye.get("/api/v1/audit?action=token")).json()["items"]
        assert len(found) == 4
        verdict = (await eye.get("/api/v1/audit/verdict")).json()
        alarms = (await eye.get("/api/v1/audit/verdict?chain=alarms")).json()
    assert (verdict["whole"], verdict["rows"], verdict["faults"]) == (True, 6, [])
    assert verdict["head"] == f"6:{rows[0]['hash']}"
    assert (alarms["chain"], alarms["whole"]) == ("alarms", True)


async def test_a_branchs_auditor_sees_no_chain(town: Built) -> None:
    town.person("eye", Role.AUDITOR, sites=("north",))
    async with town.signed_in("eye") as eye:
        assert (await eye.get("/api/v1/audit")).status_code == 404
        assert (await eye.get("/api/v1/audit/verdict")).status_code == 404


async def test_rows_by_person_deed_and_time_and_as_a_file(town: Built) -> None:
    town.person("eve", Role.AUDITOR)
    with transaction(town.house.engine) as connection:
        for day, name in enumerate(("person:li", "token:li", "person:=wang")):
            at = town.clock() + day * 86_400_000
            audit.append(connection, audit.Actor(name), "drill.ended", "7", at, {"note": "=1+1"})
    town.clock.now += 3 * 86_400_000
    start, end = town.later(-2.5 * 86_400), town.later(-1.5 * 86_400)
    async with town.signed_in("eve") as eve:

        async def actors(**asked: str) -> list[str]:
            params = {"action": "drill", **asked}
            rows = (await eve.get("/api/v1/audit", params=params)).json()["items"]
            return [row["actor"] for row in rows]

        assert await actors() == ["person:=wang", "token:li", "person:li"]
        assert await actors(actor="li") == ["token:li", "person:li"]
        assert await actors(actor="person:li") == ["person:li"]
        assert await actors(start=start, end=end) == ["token:li"]
        assert await actors(subject="8") == []
        naive = {"start": "2026-11-25T00:00:00"}
        assert (await eve.get("/api/v1/audit", params=naive)).status_code == 422
        answer = await eve.get("/api/v1/audit/rows.csv", params={"action": "drill"})
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[0].startswith("seq,at,actor")
    assert len(lines) == 4
    assert ",person:=wang," in lines[1]
