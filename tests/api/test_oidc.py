"""Signing in by a real provider on loopback, and a provider that lies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from api.house import ApiSettings
from api.oidc import NotAdmittedError, OidcError, OidcSettings, Provider, identity_of
from records import audit, people
from records.engine import reading
from records.people import Role
from tests.api.house import BASE, NOW, Built, built
from tests.api.serving import serving
from tests.oidc_provider import CLIENT, SECRET, OidcProvider

BEGIN, RETURN = "/api/v1/session/external", "/api/v1/session/external/return"
SETTINGS = OidcSettings(
    issuer="", client_id=CLIENT, client_secret=SECRET, redirect_uri=f"{BASE}{RETURN}",
    name="City", roles={"building-operators": (Role.OPERATOR,), "chiefs": (Role.MANAGER,)},
    default_sites=("north",),
)  # fmt: skip


@dataclass
class Scene:
    town: Built
    provider: OidcProvider


@asynccontextmanager
async def scene(folder: Path, **changed: Any) -> AsyncIterator[Scene]:
    provider = OidcProvider(lambda: NOW // 1000)
    async with serving(provider.app()) as url:
        provider.issuer = url
        settings = replace(SETTINGS, issuer=url, **changed)
        with built(folder, provider=Provider(settings)) as town:
            yield Scene(town, provider)


async def _come_back(client: httpx.AsyncClient) -> httpx.Response:
    """Go to the provider as a browser does, and come back; gives the answer."""
    sent = await client.get(BEGIN)
    assert sent.status_code == 303, sent.text
    async with httpx.AsyncClient(trust_env=False) as browser:
        back = (await browser.get(sent.headers["location"])).headers["location"]
    return await client.get(back)


async def test_a_person_comes_in_with_the_roles_of_the_claims(tmp_path: Path) -> None:
    async with scene(tmp_path) as found, found.town.client() as client:
        assert (await client.get("/api/v1/sign-in")).json() == {"provider": "City"}
        answer = await _come_back(client)
        assert answer.headers["location"] == "/login?external=in"
        assert "SameSite=strict" in answer.headers["set-cookie"]
        session = (await client.get("/api/v1/session")).json()
        assert (session["username"], session["roles"], session["sites"]) == (
            "wang", ["operator"], ["north"],
        )  # fmt: skip
        assert session["must_change_password"] is False
        assert (await client.get("/api/v1/devices/grid")).status_code == 404
        # No password opens the account, and none can be set by oneself.
        for password in ("", " ", "x"):
            login = {"username": "wang", "password": password}
            refused = await client.post("/api/v1/session", json=login)
            assert refused.status_code in {401, 422}
        with reading(found.town.house.engine) as connection:
            row = audit.entries(connection, 10, action="session.opened")[0]
        assert row.detail == {"issuer": found.provider.issuer}


async def test_other_claims_are_other_roles_at_the_next_login(tmp_path: Path) -> None:
    async with scene(tmp_path) as found, found.town.client() as client:
        await _come_back(client)
        found.provider.claims = {"roles": "chiefs", "preferred_username": "renamed"}
        await _come_back(client)
        session = (await client.get("/api/v1/session")).json()
        assert (session["username"], session["roles"]) == ("wang", ["manager"])


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "another"}, "unreachable"),
        ({"aud": ["sitewatch", "another"]}, "unreachable"),
        ({"aud": ["sitewatch", "another"], "azp": "another"}, "unreachable"),
        ({"azp": "another"}, "unreachable"),
        ({"iss": "http://127.0.0.1:1"}, "unreachable"),
        ({"nonce": "of another login"}, "unreachable"),
        ({"exp": NOW // 1000 - 61}, "unreachable"),
        ({"iat": NOW // 1000 + 3600}, "unreachable"),
        ({"sub": None}, "unreachable"),
        ({"preferred_username": 7}, "unreachable"),
        ({"preferred_username": "a b"}, "not_admitted"),
        ({"preferred_username": "boss"}, "not_admitted"),
        ({"roles": ["strangers"]}, "not_admitted"),
        ({"roles": []}, "not_admitted"),
    ],
)
async def test_what_does_not_hold_opens_nothing(
    tmp_path: Path, claims: dict[str, object], why: str
) -> None:
    async with scene(tmp_path) as found, found.town.client() as client:
        found.town.person("boss", Role.SECURITY_ADMINISTRATOR)
        found.provider.claims = claims
        answer = await _come_back(client)
        assert answer.headers["location"] == f"/login?external={why}"
        assert "sitewatch_session" not in client.cookies
        with reading(found.town.house.engine) as connection:
            assert [person.username for person in people.everyone(connection)] == ["boss"]


async def test_a_token_that_others_signed_opens_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as found, found.town.client() as client:
        provider = found.provider
        provider.signing = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
        assert (await _come_back(client)).headers["location"].endswith("unreachable")
        # Signed with what everybody knows: the public key as a secret, or the client's own.
        known = provider.key.as_pem(private=False)
        for algorithm, secret in (("HS256", known), ("HS256", SECRET.encode()), ("none", b"")):
            provider.header = {"alg": algorithm, "kid": "one"}
            provider.signing = secret
            assert (await _come_back(client)).headers["location"].endswith("unreachable")
        assert "sitewatch_session" not in client.cookies


async def test_the_providers_keys_may_change(tmp_path: Path) -> None:
    async with scene(tmp_path) as found, found.town.client() as client:
        await _come_back(client)
        found.provider.key = RSAKey.generate_key(2048, {"kid": "two"}, private=True)
        found.provider.header = {"alg": "RS256", "kid": "two"}
        assert (await _come_back(client)).headers["location"] == "/login?external=in"


async def test_only_the_browser_that_began_comes_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as found:
        async with found.town.client() as attacker:
            sent = (await attacker.get(BEGIN)).headers["location"]
        asked = parse_qs(urlsplit(sent).query)
        async with httpx.AsyncClient(trust_env=False) as browser:
            back = (await browser.get(sent)).headers["location"]
        # Somebody else's login, pushed into the browser of a person: with and without a cookie.
        async with found.town.client() as victim:
            assert (await victim.get(back)).headers["location"].endswith("refused")
            await victim.get(BEGIN)
            assert (await victim.get(back)).headers["location"].endswith("refused")
            assert "sitewatch_session" not in victim.cookies
        assert asked["code_challenge_method"] == ["S256"]


async def test_a_login_that_takes_too_long_begins_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as found, found.town.client() as client:
        sent = await client.get(BEGIN)
        async with httpx.AsyncClient(trust_env=False) as browser:
            back = (await browser.get(sent.headers["location"])).headers["location"]
        found.town.clock.now += 600_001
        assert (await client.get(back)).headers["location"].endswith("refused")


async def test_a_provider_that_is_away(tmp_path: Path) -> None:
    settings = replace(SETTINGS, issuer="http://127.0.0.1:1")
    with built(tmp_path, provider=Provider(settings)) as town:
        async with town.client() as client:
            answer = await client.get(BEGIN)
            assert answer.headers["location"] == "/login?external=unreachable"


async def test_a_provider_that_refuses_or_is_another(tmp_path: Path) -> None:
    async with scene(tmp_path) as found, found.town.client() as client:
        found.provider.token_status = 500
        assert (await _come_back(client)).headers["location"].endswith("unreachable")
    (tmp_path / "b").mkdir()
    async with scene(tmp_path / "b") as found:
        found.provider.issuer += "/other"
        async with found.town.client() as client:
            answer = await client.get(BEGIN)
            assert answer.headers["location"].endswith("unreachable")


async def test_sites_that_are_not_there_admit_nobody(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, default_sites=("atlantis",)) as found,
        found.town.client() as client,
    ):
        assert (await _come_back(client)).headers["location"].endswith("not_admitted")


def test_claims_become_roles_and_sites_by_setting_only() -> None:
    settings = replace(SETTINGS, sites_claim="branch", sites={"n": ("north",), "all": ("*",)})
    claims = {"sub": "7", "preferred_username": "wang", "roles": ["chiefs", "operator", 7]}
    found = identity_of(settings, claims | {"branch": ["n", "elsewhere"]})
    assert (found.roles, found.sites) == ([Role.MANAGER], ["north"])
    with pytest.raises(NotAdmittedError):
        identity_of(settings, claims)
    with pytest.raises(OidcError):
        identity_of(settings, {"sub": "7"})
    assert SECRET not in repr(settings)


async def test_a_client_cannot_keep_the_provider_busy(tmp_path: Path) -> None:
    limited = replace(ApiSettings(static=tmp_path / "static"), logins_per_minute=5)
    with built(tmp_path, limited, provider=Provider(SETTINGS)) as town:
        async with town.client() as client:
            for address in (RETURN, BEGIN):
                statuses = [(await client.get(address)).status_code for _ in range(7)]
                assert statuses == [303] * 5 + [429] * 2, address
            login = {"username": "li", "password": "-"}
            # Signing in with a password has a share of its own.
            assert (await client.post("/api/v1/session", json=login)).status_code == 401
