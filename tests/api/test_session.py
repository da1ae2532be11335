"""Signing in: cookies, tokens for writes, fixation, lock-out, and what others' pages can do."""

import pytest

from records.lockout import FREE_FAILURES
from records.people import Role
from tests.api.house import BASE, PASSWORD, Built

LOGIN = {"username": "li", "password": PASSWORD}
WRONG = {"username": "li", "password": "a wrong password"}


@pytest.fixture
def li(town: Built) -> Built:
    town.person("li", Role.OPERATOR)
    return town


async def test_a_login_sets_a_strict_cookie_and_gives_the_token(li: Built) -> None:
    async with li.client() as client:
        answer = await client.post("/api/v1/session", json=LOGIN)
        cookie = answer.headers["set-cookie"]
        assert answer.status_code == 204
        assert cookie.startswith("sitewatch_session=")
        for flag in ("HttpOnly", "SameSite=strict", "Path=/"):
            assert flag in cookie
        assert "Secure" not in cookie
        who = (await client.get("/api/v1/session")).json()
    assert who["username"] == "li"
    assert who["roles"] == ["operator"]
    assert who["sites"] == ["town"]
    assert who["csrf_token"] == answer.headers["X-CSRF-Token"]


async def test_no_session_no_answer(li: Built) -> None:
    async with li.client() as client:
        for path in ("session", "sites", "latest", "alarms", "people", "audit"):
            answer = await client.get(f"/api/v1/{path}")
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("login", [WRONG, {"username": "nobody", "password": PASSWORD}])
async def test_wrong_and_unknown_are_one_answer(li: Built, login: dict[str, str]) -> None:
    async with li.client() as client:
        answer = await client.post("/api/v1/session", json=login)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:sitewatch:wrong_credentials"
    assert answer.json()["detail"] == "the user name, the password or the code is wrong"
    assert "set-cookie" not in answer.headers


async def test_guessing_is_locked_out(li: Built) -> None:
    async with li.client() as client:
        for _ in range(FREE_FAILURES):
            assert (await client.post("/api/v1/session", json=WRONG)).status_code == 401
        answer = await client.post("/api/v1/session", json=LOGIN)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "60"
        li.clock.now += 60_000
        assert (await client.post("/api/v1/session", json=LOGIN)).status_code == 204


async def test_a_session_that_was_planted_is_not_taken_over(li: Built) -> None:
    async with li.client() as client:
        client.cookies.set("sitewatch_session", "planted-by-an-attacker", domain="testserver.local")
        await client.post("/api/v1/session", json=LOGIN)
        secrets = [cookie.value for cookie in client.cookies.jar]
        assert "planted-by-an-attacker" not in secrets[1:]
    async with li.client({"Cookie": "sitewatch_session=planted-by-an-attacker"}) as attacker:
        assert (await attacker.get("/api/v1/session")).status_code == 401


async def test_a_login_ends_the_session_the_browser_had(li: Built) -> None:
    async with li.signed_in("li") as client:
        old = client.cookies["sitewatch_session"]
        await client.post("/api/v1/session", json=LOGIN)
        assert client.cookies["sitewatch_session"] != old
    async with li.client({"Cookie": f"sitewatch_session={old}"}) as stale:
        assert (await stale.get("/api/v1/session")).status_code == 401


