"""The second factor by HTTP: set up with a phone, asked for at the login, required by roles."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from api.house import ApiSettings
from records import totp
from records.people import Role
from tests.api.house import PASSWORD, Built, built

URL = "/api/v1/session/second-factor"
LOGIN = {"username": "li", "password": PASSWORD}


def _code(town: Built, secret: str) -> str:
    return totp.code_at(secret, town.clock() // 30_000)


async def _enrol(town: Built, client: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Set it up; the clock then stands at the next code."""
    begun = (await client.post(URL, json={"password": PASSWORD})).json()
    answer = await client.put(URL, json={"code": _code(town, begun["secret"])})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
    town.clock.now += 30_000
    return begun["secret"], answer.json()["codes"]


@pytest.fixture
def li(town: Built) -> Built:
    town.person("li", Role.OPERATOR)
    town.person("boss", Role.SECURITY_ADMINISTRATOR)
    return town


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Built]:
    settings = ApiSettings(
        static=tmp_path / "static", second_factor_roles=frozenset({Role.SECURITY_ADMINISTRATOR})
    )
    with built(tmp_path, settings) as town:
        town.person("li", Role.SECURITY_ADMINISTRATOR)
        town.person("viewer", Role.VIEWER)
        yield town


async def test_it_is_set_up_and_then_asked_for(li: Built) -> None:
    async with li.signed_in("li") as client, li.signed_in("li") as other:
        before = client.cookies["sitewatch_session"]
        secret, codes = await _enrol(li, client)
        assert client.cookies["sitewatch_session"] != before
        assert (await client.get(URL)).json() == {
            "enrolled": True, "required": False, "codes_left": len(codes),
        }  # fmt: skip
        assert (await other.get(URL)).status_code == 401
        assert (await client.post(URL, json={"password": PASSWORD})).status_code == 409
    async with li.client() as client:
        answer = await client.post("/api/v1/session", json=LOGIN)
        assert answer.status_code == 401
        assert answer.json()["type"] == "urn:sitewatch:second_factor"
        assert "set-cookie" not in answer.headers
        wrong = await client.post("/api/v1/session", json=LOGIN | {"code": "000000"})
        assert wrong.json()["type"] == "urn:sitewatch:wrong_credentials"
        right = LOGIN | {"code": _code(li, secret)}
        assert (await client.post("/api/v1/session", json=right)).status_code == 204
        assert (await client.post("/api/v1/session", json=right)).status_code == 401
        by_paper = LOGIN | {"code": codes[0]}
        assert (await client.post("/api/v1/session", json=by_paper)).status_code == 204


async def test_a_wrong_password_is_not_told_that_there_is_a_second_factor(li: Built) -> None:
    async with li.signed_in("li") as client:
        await _enrol(li, client)
    async with li.client() as client:
        for name in ("li", "nobody"):
            answer = await client.post("/api/v1/session", json={"username": name, "password": "?"})
            assert answer.json()["type"] == "urn:sitewatch:wrong_credentials"


async def test_the_picture_is_of_the_address_and_runs_nothing(li: Built) -> None:
    async with li.signed_in("li") as client:
        assert (await client.post(URL, json={"password": "wrong"})).status_code == 401
        begun = (await client.post(URL, json={"password": PASSWORD})).json()
    assert begun["uri"].startswith("otpauth://totp/sitewatch:li?secret=" + begun["secret"])
    root = ET.fromstring(begun["qr_svg"])  # noqa: S314 - what our own service drew
    kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert kinds <= {"svg", "path", "g"}


async def test_a_wrong_code_confirms_nothing(li: Built) -> None:
    async with li.signed_in("li") as client:
        assert (await client.put(URL, json={"code": "123456"})).status_code == 422
        await client.post(URL, json={"password": PASSWORD})
        assert (await client.put(URL, json={"code": "12345"})).status_code == 422
        assert (await client.get(URL)).json()["enrolled"] is False


async def test_it_is_removed_with_the_password(li: Built) -> None:
    async with li.signed_in("li") as client:
        await _enrol(li, client)
        wrong = await client.post(f"{URL}/remove", json={"password": "wrong"})
        assert wrong.status_code == 401
        answer = await client.post(f"{URL}/remove", json={"password": PASSWORD})
        assert answer.status_code == 204
    async with li.client() as client:
        assert (await client.post("/api/v1/session", json=LOGIN)).status_code == 204


async def test_an_administrator_takes_it_away_when_the_phone_is_lost(li: Built) -> None:
    async with li.signed_in("li") as client, li.signed_in("boss") as boss:
        await _enrol(li, client)
        rows = (await boss.get("/api/v1/people")).json()["items"]
        assert {row["username"]: row["second_factor"] for row in rows} == {
            "boss": False, "li": True,
        }  # fmt: skip
        url = "/api/v1/people/li/second-factor"
        assert (await client.delete(url)).status_code == 403
        assert (await boss.delete(url)).status_code == 204
        assert (await boss.delete(url)).status_code == 409
    async with li.client() as client:
        assert (await client.post("/api/v1/session", json=LOGIN)).status_code == 204


async def test_where_the_role_asks_for_it_nothing_else_opens_before(strict: Built) -> None:
    async with strict.signed_in("li") as client:
        assert (await client.get("/api/v1/session")).json()["must_enrol"] is True
        refused = await client.get("/api/v1/people")
        assert refused.json()["type"] == "urn:sitewatch:enrol"
        await _enrol(strict, client)
        assert (await client.get("/api/v1/people")).status_code == 200
        answer = await client.post(f"{URL}/remove", json={"password": PASSWORD})
        assert answer.status_code == 409
    async with strict.signed_in("viewer") as client:
        assert (await client.get("/api/v1/sites")).status_code == 200


async def test_a_token_has_none(li: Built) -> None:
    secret = li.token("robot", Role.OPERATOR)
    async with li.client({"Authorization": f"Bearer {secret}"}) as client:
        assert (await client.get(URL)).status_code == 409
        assert (await client.post(URL, json={"password": "x"})).status_code == 409


async def test_a_password_grows_too_old(tmp_path: Path) -> None:
    settings = replace(ApiSettings(static=tmp_path / "static"), password_days=90)
    with built(tmp_path, settings) as town:
        town.person("li", Role.OPERATOR)
        town.clock.now += 90 * 86_400_000 - 1
        async with town.signed_in("li") as client:
            assert (await client.get("/api/v1/sites")).status_code == 200
            town.clock.now += 1
            refused = await client.get("/api/v1/sites")
            assert refused.json()["type"] == "urn:sitewatch:change_password"
            change = {"current_password": PASSWORD, "new_password": "another long one"}
            answer = await client.put("/api/v1/session/password", json=change)
            assert answer.status_code == 204
            assert (await client.get("/api/v1/sites")).status_code == 200
