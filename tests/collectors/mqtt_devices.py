"""Devices, sinks and a running line for the tests of the MQTT path."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

from collectors.driver import Line, LineHealth, Wiring
from collectors.mqtt import DRIVER
from collectors.mqtt_profile import SCHEMA, MqttLink, MqttSettings
from collectors.sample import Sample, Value
from device_configs.estate import Device
from device_configs.estate_entries import DeviceEntry
from device_configs.profile import LIBRARY, Profile, read_profile
from device_configs.quantities import Label
from records.engine import RecordsError
from tests.brokers import Broker

PROFILES = tuple(
    file.stem for file in sorted(LIBRARY.glob("*.yaml")) if "\nmqtt:\n" in file.read_text("utf-8")
)


@cache
def library_profile(name: str) -> Profile:
    """One MQTT profile of the library."""
    return read_profile(LIBRARY / f"{name}.yaml", {"mqtt": SCHEMA})


def written_profile(folder: Path, text: str) -> Profile:
    """A profile written for one test."""
    file = folder / "profile.yaml"
    file.write_text(text, encoding="utf-8")
    return read_profile(file, {"mqtt": SCHEMA})


def device(
    name: str,
    profile: str | Profile,
    topic: str | None = None,
    interval_s: float = 10.0,
    channel: int = 0,
) -> Device:
    """A device of the estate, as the loader would make it."""
    found = library_profile(profile) if isinstance(profile, str) else profile
    if topic is None and isinstance(found.settings, MqttSettings) and "+" in found.settings.topic:
        topic = found.settings.topic.replace("+", name)
    link = {"topic": topic} if topic else {}
    entry = DeviceEntry(id=name, profile=found.id, place="centre", link={"mqtt": link})
    label = Label(zh=name, en=name)
    return Device(
        name,
        found,
        "centre",
        label,
        interval_s,
        "mqtt",
        MqttLink(topic=topic, channel=channel),
        entry,
    )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class MemorySink:
    """Keeps samples; can be held, so that a test sees what is done before `append` returns."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = asyncio.Event()
        self.failures = 0
        """How many of the next appends fail."""
        self._seq = itertools.count(1)

    async def append(self, samples: Sequence[Sample]) -> int:
        self.waiting.set()
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        self.samples += samples
        return next(self._seq)

    def values(self, device: str) -> dict[str, Value]:
        """The newest value of each point of a device."""
        found: dict[str, Value] = {}
        for sample in self.samples:
            if sample.device == device:
                found |= sample.values
        return found


class Letters:
    """Keeps dead letters."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes, str]] = []
        self.broken = False
        self.hangs = False

    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.broken:
            raise RecordsError("the database is down")
        self.kept.append((source, payload, reason))


async def until(
    condition: Callable[[], bool], timeout: float = 20.0, *, every: float = 0.01
) -> None:
    """Wait for a condition, looking every so many seconds; fails when it does not come true."""
    async with asyncio.timeout(timeout):
        while not condition():  # noqa: ASYNC110 (another thread or process makes it true)
            await asyncio.sleep(every)


class Running:
    """A line that runs, with what it writes to."""

    def __init__(self, line: Line, sink: MemorySink, letters: Letters) -> None:
        self.line = line
        self.sink = sink
        self.letters = letters
        self.task: asyncio.Task[None] | None = None

    def health(self) -> LineHealth:
        return self.line.health()

    def count(self, name: str) -> int:
        return self.line.health().counters.get(name, 0)

    async def start(self) -> None:
        """Start the line and wait until it is connected and subscribed."""
        self.task = asyncio.create_task(self.line.run())
        await until(lambda: self.health().connected or self.ended())

    def ended(self) -> bool:
        return self.task is not None and self.task.done()

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task


@asynccontextmanager
async def running_line(
    broker: Broker,
    devices: Sequence[Device],
    *,
    sink: MemorySink | None = None,
    **settings: object,
) -> AsyncIterator[Running]:
    """Run the MQTT line of some devices for the life of a block."""
    sink, letters = sink or MemorySink(), Letters()
    wiring = Wiring(sink, letters, now_ms, {"url": broker.url} | settings)
    (line,) = DRIVER.open(devices, wiring)
    running = Running(line, sink, letters)
    await running.start()
    try:
        yield running
    finally:
        left, was_there = broker.farewells("sitewatch"), running.health().connected
        await running.stop()
        if was_there:
            await until(lambda: broker.farewells("sitewatch") > left)
