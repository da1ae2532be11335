"""Attacks on every route of the OpenAPI document: forgery, other people's ids, floods of bytes.

A route that is added is attacked with the next run.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from api.headers import MAX_BODY, MAX_ESTATE
from api.house import ApiSettings
from api.permissions import load_permissions
from records.people import Role
from tests.api.house import PASSWORD, Built, built

TABLE = load_permissions()
WRITES = [route for route in TABLE if not route.startswith("GET ")]
SESSION = "POST /api/v1/session"
LINKS = "/ack/{token}"
BY_ID = [route for route in TABLE if "{" in route and LINKS not in route]
NUMBERS = itertools.count()
HOSTILE = (
    "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2fsecrets.key", "....//....//etc/passwd",
    "%00", "a%0d%0aSet-Cookie:%20x=1", "%ff%fe", "'%20OR%201=1--", "${jndi:ldap://x}", "9" * 40,
    "-1", "x" * 2000,
)  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("attacked")
    settings = replace(ApiSettings(static=folder / "static"), logins_per_minute=10_000)
    with built(folder, settings) as found:
        found.person("li", *Role)
        found.person("wang", Role.SECURITY_ADMINISTRATOR)
        yield found


@pytest.fixture
async def ids(town: Built) -> Mapping[str, str]:
    """The ids of things in the centre, by the name that routes give the parameter."""
    n = next(NUMBERS)
    town.token(f"robot{n}", Role.VIEWER, sites=("centre",))
    town.person(f"person{n}", Role.VIEWER, sites=("centre",))
    held = {"owner": "li", "reason": "work", "site": "centre", "ends_at": town.later(3000)}
    async with town.signed_in("li") as client:

        async def made(what: str, body: object) -> str:
            answer = await client.post(f"/api/v1/{what}", json=body)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        return {
            "device": "grid",
            "alarm": str(town.alarm("grid", point=f"p{n}")),
            "username": f"person{n}",
            "name": f"robot{n}",
            "kind": "contact",
            "order": await made("work-orders", {"title": "lamp", "site": "lobby"}),
            "window": await made("maintenance", held),
            "drill": await made("drills", held | {"alarm_class": "fire"}),
        }


def _address(route: str, ids: Mapping[str, str], other: str = "1") -> tuple[str, str]:
    method, path = route.split(" ")
    return method, re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], other), path)


@pytest.mark.parametrize("route", WRITES)
async def test_a_write_that_another_sites_page_makes_is_refused(town: Built, route: str) -> None:
    method, address = _address(route, {})
    async with town.signed_in("li") as client:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            answer = await client.request(method, address, json={}, headers=headers)
            assert answer.json()["type"] == "urn:sitewatch:csrf", (route, headers)
        if route != SESSION and LINKS not in route:
            del client.headers["X-CSRF-Token"]
            answer = await client.request(method, address, json={})
            assert answer.json()["type"] == "urn:sitewatch:csrf", route


@pytest.mark.parametrize("route", BY_ID)
async def test_another_branch_is_not_told_even_whether_it_is_there(
    town: Built, ids: Mapping[str, str], route: str
) -> None:
    """With every role, but only in the north: things of the centre are as those that are not."""
    secret = town.token(f"north-{abs(hash(route))}", *Role, sites=("north",))
    method, there = _address(route, ids)
    _, nowhere = _address(route, {}, "998877")
    async with town.client({"Authorization": f"Bearer {secret}"}) as client:
        body: object = {} if method in {"POST", "PUT"} else None
        seen = await client.request(method, there, json=body)
        missing = await client.request(method, nowhere, json=body)
    assert seen.status_code not in range(200, 300), (route, seen.text)
    assert seen.status_code < 500, seen.text
    if there != nowhere and not set(re.findall(r"\{(\w+)\}", route)) <= {"kind", "id_", "date"}:
        assert seen.status_code == missing.status_code, (route, seen.text, missing.text)


@pytest.mark.parametrize("route", BY_ID)
async def test_hostile_ids_are_ids_of_nothing(town: Built, route: str) -> None:
    method, path = route.split(" ")
    secret = town.token(f"all-{abs(hash(route))}", *Role)
    async with town.client({"Authorization": f"Bearer {secret}"}) as client:
        for hostile in HOSTILE:
            address = re.sub(r"\{\w+\}", hostile.replace("\\", ""), path)
            body: object = {} if method in {"POST", "PUT"} else None
            answer = await client.request(method, address, json=body)
            assert 400 <= answer.status_code < 500, (address, answer.status_code, answer.text)
            assert "root:" not in answer.text
            assert "set-cookie" not in answer.headers, address


@pytest.mark.parametrize("route", WRITES)
async def test_a_flood_is_not_read(town: Built, ids: Mapping[str, str], route: str) -> None:
    method, address = _address(route, ids)
    largest = town.house.settings.max_photo_bytes if route.endswith("/photos") else MAX_BODY
    largest = MAX_ESTATE if "/estate/check" in route else largest
    flood = b'{"x": "' + b"a" * largest + b'"}'
    async with town.signed_in("li") as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.request(method, address, content=flood, headers=headers)
    if (
        method == "DELETE"
        or route.endswith(("/confirm", "/end", "/password"))
        or answer.status_code == 409
    ):
        # Without a body to take, nothing reads it.
        return
    assert answer.status_code in {404, 413}, (route, answer.status_code)


async def test_a_session_that_somebody_planted_is_not_taken(town: Built) -> None:
    planted = "planted-by-the-attacker"
    async with town.client({"Cookie": f"sitewatch_session={planted}"}) as client:
        login = {"username": "wang", "password": PASSWORD}
        answer = await client.post("/api/v1/session", json=login)
        assert planted not in answer.headers["set-cookie"]
    async with town.client({"Cookie": f"sitewatch_session={planted}"}) as attacker:
        assert (await attacker.get("/api/v1/session")).status_code == 401


async def test_the_cookie_is_for_this_site_and_no_script(town: Built) -> None:
    async with town.client() as client:
        login = {"username": "wang", "password": PASSWORD}
        cookie = (await client.post("/api/v1/session", json=login)).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {p.strip() for p in cookie.split(";")}


async def test_no_other_origin_may_read(town: Built) -> None:
    async with town.client() as client:
        for method in ("GET", "OPTIONS"):
            answer = await client.request(
                method, "/api/v1/version",
                headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
            )  # fmt: skip
            assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    ["/../secrets.key", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fsecrets.key", "//etc"],
)
async def test_files_of_the_page_are_all_that_is_served(town: Built, path: str) -> None:
    async with town.client() as client:
        answer = await client.get(path)
    assert "root:" not in answer.text
    assert answer.status_code in {404, 503}
