"""What `probe` returns, and the document it prints."""

import json

import pytest

from collectors import mqtt_profile
from collectors.probe import ProbeError, ProbeQuality, UnknownProtocolError, probe, quality_of
from collectors.sample import Reason
from device_configs.profile import LIBRARY, read_profile
from tests.collectors.lines import library
from tests.replay_server import Fault, ReplayServer, Unit


def weather(*words: int) -> Unit:
    unit = Unit()
    unit.load(4, 0, words)
    return unit


async def test_the_document_has_the_shape_of_the_design() -> None:
    unit = weather(812, 0xFF9C, 0x7FFF, 65, 2000)
    async with ReplayServer({5: unit}) as server:
        seen = await probe(library("generic_weather_modbus"), "127.0.0.1", server.port, 5)
    document = json.loads(json.dumps(seen.document()))
    assert set(document) == {"profile", "devices", "points", "requests"}
    assert document["profile"] == "generic_weather_modbus"
    (device,) = document["devices"]
    assert set(device) == {"id", "kind", "points"}
    assert device["kind"] == "weather_station"
    assert device["points"] == document["points"]
    points = document["points"]
    assert points["irradiance"] == {
        "value": 812, "unit": "W/m2", "quality": "good", "raw": [812],
    }  # fmt: skip
    assert points["module_temperature"]["value"] == -10.0
    assert points["ambient_temperature"] == {
        "value": None, "unit": "degC", "quality": "missing", "reason": "not_implemented",
        "raw": [0x7FFF],
    }  # fmt: skip
    # 200 % of humidity is read, and not believed.
    assert points["humidity"]["value"] == 200.0
    assert (points["humidity"]["quality"], points["humidity"]["reason"]) == ("bad", "out_of_range")
    (request,) = document["requests"]
    assert set(request) == {"function", "address", "count", "ms"}
    assert (request["function"], request["address"], request["count"]) == (4, 0, 5)
    assert request["ms"] >= 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault.SILENT, "unit 1 does not answer"),
        (Fault.WRONG_TID, "another transaction"),
        (Fault.CLOSE, "closed the connection"),
    ],
)
async def test_a_device_that_does_not_answer_is_one_sentence(fault: Fault, message: str) -> None:
    unit = weather(1, 2, 3, 4, 5)
    unit.fault = fault
    profile = library("generic_weather_modbus", timeout_ms=60)
    async with ReplayServer({1: unit}) as server:
        with pytest.raises(ProbeError, match=message) as caught:
            await probe(profile, "127.0.0.1", server.port, 1)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


async def test_nobody_listening_is_one_sentence() -> None:
    server = ReplayServer({})
    await server.start()
    await server.stop()
    with pytest.raises(ProbeError, match="does not accept a connection"):
        await probe(library("generic_weather_modbus"), "127.0.0.1", server.port, 1)


async def test_a_device_that_refuses_everything_is_one_sentence() -> None:
    async with ReplayServer({1: Unit()}) as server:
        with pytest.raises(ProbeError, match="illegal data address"):
            await probe(library("generic_weather_modbus"), "127.0.0.1", server.port, 1)


async def test_every_part_of_a_panel_is_shown() -> None:
    unit = Unit()
    unit.load(4, 0, [0, 250])
    unit.load(4, 100, [0] * 250)
    unit.cells[4][349] = 1
    async with ReplayServer({1: unit}) as server:
        seen = await probe(library("generic_fire_panel_modbus"), "127.0.0.1", server.port, 1)
    parts = {device.id: device for device in seen.devices[1:]}
    assert len(parts) == 250, "as many as the panel says, not as the profile says"
    assert parts["p250"].points["smoke"].value is True
    assert parts["p001"].points["smoke"].value is False


async def test_a_profile_of_another_protocol_is_refused() -> None:
    name = "zigbee2mqtt_smoke"
    profile = read_profile(LIBRARY / f"{name}.yaml", {"mqtt": mqtt_profile.SCHEMA})
    with pytest.raises(UnknownProtocolError, match="speaks mqtt"):
        await probe(profile, "127.0.0.1", 1, 1)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_quality(reason: Reason) -> None:
    assert quality_of(reason) is not ProbeQuality.GOOD
    assert quality_of(None) is ProbeQuality.GOOD
