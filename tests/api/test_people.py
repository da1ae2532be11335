"""People and tokens by HTTP: nobody can give more of the estate than they have."""

import pytest

from records import audit
from records.engine import reading
from records.people import Role
from tests.api.house import PASSWORD, Built

NEW = {"username": "wang", "roles": ["operator"], "sites": ["north"]}


@pytest.fixture
def seen(town: Built) -> Built:
    town.person("boss", Role.SECURITY_ADMINISTRATOR)
    town.person("north-boss", Role.SECURITY_ADMINISTRATOR, sites=("north",))
    town.person("li", Role.OPERATOR, sites=("centre",))
    return town


async def test_a_person_is_added_and_comes_in(seen: Built) -> None:
    async with seen.signed_in("boss") as boss:
        answer = await boss.post("/api/v1/people", json=NEW)
        assert answer.status_code == 201
        made = answer.json()
        rows = (await boss.get("/api/v1/people")).json()["items"]
    wang = next(row for row in rows if row["username"] == "wang")
    assert (wang["roles"], wang["sites"], wang["must_change_password"]) == (
        ["operator"], ["north"], True,
    )  # fmt: skip
    assert "password" not in str(rows).replace("must_change_password", "")
    async with seen.client() as client:
        login = {"username": "wang", "password": made["password"]}
        assert (await client.post("/api/v1/session", json=login)).status_code == 204
    with reading(seen.house.engine) as connection:
        rows = audit.entries(connection, 5, action="person.added")
    assert (rows[0].actor, rows[0].subject) == ("person:boss", "wang")
    assert made["password"] not in str(rows)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"username": "boss"}, 409),
        ({"username": "a b"}, 422),
        ({"roles": []}, 422),
        ({"roles": ["root"]}, 422),
        ({"sites": []}, 422),
        ({"sites": ["atlantis"]}, 422),
        ({"password": "chosen"}, 422),
    ],
)
async def test_people_that_cannot_be(seen: Built, change: dict[str, object], status: int) -> None:
    async with seen.signed_in("boss") as boss:
        assert (await boss.post("/api/v1/people", json=NEW | change)).status_code == status


@pytest.mark.parametrize("sites", [["*"], ["town"], ["centre"], ["north", "lobby"]])
async def test_a_branchs_administrator_gives_only_that_branch(
    seen: Built, sites: list[str]
) -> None:
    async with seen.signed_in("north-boss") as boss:
        wide = NEW | {"sites": sites}
        assert (await boss.post("/api/v1/people", json=wide)).status_code == 422
        token = {"name": "t", "roles": ["viewer"], "sites": sites}
        assert (await boss.post("/api/v1/tokens", json=token)).status_code == 422
        assert (await boss.post("/api/v1/people", json=NEW)).status_code == 201
        change = {"roles": ["viewer"], "sites": sites}
        assert (await boss.put("/api/v1/people/wang", json=change)).status_code == 422
        change = {"roles": ["viewer"], "sites": ["north"]}
        for other in ("boss", "li"):
            assert (await boss.put(f"/api/v1/people/{other}", json=change)).status_code == 404
            assert (await boss.delete(f"/api/v1/people/{other}")).status_code == 404
            assert (await boss.post(f"/api/v1/people/{other}/password")).status_code == 404
        rows = (await boss.get("/api/v1/people")).json()["items"]
    assert {row["username"] for row in rows} == {"north-boss", "wang"}


async def test_a_removed_person_is_out_at_once(seen: Built) -> None:
    async with seen.signed_in("boss") as boss, seen.signed_in("li") as li:
        assert (await boss.delete("/api/v1/people/li")).status_code == 204
        assert (await li.get("/api/v1/sites")).status_code == 401
        assert (await boss.delete("/api/v1/people/li")).status_code == 404
        again = NEW | {"username": "li"}
        assert (await boss.post("/api/v1/people", json=again)).status_code == 409
    async with seen.client() as client:
        login = {"username": "li", "password": PASSWORD}
        assert (await client.post("/api/v1/session", json=login)).status_code == 401


async def test_other_roles_and_sites_hold_at_once(seen: Built) -> None:
    async with seen.signed_in("boss") as boss, seen.signed_in("li") as li:
        assert (await li.get("/api/v1/devices/grid")).status_code == 200
        change = {"roles": ["operator"], "sites": ["north"]}
        assert (await boss.put("/api/v1/people/li", json=change)).json()["sites"] == ["north"]
        # Who gains a site signs in again.
        assert (await li.get("/api/v1/devices/grid")).status_code == 401
    async with seen.signed_in("boss") as boss, seen.signed_in("li") as li:
        assert (await li.get("/api/v1/devices/grid")).status_code == 404
        assert (await li.get("/api/v1/devices/north-grid")).status_code == 200


async def test_the_last_security_administrator_stays(seen: Built) -> None:
    async with seen.signed_in("boss") as boss:
        answer = await boss.delete("/api/v1/people/boss")
        assert answer.status_code == 422
        assert "last security administrator" in answer.json()["detail"]
        change = {"roles": ["viewer"], "sites": ["*"]}
        assert (await boss.put("/api/v1/people/boss", json=change)).status_code == 422


