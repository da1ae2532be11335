"""Sessions by HTTP: a person sees and ends their own, an administrator those of the branch."""

import pytest

from records.people import Role
from tests.api.house import Built


@pytest.fixture
def li(town: Built) -> Built:
    town.person("li", Role.OPERATOR, sites=("centre",))
    town.person("wang", Role.OPERATOR, sites=("north",))
    town.person("boss", Role.SECURITY_ADMINISTRATOR)
    town.person("north-boss", Role.SECURITY_ADMINISTRATOR, sites=("north",))
    return town


async def test_ones_own_sessions_are_listed_and_ended(li: Built) -> None:
    async with li.signed_in("li") as here, li.signed_in("li") as there, li.signed_in("wang") as w:
        rows = (await here.get("/api/v1/sessions")).json()["items"]
        assert [row["current"] for row in rows].count(True) == 1
        assert len(rows) == 2
        assert here.cookies["sitewatch_session"] not in str(rows)
        other = next(row["id"] for row in rows if not row["current"])
        # Another person's session is none for whoever asks.
        assert (await w.delete(f"/api/v1/sessions/{other}")).status_code == 404
        assert (await here.delete(f"/api/v1/sessions/{other}")).status_code == 204
        assert (await there.get("/api/v1/session")).status_code == 401
        assert (await here.get("/api/v1/session")).status_code == 200
        assert (await w.get("/api/v1/session")).status_code == 200


async def test_all_the_others_end(li: Built) -> None:
    async with li.signed_in("li") as here, li.signed_in("li") as a, li.signed_in("li") as b:
        assert (await here.delete("/api/v1/sessions")).status_code == 204
        assert (await here.get("/api/v1/session")).status_code == 200
        assert [(await other.get("/api/v1/session")).status_code for other in (a, b)] == [401, 401]


async def test_an_administrator_ends_those_of_the_branch(li: Built) -> None:
    async with (
        li.signed_in("north-boss") as boss, li.signed_in("li") as client, li.signed_in("wang") as w
    ):  # fmt: skip
        for url in ("/api/v1/people/li/sessions", "/api/v1/people/nobody/sessions"):
            assert (await boss.get(url)).status_code == 404
            assert (await boss.delete(url)).status_code == 404
        assert (await boss.delete("/api/v1/people/li/second-factor")).status_code == 404
        url = "/api/v1/people/wang/sessions"
        assert [row["current"] for row in (await boss.get(url)).json()["items"]] == [False]
        assert (await boss.delete(url)).status_code == 204
        assert (await w.get("/api/v1/session")).status_code == 401
        assert (await client.get("/api/v1/session")).status_code == 200


async def test_a_token_has_no_sessions(li: Built) -> None:
    secret = li.token("robot", Role.OPERATOR)
    async with li.client({"Authorization": f"Bearer {secret}"}) as client:
        assert (await client.get("/api/v1/sessions")).status_code == 409
        assert (await client.delete("/api/v1/sessions")).status_code == 409


async def test_who_gains_a_role_signs_in_again_and_who_loses_one_goes_on(li: Built) -> None:
    async with li.signed_in("boss") as boss, li.signed_in("li") as client:
        less = {"roles": ["viewer"], "sites": ["tower"]}
        more = {"roles": ["viewer", "manager"], "sites": ["tower"]}
        await boss.put("/api/v1/people/li", json={"roles": ["operator"], "sites": ["centre"]})
        assert (await client.get("/api/v1/session")).status_code == 200
        await boss.put("/api/v1/people/li", json=more)
        assert (await client.get("/api/v1/session")).status_code == 401
    async with li.signed_in("boss") as boss, li.signed_in("li") as client:
        await boss.put("/api/v1/people/li", json=less)
        assert (await client.get("/api/v1/session")).json()["roles"] == ["viewer"]
