"""The audit chain by HTTP: for who audits the whole estate, and for nobody else."""

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
