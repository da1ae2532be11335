"""Devices, a sink that collects, and lines that run while a test looks: for the line tests."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from collectors import modbus, sunspec
from collectors.driver import Line, Wiring
from collectors.modbus_links import ModbusRtuTcpLink, ModbusTcpLink
from collectors.modbus_schema import ModbusSettings
from collectors.sample import Sample, Value
from device_configs.estate import Device, Part
from device_configs.estate_entries import DeviceEntry
from device_configs.profile import LIBRARY, Profile, read_profile
from device_configs.quantities import Label
from tests.replay_server import ReplayServer

SCHEMAS = {schema.protocol: schema for schema in (modbus.SCHEMA, sunspec.SCHEMA)}
PATIENCE_S = 20.0
"""How long a test waits for what must come; only a broken build ever does. [s]"""


def library(name: str, **settings: Any) -> Profile:
    """A profile of the library, without the pauses that real devices need."""
    profile = read_profile(LIBRARY / f"{name}.yaml", SCHEMAS)
    assert isinstance(profile.settings, ModbusSettings)
    quick = {"min_gap_ms": 0, "connect_delay_ms": 0} | settings
    return replace(profile, settings=profile.settings.model_copy(update=quick))


def device(
    profile: Profile,
    port: int,
    unit: int = 1,
    *,
    name: str = "d1",
    interval_s: float = 0.03,
    rtu: bool = False,
    parts: Sequence[str] = (),
) -> Device:
    """A device on the loopback; `polling` gives it its port."""
    link_name = "modbus_rtu_tcp" if rtu else "modbus_tcp"
    model = ModbusRtuTcpLink if rtu else ModbusTcpLink
    entry = DeviceEntry(id=name, profile=profile.id, place="here", link={link_name: {}})
    ids = (*(profile.parts.ids() if profile.parts else ()), *parts)
    return Device(
        name, profile, "here", Label(zh=name, en=name), interval_s, link_name,
        model(host="127.0.0.1", port=port or 1, unit=unit), entry,
        {part: Part(part, name, "here") for part in ids},
    )  # fmt: skip


class Collecting:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    async def append(self, samples: Sequence[Sample]) -> int:
        """Take samples."""
        self.samples += samples
        return len(self.samples)

    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        """No polled protocol has payloads to keep."""
        raise AssertionError(source)

    def of(self, name: str) -> list[Sample]:
        """The samples of one device or part."""
        return [sample for sample in self.samples if sample.device == name]

    def latest(self, name: str) -> dict[str, tuple[Value, str | None]]:
        """Point to its newest value and reason."""
        found: dict[str, tuple[Value, str | None]] = {}
        for sample in self.of(name):
            for point, value in sample.values.items():
                found[point] = (value, sample.reasons.get(point))
        return found

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to be so."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 any condition over what was collected
                await asyncio.sleep(0.005)

    async def heard(self, name: str, count: int = 1) -> None:
        """Wait until a device or part has given this many samples more."""
        before = len(self.of(name))
        await self.until(lambda: len(self.of(name)) >= before + count)


def wiring(sink: Collecting) -> Wiring:
    """What a line is given."""
    return Wiring(sink, sink, lambda: time.time_ns() // 1_000_000)


@asynccontextmanager
async def running(line: Line) -> AsyncIterator[None]:
    """Run a line in the background."""
    task = asyncio.ensure_future(line.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def polling(server: ReplayServer, *devices: Device) -> AsyncIterator[tuple[Collecting, Line]]:
    """Serve, poll and collect."""
    sink = Collecting()
    async with server:
        placed = [
            replace(one, link=one.link.model_copy(update={"port": server.port})) for one in devices
        ]
        (line,) = modbus.DRIVER.open(placed, wiring(sink))
        async with running(line):
            yield sink, line
