"""Every error is a problem document, with the headers that every answer has."""

from collections.abc import AsyncIterator

import pytest

from api.errors import language_of, problems
from api.headers import MAX_BODY
from records.people import Role
from tests.api.house import Built
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("PATCH", "/api/v1/session", 405),
        ("POST", "/api/v1/session", 422),
        ("GET", "/api/v1/sites", 401),
        ("GET", "/api/v1/alarms", 401),
    ],
)
async def test_errors_are_problems(town: Built, method: str, path: str, status: int) -> None:
    async with town.client() as client:
        answer = await client.request(method, path, json={})
    body = answer.json()
    assert answer.status_code == body["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"].startswith("urn:sitewatch:")
    assert body["instance"] == path
    assert body["title"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_an_error_of_ours_says_nothing_of_itself(
    town: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> dict[str, str]:
        raise ZeroDivisionError("secret detail")

    object.__setattr__(town.house, "health", fail)
    async with town.client() as client:
        answer = await client.get("/api/v1/health")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:sitewatch:internal"
    assert "secret detail" not in answer.text
    assert answer.headers["Content-Security-Policy"]


async def test_titles_are_in_the_readers_language(town: Built) -> None:
    async with town.client() as client:
        answer = await client.get("/api/v1/sites", headers={"Accept-Language": "zh-CN"})
        assert answer.json()["title"] == "请先登录"
        answer = await client.get("/api/v1/sites", headers={"Accept-Language": "fr, en;q=0.5"})
    assert answer.json()["title"] == "Sign in first"


@pytest.mark.parametrize(
    ("accept", "language"),
    [("", "en"), ("zh", "zh"), ("zh-CN,en", "zh"), ("en,zh", "en"), ("fr", "en"), (",;", "en")],
)
def test_language_of(accept: str, language: str) -> None:
    assert language_of(accept) == language


async def test_too_large_a_body_is_not_read(town: Built) -> None:
    async with town.client() as client:
        answer = await client.post("/api/v1/session", content=b"x" * (MAX_BODY + 1))
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 10_000

        headers = {"Content-Type": "application/json"}
        answer = await client.post("/api/v1/session", content=endless(), headers=headers)
    assert answer.status_code == 413


async def test_security_headers(town: Built) -> None:
    async with town.client() as client:
        answer = await client.get("/api/v1/health")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Strict-Transport-Security" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


async def test_no_other_origin_is_let_in(town: Built) -> None:
    town.person("li", Role.VIEWER)
    async with town.signed_in("li") as client:
        headers = {"Origin": "http://evil.example"}
        answer = await client.get("/api/v1/sites", headers=headers)
        assert "access-control-allow-origin" not in answer.headers
        preflight = headers | {"Access-Control-Request-Method": "POST"}
        answer = await client.options("/api/v1/session", headers=preflight)
    assert answer.status_code == 405


def test_the_catalogue_is_whole() -> None:
    for name, kind in problems().items():
        assert kind.title.zh, name
        assert kind.title.en, name
        assert 400 <= kind.status < 600


def test_the_documentation_names_every_problem() -> None:
    told = (ROOT / "docs" / "http.md").read_text("utf-8")
    assert [name for name in problems() if f"`{name}`" not in told] == []
