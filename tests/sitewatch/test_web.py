"""Whom the server believes about where a request comes from."""

from pathlib import Path

import httpx
import pytest

from records.people import Role
from sitewatch.settings import ServiceSettings
from sitewatch.web import make_server
from tests.api.house import PASSWORD, Built, built
from tests.api.serving import running

FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


async def _signed_in_from(town: Built, service: ServiceSettings) -> tuple[str, bool]:
    """The address that a forwarded login is said to come from, and whether over TLS."""
    async with (
        running(make_server(town.app, service)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        login = {"username": "li", "password": PASSWORD}
        answer = await client.post("/api/v1/session", json=login, headers=FORWARDED)
        sessions = (await client.get("/api/v1/sessions")).json()["items"]
    return sessions[0]["address"], "strict-transport-security" in answer.headers


@pytest.mark.parametrize(
    ("proxies", "believed"),
    [(("127.0.0.1",), True), (("127.0.0.0/8",), True), (("10.0.0.7",), False), ((), False)],
)
async def test_only_named_proxies_are_believed(
    tmp_path: Path, proxies: tuple[str, ...], believed: bool
) -> None:
    with built(tmp_path) as town:
        town.person("li", Role.VIEWER)
        found = await _signed_in_from(town, ServiceSettings(trusted_proxies=proxies))
    assert found == (("203.0.113.9", True) if believed else ("127.0.0.1", False))


@pytest.mark.parametrize("text", ["*", "proxy.example", "10.0.0.1/24", ""])
def test_a_proxy_is_an_address_or_a_network(text: str) -> None:
    with pytest.raises(ValueError, match="is no address or network"):
        ServiceSettings(trusted_proxies=(text,))
