import asyncio
import re
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from collectors.simulator.broker import (
    SETTINGS,
    RunningBroker,
    find_mosquitto,
    free_port,
    start_broker,
)
from collectors.simulator.model import SimulatorError
from tests.conftest import ROOT


def test_the_settings_are_those_of_the_installed_broker() -> None:
    text = (ROOT / "deploy" / "mosquitto.conf").read_text(encoding="utf-8")
    given = dict(re.findall(r"^(\w+) (.+)$", text, flags=re.MULTILINE))

    assert {name: given.get(name) for name in SETTINGS} == dict(SETTINGS)


async def _round_trip(broker: RunningBroker) -> list[tuple[str, bytes, bool]]:
    """Retain a message, subscribe afterwards, publish another; what arrives."""
    port = int(broker.url.rpartition(":")[2])
    found: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    client = Client(CallbackAPIVersion.VERSION2)

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        heard = (message.topic, bytes(message.payload), message.retain)
        loop.call_soon_threadsafe(found.put_nowait, heard)

    client.on_message = on_message
    await asyncio.to_thread(client.connect, "127.0.0.1", port)
    client.loop_start()
    try:
        kept = client.publish("demo/kept", b"1", qos=1, retain=True)
        await asyncio.to_thread(kept.wait_for_publish, 10)
        client.subscribe("demo/#", qos=1)
        first = await asyncio.wait_for(found.get(), 10)
        client.publish("demo/live", b"2", qos=1)
        return [first, await asyncio.wait_for(found.get(), 10)]
    finally:
        client.disconnect()
        client.loop_stop()


EXPECTED = [("demo/kept", b"1", True), ("demo/live", b"2", False)]


async def test_mosquitto(tmp_path: Path) -> None:
    program = find_mosquitto()
    if program is None:
        pytest.skip("mosquitto is not installed")
    broker = await start_broker(tmp_path, mosquitto=program)
    try:
        assert broker.name == "mosquitto"
        assert await _round_trip(broker) == EXPECTED
    finally:
        await broker.stop()
    assert broker.process is not None
    assert broker.process.returncode is not None


async def test_the_broker_from_pypi(tmp_path: Path) -> None:
    broker = await start_broker(tmp_path)
    try:
        assert broker.name == "iotcore"
        assert await _round_trip(broker) == EXPECTED
    finally:
        await broker.stop()


@pytest.mark.parametrize("installed", [True, False])
async def test_a_port_in_use_is_one_sentence(tmp_path: Path, installed: bool) -> None:
    program = find_mosquitto() if installed else None
    if installed and program is None:
        pytest.skip("mosquitto is not installed")
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", free_port())
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(SimulatorError, match="did not start"):
            await start_broker(tmp_path, port, program)
    finally:
        server.close()
        await server.wait_closed()
