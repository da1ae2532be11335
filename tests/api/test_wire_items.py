"""How a device is read off the wire, over HTTP."""

from records.people import Role
from tests.api.house import Built


async def test_a_map_has_addresses_and_no_secrets(town: Built) -> None:
    town.person("wu", Role.INTEGRATOR)
    async with town.signed_in("wu") as wu:
        found = (await wu.get("/api/v1/devices/grid/map")).json()
    assert (found["profile"], found["line"]) == ("eastron_sdm630", "modbus_tcp[127.0.0.1:1502]")
    power = next(point for point in found["points"] if point["name"] == "active_power")
    assert power["address"]["address"] == 52
    assert power["address"]["type"] == "float32"
    assert power["unit"] == "W"


async def test_a_part_has_the_points_of_its_kind(town: Built) -> None:
    town.person("wu", Role.INTEGRATOR)
    async with town.signed_in("wu") as wu:
        panel = (await wu.get("/api/v1/devices/panel/map")).json()
        part = (await wu.get("/api/v1/devices/panel/p002/map")).json()
    [status] = [point for point in panel["points"] if "fire" in str(point["mapping"].get("bits"))]
    assert status["address"]
    assert part["points"] == panel["part_points"]
    assert part["part_points"] == []


async def test_a_device_out_of_sight_has_no_map(town: Built) -> None:
    town.person("wu", Role.INTEGRATOR, sites=("north",))
    async with town.signed_in("wu") as wu:
        assert (await wu.get("/api/v1/devices/grid/map")).status_code == 404
