"""The running simulator: Modbus servers, broker, publisher and control port around one model."""

import asyncio
import contextlib
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from collectors.payload_encode import Message
from collectors.registry import SCHEMAS
from collectors.simulator.broker import find_mosquitto, start_broker
from collectors.simulator.control import open_control
from collectors.simulator.incidents import Incidents
from collectors.simulator.modbus_server import ServerCounts, serve
from collectors.simulator.model import Model, SimulatorError
from collectors.simulator.publisher import Publisher
from device_configs.estate import load_estate

_TICK_S = 1.0
_MOST_QUEUED = 20_000
_CONNECT_S = 10.0


@dataclass(frozen=True)
class Options:
    """What the simulator is started with.

    Attributes:
        estate: the estate folder, its ports already those to listen on.
        data: folder of the broker and the control port's file.
        start_at_ms: what the model's clock shows at the start; None for the wall clock. [ms, UTC]
        seed: of the model's chance.
        mqtt_port: the broker's port; 0 takes a free one.
        broker: `auto`, `mosquitto` or `iotcore`.
    """

    estate: Path
    data: Path
    start_at_ms: int | None = None
    seed: int = 1
    mqtt_port: int = 0
    broker: str = "auto"


def wall_ms() -> int:
    """The wall clock [ms, UTC]."""
    return time.time_ns() // 1_000_000


class Bell:
    """Wakes the simulator before its next tick: something has changed, or it is to stop."""

    def __init__(self) -> None:
        self.stopping = False
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something has changed."""
        self._rung.set()

    def stop(self) -> None:
        """End the simulator."""
        self.stopping = True
        self._rung.set()

    async def wait(self, timeout_s: float) -> None:
        """Wait for a ring, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        self._rung.clear()


async def simulate(
    options: Options, ready: Callable[[Mapping[str, object]], None], bell: Bell
) -> None:
    """Run until the bell says stop; `ready` is called once everything answers.

    Raises:
        InvalidConfigError: the estate folder is wrong.
        SimulatorError: a port, the broker or the clock cannot be had.
    """
    estate = load_estate(options.estate, SCHEMAS)
    now_ms = wall_ms()
    shift_ms = 0 if options.start_at_ms is None else options.start_at_ms - now_ms
    model = Model(estate, options.seed, shift_ms)
    model.clock(now_ms)
    options.data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        program = _program(options.broker)
        broker = await start_broker(options.data / "broker", options.mqtt_port, program)
        stack.push_async_callback(broker.stop)
        ports = await serve(model, wall_ms, stack, ServerCounts())
        control = await open_control(Incidents(model), options.data, wall_ms, stack, bell.ring)
        client = await _connected(broker.url, stack)
        publisher = Publisher(model, _sender(client))
        publisher.tick(wall_ms())
        ready(
            {
                "ready": True,
                "broker": {"name": broker.name, "url": broker.url},
                "control_port": control,
                "modbus_ports": ports,
                "devices": len(estate.devices),
                "shift_ms": shift_ms,
            }
        )
        for _ in model.plant.warm(model.clock(now_ms)):
            # The devices answer meanwhile; what is asked for first is computed first.
            await asyncio.sleep(0)
            if bell.stopping:
                break
        await _tick(publisher, client, bell)


def _program(wanted: str) -> str | None:
    if wanted == "iotcore":
        return None
    found = find_mosquitto()
    if found is None and wanted == "mosquitto":
        raise SimulatorError("mosquitto is not installed; leave --broker out to use another")
    return found


async def _connected(url: str, stack: AsyncExitStack) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id="sitewatch-simulator")
    client.max_queued_messages_set(_MOST_QUEUED)
    parts = urlsplit(url)
    connected, loop = asyncio.Event(), asyncio.get_running_loop()

    def on_connect(*_: object) -> None:
        loop.call_soon_threadsafe(connected.set)

    client.on_connect = on_connect
    try:
        await asyncio.to_thread(client.connect, parts.hostname or "127.0.0.1", parts.port or 1883)
    except OSError as error:
        raise SimulatorError(f"the broker at {url} cannot be reached: {error}") from error
    client.loop_start()
    stack.push_async_callback(asyncio.to_thread, _disconnect, client)
    try:
        async with asyncio.timeout(_CONNECT_S):
            await connected.wait()
    except TimeoutError as error:
        raise SimulatorError(f"the broker at {url} does not answer") from error
    return client


def _disconnect(client: Client) -> None:
    client.disconnect()
    client.loop_stop()


def _sender(client: Client) -> Callable[[Message], None]:
    def send(message: Message) -> None:
        sent = client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        if sent.rc is MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            raise SimulatorError("the broker takes no messages any more")

    return send


async def _tick(publisher: Publisher, client: Client, bell: Bell) -> None:
    """Publish each second, and at once when an incident has changed something."""
    connected = True
    while not bell.stopping:
        await bell.wait(_TICK_S)
        if client.is_connected() and not connected:
            publisher.forget()
        connected = client.is_connected()
        if connected:
            publisher.tick(wall_ms())


async def watch_parent(bell: Bell) -> None:
    """Stop when standard input is a pipe and its other end closes."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        while await reader.read(4096):
            pass
    finally:
        transport.close()
    bell.stop()


def say(message: Mapping[str, object]) -> None:
    """Write one JSON line for the process that started this one."""
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()
