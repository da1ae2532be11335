"""Every route × every role, made from `permissions.yaml`; a route without a row cannot start."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fastapi import APIRouter

from api import app as app_module
from api.permissions import PermissionsError, check_routes, load_permissions
from api.routes import system
from records.people import Role
from tests.api.house import Built, built

TABLE = load_permissions()
LINKS = {"GET /ack/{token}", "POST /ack/{token}"}
"""The pages behind links in messages: the secret in the link is who one is."""
VALUES: Mapping[str, str] = {
    "device": "grid", "alarm": "999", "window": "999", "drill": "999", "order": "999",
    "item": "0", "sha256": "0" * 64, "proof": "999", "username": "nobody",
    "name": "nothing", "token": "nothing", "id_": "nothing", "date": "2026-10-01",
    "kind": "contact", "number": "999",
}  # fmt: skip


def _request(route: str) -> tuple[str, str]:
    """Method and address; the live stream is asked for a site that is not there, so it ends."""
    method, path = route.split(" ")
    address = path.format(**VALUES)
    return method, address + ("?site=nowhere" if address.endswith("/live") else "")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with built(tmp_path_factory.mktemp("matrix")) as town:
        yield town


@pytest.fixture(scope="module")
def secrets(shared: Built) -> Mapping[Role, str]:
    return {role: shared.token(role.value, role) for role in Role}


@pytest.mark.parametrize("route", TABLE)
async def test_each_role_may_what_its_row_says(
    shared: Built, secrets: Mapping[Role, str], route: str
) -> None:
    method, address = _request(route)
    access = TABLE[route]
    answers: dict[str, int] = {}
    for role in Role:
        headers = {"Authorization": f"Bearer {secrets[role]}"}
        async with shared.client(headers) as client:
            body: object = {} if method in {"POST", "PUT"} else None
            answers[role.value] = (await client.request(method, address, json=body)).status_code
    may = {role for role, status in answers.items() if status not in {401, 403}}
    expected = set(Role) if access.public else set(access.roles)
    assert may == expected, answers
    assert not [status for status in answers.values() if status >= 500], answers


@pytest.mark.parametrize("route", TABLE)
async def test_without_login_only_what_is_public(shared: Built, route: str) -> None:
    method, address = _request(route)
    async with shared.client() as client:
        status = (await client.request(method, address, json={})).status_code
    if TABLE[route].public:
        assert status in {200, 422} or (route in LINKS and status == 404)
    else:
        assert status == 401


def test_little_is_public() -> None:
    assert {route for route, access in TABLE.items() if access.public} == {
        "GET /api/v1/openapi.json",
        "GET /api/v1/health",
        "GET /api/v1/version",
        "POST /api/v1/session",
        *LINKS,
    }


def test_roles_that_have_no_alarms_and_no_people() -> None:
    for route, access in TABLE.items():
        if "/alarms" in route:
            assert Role.ADMINISTRATOR not in access.roles, route
            assert Role.SECURITY_ADMINISTRATOR not in access.roles, route
        if "/people" in route or "/tokens" in route:
            assert access.roles == {Role.SECURITY_ADMINISTRATOR}, route
        if "/audit" in route:
            assert access.roles == {Role.AUDITOR}, route


async def test_the_description_and_the_table_name_the_same_routes(town: Built) -> None:
    async with town.client() as client:
        description = (await client.get("/api/v1/openapi.json")).json()
    assert description["openapi"].startswith("3.1")
    described = {
        f"{method.upper()} {path}"
        for path, methods in description["paths"].items()
        for method in methods
    }
    assert described == set(TABLE) - {"GET /api/v1/openapi.json", *LINKS}


def test_a_route_without_a_row_fails_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = APIRouter()
    router.routes.extend(system.router.routes)
    router.add_api_route("/open-door", lambda: "come in", methods=["GET"])
    monkeypatch.setattr(system, "router", router)
    with (
        pytest.raises(PermissionsError, match="GET /api/v1/open-door has no row"),
        built(tmp_path),
    ):
        pass


def test_a_row_without_a_route_is_a_fault() -> None:
    with pytest.raises(PermissionsError, match="GET /gone is a row without a route"):
        check_routes({**TABLE, "GET /gone": TABLE["GET /metrics"]}, TABLE)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("groups: {}\nroutes: {GET /x: [root]}", "there is no role 'root'"),
        ("groups: {}\nroutes: {GET /x: []}", "names nobody"),
        ("groups: {g: [root]}\nroutes: {}", "root"),
        ("routes: {}", "groups"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "permissions.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PermissionsError, match=fault):
        load_permissions(file)


def test_the_app_uses_this_table() -> None:
    assert app_module.PREFIX == "/api/v1"
    assert all(" /api/v1/" in route for route in set(TABLE) - {app_module.METRICS, *LINKS})