async def test_a_token_is_shown_once_and_revoked(seen: Built) -> None:
    async with seen.signed_in("boss") as boss:
        new = {"name": "grafana", "roles": ["viewer"], "sites": ["north"],
               "expires_at": "2027-01-01T00:00:00+08:00"}  # fmt: skip
        made = (await boss.post("/api/v1/tokens", json=new)).json()
        rows = (await boss.get("/api/v1/tokens")).json()["items"]
        assert rows[0]["expires_at"] == "2026-12-31T16:00:00Z"
        assert rows[0]["created_by"] == "person:boss"
        assert made["token"] not in str(rows)
        headers = {"Authorization": f"Bearer {made['token']}"}
        async with seen.client(headers) as machine:
            assert (await machine.get("/api/v1/devices")).status_code == 200
            assert (await machine.get("/api/v1/devices/grid")).status_code == 404
            assert (await boss.delete("/api/v1/tokens/grafana")).status_code == 204
            assert (await machine.get("/api/v1/devices")).status_code == 401
        assert (await boss.delete("/api/v1/tokens/grafana")).status_code == 404
        late = new | {"name": "late", "expires_at": "2020-01-01T00:00:00Z"}
        assert (await boss.post("/api/v1/tokens", json=late)).status_code == 422
        for end in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"):
            extreme = new | {"name": f"extreme{end[:4]}", "expires_at": end}
            assert (await boss.post("/api/v1/tokens", json=extreme)).status_code == 422
        assert (await boss.get("/api/v1/tokens")).status_code == 200
        naive = new | {"name": "naive", "expires_at": "2027-01-01T00:00:00"}
        assert (await boss.post("/api/v1/tokens", json=naive)).status_code == 422


async def test_a_branchs_administrator_cannot_touch_others_tokens(seen: Built) -> None:
    seen.token("whole", Role.VIEWER)
    seen.token("theirs", Role.VIEWER, sites=("north-hall",))
    async with seen.signed_in("north-boss") as boss:
        rows = (await boss.get("/api/v1/tokens")).json()["items"]
        assert [row["name"] for row in rows] == ["theirs"]
        assert (await boss.delete("/api/v1/tokens/whole")).status_code == 404
        assert (await boss.delete("/api/v1/tokens/theirs")).status_code == 204


async def test_a_closed_account_is_opened_again_with_a_new_password(seen: Built) -> None:
    async with seen.signed_in("boss") as boss:
        assert (await boss.delete("/api/v1/people/li")).status_code == 204
        names = [row["username"] for row in (await boss.get("/api/v1/people")).json()["items"]]
        assert "li" not in names
        rows = (await boss.get("/api/v1/people?closed=true")).json()["items"]
        closed = next(row for row in rows if row["username"] == "li")
        assert closed["closed_at"] is not None
        assert closed["sessions"] == 0
        made = (await boss.post("/api/v1/people/li/reopen")).json()
        assert (await boss.post("/api/v1/people/li/reopen")).status_code == 404
        rows = (await boss.get("/api/v1/people")).json()["items"]
    li = next(row for row in rows if row["username"] == "li")
    assert (li["roles"], li["sites"], li["must_change_password"], li["closed_at"]) == (
        ["operator"], ["centre"], True, None,
    )  # fmt: skip
    async with seen.client() as client:
        old = {"username": "li", "password": PASSWORD}
        assert (await client.post("/api/v1/session", json=old)).status_code == 401
        new = {"username": "li", "password": made["password"]}
        assert (await client.post("/api/v1/session", json=new)).status_code == 204
    with reading(seen.house.engine) as connection:
        rows = audit.entries(connection, 1, action="person.reopened")
    assert (rows[0].actor, rows[0].subject) == ("person:boss", "li")


async def test_a_branchs_administrator_opens_no_account_of_another(seen: Built) -> None:
    async with seen.signed_in("boss") as boss, seen.signed_in("north-boss") as north:
        assert (await boss.delete("/api/v1/people/li")).status_code == 204
        assert (await north.post("/api/v1/people/li/reopen")).status_code == 404
        assert (await north.delete("/api/v1/people/boss/lockout")).status_code == 404
        rows = (await north.get("/api/v1/people?closed=true")).json()["items"]
    assert {row["username"] for row in rows} == {"north-boss"}


async def test_a_lock_out_is_seen_and_lifted(seen: Built) -> None:
    async with seen.signed_in("li"), seen.signed_in("boss") as boss, seen.client() as client:
        wrong = {"username": "li", "password": "wrong"}
        while (await client.post("/api/v1/session", json=wrong)).status_code != 429:
            pass
        rows = (await boss.get("/api/v1/people")).json()["items"]
        locked = {row["username"]: row["locked_until"] for row in rows}
        assert locked["li"] is not None
        assert locked["boss"] is None
        right = {"username": "li", "password": PASSWORD}
        assert (await client.post("/api/v1/session", json=right)).status_code == 429
        assert (await boss.delete("/api/v1/people/li/lockout")).status_code == 204
        assert (await client.post("/api/v1/session", json=right)).status_code == 204
        rows = (await boss.get("/api/v1/people")).json()["items"]
        li = next(row for row in rows if row["username"] == "li")
    assert li["locked_until"] is None
    assert li["sessions"] == 2
    with reading(seen.house.engine) as connection:
        rows = audit.entries(connection, 1, action="lockout.lifted")
    assert rows[0].detail == {"counts": 2}
