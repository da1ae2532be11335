"""Health, version, kinds, profiles."""

import pytest

from api.routes.system import status_of
from records.people import Role
from tests.api.house import Built


@pytest.mark.parametrize(
    ("stages", "status"),
    [
        ({}, "ok"),
        ({"journal": "ok", "store": "ok"}, "ok"),
        ({"journal": "ok", "store": "the disk is full"}, "degraded"),
        ({"journal": "the disk is full"}, "down"),
        ({"engine": "database is locked", "store": "x"}, "down"),
    ],
)
def test_status_of(stages: dict[str, str], status: str) -> None:
    assert status_of(stages) == status


async def test_health_is_public_and_503_when_down(town: Built) -> None:
    async with town.client() as client:
        answer = await client.get("/api/v1/health")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        town.stages["store"] = "cannot be reached"
        answer = await client.get("/api/v1/health")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        town.stages["journal"] = "the disk is full"
        answer = await client.get("/api/v1/health")
        assert answer.status_code == 503
        assert answer.json()["stages"]["journal"] == "the disk is full"


async def test_version(town: Built) -> None:
    async with town.client() as client:
        found = (await client.get("/api/v1/version")).json()
    assert found == {"version": "0.1.0", "revision": "abc123"}


async def test_kinds_name_points_and_values(town: Built) -> None:
    town.person("li", Role.VIEWER)
    async with town.signed_in("li") as client:
        kinds = {kind["kind"]: kind for kind in (await client.get("/api/v1/kinds")).json()}
    points = {point["name"]: point for point in kinds["ev_charger"]["points"]}
    assert points["state"]["values"]["charging"]["zh"] == "充电中"
    assert points["active_energy_total"]["counter"] is True


async def test_profiles_say_how_well_they_are_proven(town: Built) -> None:
    town.person("li", Role.VIEWER, sites=("north",))
    async with town.signed_in("li") as client:
        found = {row["id"]: row for row in (await client.get("/api/v1/profiles")).json()}
    meter = found["eastron_sdm630"]
    assert sum(meter["points_verified"].values()) == meter["points"] > 0
    assert meter["devices"] == 1
    assert found["generic_fire_panel_modbus"]["parts"] == 242
