"""A probe over MQTT hears every topic, says what it came from, and leaves nothing at the broker."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from collectors.mqtt_probe import probe_mqtt
from collectors.mqtt_settings import read_settings
from collectors.payload import encode_payload
from collectors.probe import ProbeError, ProbeQuality, UnknownProtocolError
from collectors.registry import SCHEMAS
from collectors.sample import Reason, Value
from device_configs.profile import LIBRARY, read_profile
from tests.brokers import Broker, broker, free_port, publisher
from tests.collectors.mqtt_devices import device, library_profile, now_ms, running_line, until

__all__ = ["broker"]

PILE: Mapping[str, Value] = {
    "state": "charging",
    "active_power": 7200.0,
    "active_energy_total": 1000.0,
    "session_energy": 5.0,
    "voltage_l1": 231.5,
    "fault_code": 0,
    "temperature": 30.0,
    "uptime": 86_400.0,
}


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
async def test_every_topic_is_heard_and_the_probe_ends(broker: Broker, protocol: str) -> None:
    pile = device("pile-1", "goe_api_v2")
    with publisher(broker) as client:
        for message in encode_payload(pile, PILE, at_ms=now_ms(), seq=1):
            client.publish(message.topic, message.payload, retain=True)
    settings = read_settings({"url": broker.url, "protocol": protocol})
    seen = await probe_mqtt(pile.profile, settings, "/go-eCharger/pile-1", 60)
    document = json.loads(json.dumps(seen.document()))
    assert document["profile"] == "goe_api_v2"
    (only,) = document["devices"]
    assert (only["id"], only["kind"], only["points"]) == (
        "goe_api_v2",
        "ev_charger",
        document["points"],
    )
    points = document["points"]
    assert list(points) == list(pile.profile.points)
    for name, value in PILE.items():
        assert points[name]["value"] == value, name
        assert points[name]["quality"] == "good"
    assert points["active_power"]["raw"] == [7200.0]
    assert points["state"]["raw"] == [2]
    assert points["active_power_l2"] == {
        "value": None,
        "unit": "W",
        "quality": "missing",
        "reason": "not_implemented",
        "raw": [None],
    }
    topics = {request["topic"] for request in document["requests"]}
    assert topics == {
        f"/go-eCharger/pile-1/{key}" for key in ("car", "err", "nrg", "eto", "wh", "tma", "rbt")
    }
    assert all(request["retained"] and request["ms"] > 0 for request in document["requests"])


async def test_a_device_that_speaks_is_heard_and_the_running_line_is_not_disturbed(
    broker: Broker,
) -> None:
    smoke = device("smoke-1", "zigbee2mqtt_smoke")
    async with running_line(broker, [smoke]) as line:
        settings = read_settings({"url": broker.url})
        probing = asyncio.create_task(
            probe_mqtt(smoke.profile, settings, "zigbee2mqtt/smoke-1", 60)
        )
        with publisher(broker) as gateway:
            while not probing.done():
                gateway.publish("zigbee2mqtt/smoke-1", '{"smoke":true,"battery":180}')
                await asyncio.sleep(0.02)
        seen = await probing
        await until(lambda: line.count("acked") > 0)
        assert line.count("reconnects") == 0
    assert seen.points["smoke"].value is True
    assert seen.points["battery"].quality is ProbeQuality.BAD
    assert seen.points["battery"].reason is Reason.OUT_OF_RANGE
    assert seen.points["tamper"].reason is Reason.NO_ANSWER
    assert "raw" in seen.points["tamper"].document()
    assert seen.points["tamper"].document()["raw"] == []


async def test_a_channel_is_listened_to_by_its_number(broker: Broker) -> None:
    with publisher(broker) as client:
        for n, watts in enumerate((b"10", b"20")):
            client.publish(f"shellies/em-1/emeter/{n}/power", watts, retain=True)
    settings = read_settings({"url": broker.url})
    profile = library_profile("shelly_gen1_em")
    seen = await probe_mqtt(profile, settings, "shellies/em-1", 0.5, channel=1)
    assert seen.points["active_power"].value == 20
    assert seen.points["active_power"].raw == "20"


async def test_silence_is_one_sentence(broker: Broker) -> None:
    settings = read_settings({"url": broker.url})
    profile = library_profile("zigbee2mqtt_smoke")
    with pytest.raises(ProbeError, match=r"^nothing was heard on a/b in 0.2 s\.$"):
        await probe_mqtt(profile, settings, "a/b", 0.2)


async def test_what_is_not_understood_is_one_sentence(broker: Broker) -> None:
    with publisher(broker) as client:
        client.publish("a/b", "not json", retain=True)
    settings = read_settings({"url": broker.url})
    profile = library_profile("zigbee2mqtt_smoke")
    with pytest.raises(ProbeError, match=r"^nothing on a/b was understood: is not JSON"):
        await probe_mqtt(profile, settings, "a/b", 20)


async def test_a_broker_that_is_not_there_is_one_sentence() -> None:
    settings = read_settings({"url": f"mqtt://127.0.0.1:{free_port()}"})
    with pytest.raises(ProbeError, match="cannot be reached"):
        await probe_mqtt(library_profile("zigbee2mqtt_smoke"), settings, "a/b", 5)


async def test_a_profile_of_another_protocol_is_refused() -> None:
    schemas = {schema.protocol: schema for schema in SCHEMAS}
    profile = read_profile(LIBRARY / "generic_weather_modbus.yaml", schemas)
    settings = read_settings({"url": "mqtt://127.0.0.1"})
    with pytest.raises(UnknownProtocolError, match="speaks modbus"):
        await probe_mqtt(profile, settings, "a/b", 5)