@pytest.mark.parametrize("shown", [None, "", "x", "中"])
async def test_a_write_without_the_token_is_refused(li: Built, shown: str | None) -> None:
    alarm = li.alarm("north-smoke")
    async with li.signed_in("li") as client:
        del client.headers["X-CSRF-Token"]
        headers = {} if shown is None else {b"X-CSRF-Token": shown.encode()}
        answer = await client.post(f"/api/v1/alarms/{alarm}/ack", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:sitewatch:csrf"
    assert not li.house.alarms.get(alarm).acked


async def test_the_token_of_another_session_is_refused(li: Built) -> None:
    alarm = li.alarm("north-smoke")
    async with li.signed_in("li") as one, li.signed_in("li") as other:
        headers = {"X-CSRF-Token": other.headers["X-CSRF-Token"]}
        answer = await one.post(f"/api/v1/alarms/{alarm}/ack", headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_another_sites_page_cannot_even_sign_in(li: Built, headers: dict[str, str]) -> None:
    async with li.client() as client:
        answer = await client.post("/api/v1/session", json=LOGIN, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_our_own_page_can(li: Built) -> None:
    async with li.client() as client:
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": BASE}
        answer = await client.post("/api/v1/session", json=LOGIN, headers=headers)
    assert answer.status_code == 204


async def test_a_form_is_no_login(li: Built) -> None:
    async with li.client() as client:
        answer = await client.post(
            "/api/v1/session",
            content='{"username":"li","password":"' + PASSWORD + '"}',
            headers={"Content-Type": "text/plain"},
        )
    assert answer.status_code == 422


async def test_signing_out_ends_it(li: Built) -> None:
    async with li.signed_in("li") as client:
        secret = client.cookies["sitewatch_session"]
        assert (await client.delete("/api/v1/session")).status_code == 204
        assert "sitewatch_session" not in client.cookies
    async with li.client({"Cookie": f"sitewatch_session={secret}"}) as again:
        assert (await again.get("/api/v1/session")).status_code == 401


async def test_a_session_ends_when_idle(li: Built) -> None:
    idle_ms = int(li.house.settings.session_idle_s * 1000)
    async with li.signed_in("li") as client:
        li.clock.now += idle_ms - 1
        assert (await client.get("/api/v1/session")).status_code == 200
        li.clock.now += idle_ms - 1
        assert (await client.get("/api/v1/session")).status_code == 200
        li.clock.now += idle_ms
        assert (await client.get("/api/v1/session")).status_code == 401


async def test_a_new_password(li: Built) -> None:
    async with li.signed_in("li") as client, li.signed_in("li") as other:
        change = {"current_password": PASSWORD, "new_password": "another long one"}
        answer = await client.put("/api/v1/session/password", json=change)
        assert answer.status_code == 204
        assert (await client.get("/api/v1/session")).status_code == 200
        assert (await other.get("/api/v1/session")).status_code == 401
    async with li.client() as client:
        assert (await client.post("/api/v1/session", json=LOGIN)).status_code == 401


@pytest.mark.parametrize(
    ("current", "new", "status"),
    [
        ("a wrong password", "another long one", 401),
        (PASSWORD, "short", 422),
        (PASSWORD, PASSWORD, 422),
    ],
)
async def test_a_new_password_that_is_refused(
    li: Built, current: str, new: str, status: int
) -> None:
    async with li.signed_in("li") as client:
        change = {"current_password": current, "new_password": new}
        answer = await client.put("/api/v1/session/password", json=change)
        assert answer.status_code == status
        assert (await client.get("/api/v1/session")).status_code == 200
    assert new not in answer.text


async def test_tokens_sign_in_without_cookie_and_csrf(li: Built) -> None:
    alarm = li.alarm("north-smoke")
    secret = li.token("robot", Role.OPERATOR)
    async with li.client({"Authorization": f"Bearer {secret}"}) as client:
        assert (await client.get("/api/v1/session")).json()["username"] == "token:robot"
        assert (await client.post(f"/api/v1/alarms/{alarm}/ack")).status_code == 200
        assert (await client.delete("/api/v1/session")).status_code == 409
        change = {"current_password": PASSWORD, "new_password": "another long one"}
        assert (await client.put("/api/v1/session/password", json=change)).status_code == 409


@pytest.mark.parametrize(
    "header", ["Bearer x", "Bearer ", "Basic bGk6eA==", "Bearer " + "x" * 5000]
)
async def test_a_wrong_token_beats_a_good_cookie(li: Built, header: str) -> None:
    async with li.signed_in("li") as client:
        answer = await client.get("/api/v1/session", headers={"Authorization": header})
    assert answer.status_code == 401


async def test_a_wrong_body_is_told_without_repeating_it(li: Built) -> None:
    async with li.client() as client:
        wrong: tuple[object, ...] = (
            {"username": "li", "password": 123456789}, {"password": "sekret-123"}, [],
        )  # fmt: skip
        for body in wrong:
            answer = await client.post("/api/v1/session", json=body)
            assert answer.status_code == 422
            assert "sekret" not in answer.text
            assert "123456789" not in answer.text


async def test_surrogates_and_zeros_are_no_error_of_ours(li: Built) -> None:
    async with li.client() as client:
        for name in (r"\ud800", r"\u0000", "\U0001f600"):
            body = f'{{"username": "{name}", "password": "whatever it is"}}'
            answer = await client.post(
                "/api/v1/session",
                content=body.encode("utf-8", "surrogatepass"),
                headers={"Content-Type": "application/json"},
            )
            assert answer.status_code in {401, 422}, answer.text


async def test_whoever_must_change_the_password_can_do_nothing_else(li: Built) -> None:
    li.person("admin", Role.SECURITY_ADMINISTRATOR)
    async with li.signed_in("admin") as admin:
        made = (await admin.post("/api/v1/people/li/password")).json()
    async with li.client() as client:
        login = {"username": "li", "password": made["password"]}
        answer = await client.post("/api/v1/session", json=login)
        client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
        assert (await client.get("/api/v1/session")).json()["must_change_password"] is True
        refused = await client.get("/api/v1/sites")
        assert refused.json()["type"] == "urn:sitewatch:change_password"
        change = {"current_password": made["password"], "new_password": "another long one"}
        answer = await client.put("/api/v1/session/password", json=change)
        assert answer.status_code == 204
        assert (await client.get("/api/v1/sites")).status_code == 200
