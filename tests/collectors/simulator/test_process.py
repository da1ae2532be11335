import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from collectors.simulator.broker import free_port
from collectors.simulator.control import PORT_FILE, ask
from tests.conftest import ROOT

_ESTATE = """\
estate: small
communities:
  - {{id: centre, role: centre, name: {{zh: 中心, en: Centre}}}}
"""
_DEVICES = """\
- id: m1
  profile: eastron_sdm630
  place: centre
  link: {{modbus_tcp: {{host: 127.0.0.1, port: {port}}}}}
  metering: {{role: grid}}
- {{id: smoke-1, profile: zigbee2mqtt_smoke, place: centre, link: {{mqtt: {{}}}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    estate = tmp_path / "estate"
    (estate / "devices").mkdir(parents=True)
    (estate / "estate.yaml").write_text(_ESTATE.format(), encoding="utf-8")
    text = _DEVICES.format(port=free_port())
    (estate / "devices" / "all.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@asynccontextmanager
async def simulator(folder: Path, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "collectors.simulator",
        "--estate", str(folder / "estate"), "--data", str(folder / "data"), *more,
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def first_line(process: asyncio.subprocess.Process) -> dict[str, object]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


async def test_it_answers_injects_and_ends_with_its_parent(folder: Path) -> None:
    heard: asyncio.Queue[MQTTMessage] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    client = Client(CallbackAPIVersion.VERSION2)

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, message)

    client.on_message = on_message
    async with simulator(folder) as process:
        ready = await first_line(process)
        assert ready["ready"] is True
        assert ready["devices"] == 2
        broker = ready["broker"]
        assert isinstance(broker, dict)
        await asyncio.to_thread(client.connect, "127.0.0.1", int(broker["url"].rpartition(":")[2]))
        client.loop_start()
        try:
            client.subscribe("zigbee2mqtt/smoke-1", qos=1)
            request = {"incident": "smoke", "device": "smoke-1"}
            await asyncio.to_thread(ask, folder / "data", request)
            smoke = False
            while not smoke:
                message = await asyncio.wait_for(heard.get(), 30)
                smoke = json.loads(message.payload)["smoke"]
        finally:
            client.disconnect()
            client.loop_stop()
        assert process.stdin is not None
        process.stdin.close()
        code = await asyncio.wait_for(process.wait(), 30)
    assert code == 0
    assert not (folder / "data" / PORT_FILE).exists()


async def test_it_ends_on_sigterm(folder: Path) -> None:
    async with simulator(folder, "--start-at", "2026-07-15T12:00:00+08:00") as process:
        assert (await first_line(process))["ready"] is True
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0


@pytest.mark.parametrize(
    ("spoil", "more", "code", "says"),
    [
        ("devices", (), 2, "no profile"),
        ("port", (), 1, "cannot listen on"),
        ("", ("--start-at", "2025-12-31T00:00:00+08:00"), 1, "2026-01-01"),
    ],
)
async def test_what_fails_is_one_sentence(
    folder: Path, spoil: str, more: tuple[str, ...], code: int, says: str
) -> None:
    file = folder / "estate" / "devices" / "all.yaml"
    text = file.read_text()
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    taken = server.sockets[0].getsockname()[1]
    if spoil == "devices":
        file.write_text(text.replace("eastron_sdm630", "eastron_sdm999"))
    if spoil == "port":
        before = text.partition("port: ")[2].partition("}")[0]
        file.write_text(text.replace(f"port: {before}", f"port: {taken}"))
    try:
        async with simulator(folder, *more) as process:
            answer = await first_line(process)
            assert await asyncio.wait_for(process.wait(), 30) == code
    finally:
        server.close()
        await server.wait_closed()
    assert answer["ready"] is False
    assert says in str(answer["error"])
