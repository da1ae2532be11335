"""Devices and a running OCPP line for tests."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.driver import Wiring
from collectors.ocpp import DRIVER, OcppLine
from collectors.ocpp_profile import SCHEMA, OcppLink
from device_configs.estate import Device, Part
from device_configs.estate_entries import DeviceEntry
from device_configs.profile import LIBRARY, Profile, read_profile
from device_configs.quantities import Label
from records.engine import make_engine, metadata, sqlite_url
from tests.collectors.mqtt_devices import Letters, MemorySink, Running, now_ms


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database with every table."""
    found = make_engine(sqlite_url(tmp_path / "records.db"))
    metadata.create_all(found)
    yield found
    found.dispose()


@cache
def pile_profile() -> Profile:
    """The profile of the library."""
    return read_profile(LIBRARY / "ocpp_pile.yaml", {"ocpp": SCHEMA})


def pile(name: str, connectors: int = 1, interval_s: float = 600.0, identity: str = "") -> Device:
    """A pile of the estate, as the loader would make it."""
    profile = pile_profile()
    link = OcppLink(identity=identity or name.upper())
    entry = DeviceEntry(id=name, profile=profile.id, place="centre", link={"ocpp": {}})
    parts = {f"c{n}": Part(f"c{n}", name, "centre") for n in range(1, connectors + 1)}
    label = Label(zh=name, en=name)
    return Device(name, profile, "centre", label, interval_s, "ocpp", link, entry, parts)


class RunningPiles(Running):
    """The OCPP line, running."""

    line: OcppLine

    @property
    def port(self) -> int:
        return self.line.port


@asynccontextmanager
async def listening(
    devices: Sequence[Device], engine: sa.Engine, *, sink: MemorySink | None = None,
    security_profile: int = 0, **settings: object,
) -> AsyncIterator[RunningPiles]:  # fmt: skip
    """Run the line of some piles for the life of a block."""
    sink, letters = sink or MemorySink(), Letters()
    own = {"listen": "127.0.0.1:0", "security_profile": security_profile} | settings
    (line,) = DRIVER.open(devices, Wiring(sink, letters, now_ms, own, engine=engine))
    running = RunningPiles(line, sink, letters)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()
