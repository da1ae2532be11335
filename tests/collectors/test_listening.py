"""The listening half of the driver contract; covers: collectors/driver.py.

A device that dials in is acknowledged only after `Sink.append` has returned.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from collectors.driver import Line, Wiring
from collectors.sample import Lane, Sample
from device_configs.estate import Device
from device_configs.estate_entries import DeviceEntry
from device_configs.profile import read_profile
from device_configs.quantities import Label
from ingest.bus import Cursor
from ingest.journal import Journal
from tests.collectors.listening import DRIVER, SCHEMA, ListeningLine, ListeningLink, PortInUseError
from tests.collectors.mqtt_devices import Letters, MemorySink, now_ms

PROFILE = """\
profile: dialling_smoke
kind: smoke_detector
vendor: Test
model: M1
source: "made for this test"
verified: document
listening: {}
points:
  smoke: {key: s}
  battery: {key: b, unit: "%"}
"""


@pytest.fixture
def smoke(tmp_path: Path) -> Device:
    file = tmp_path / "dialling_smoke.yaml"
    file.write_text(PROFILE, encoding="utf-8")
    profile = read_profile(file, {"listening": SCHEMA})
    entry = DeviceEntry(
        id="smoke-1", profile=profile.id, place="centre", link={"dial_in": {"name": "S1"}}
    )
    label = Label(zh="烟感", en="Smoke")
    link = ListeningLink(name="S1")
    return Device("smoke-1", profile, "centre", label, 10, "dial_in", link, entry)


@asynccontextmanager
async def listening(smoke: Device, wiring: Wiring) -> AsyncIterator[ListeningLine]:
    lines: list[Line] = list(DRIVER.open([smoke], wiring))
    (line,) = lines
    assert isinstance(line, ListeningLine)
    task = asyncio.create_task(line.run())
    try:
        await line.listening()
        yield line
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def dialled_in(
    line: ListeningLine,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def said(number: int, **values: object) -> bytes:
    return json.dumps({"device": "S1", "number": number, "values": values}).encode() + b"\n"


async def answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        return await reader.readline()


async def test_the_device_is_acknowledged_only_after_append_has_returned(smoke: Device) -> None:
    sink = MemorySink()
    sink.gate.clear()
    async with (
        listening(smoke, Wiring(sink, Letters(), now_ms, {"port": 0})) as line,
        dialled_in(line) as (reader, writer),
    ):
        writer.write(said(1, s=True, b=80))
        await sink.waiting.wait()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.03):
                await reader.readline()
        assert line.health().counters["acked"] == 0
        sink.gate.set()
        assert await answer(reader) == b"ok 1\n"
    assert [(s.lane, dict(s.values)) for s in sink.samples] == [
        (Lane.SAFETY, {"smoke": True}),
        (Lane.ROUTINE, {"battery": 80}),
    ]
    assert line.health().devices[0].connected is True


async def test_what_was_acknowledged_is_in_the_journal_and_a_repetition_is_not_twice(
    smoke: Device, tmp_path: Path
) -> None:
    path = tmp_path / "journal.sqlite"
    async with (
        Journal.open(path, ("judge",)) as journal,
        listening(smoke, Wiring(journal, Letters(), now_ms, {"port": 0})) as line,
        dialled_in(line) as (reader, writer),
    ):
        for number in (1, 2, 2, 1, 3):
            writer.write(said(number, s=number == 2))
            assert (await answer(reader)).startswith(b"ok ")
    async with Journal.open(path, ("judge",)) as journal:
        kept: list[Sample] = list(await journal.read(Cursor(), 100, 1))
    assert [sample.values["smoke"] for sample in kept] == [False, True, False]


async def test_a_line_that_is_not_understood_is_kept_and_answered(smoke: Device) -> None:
    sink, letters = MemorySink(), Letters()
    async with (
        listening(smoke, Wiring(sink, letters, now_ms, {"port": 0})) as line,
        dialled_in(line) as (reader, writer),
    ):
        for poison in (b"\xff\n", b"{}\n", b'{"device":"S9","number":1,"values":{}}\n'):
            writer.write(poison)
            assert await answer(reader) == b"bad\n"
        writer.write(said(1, s="perhaps"))
        assert await answer(reader) == b"ok 1\n"
    assert len(letters.kept) == 3
    assert [dict(s.values) for s in sink.samples] == [{"smoke": None}]


async def test_a_taken_port_is_one_clear_error(smoke: Device) -> None:
    wiring = Wiring(MemorySink(), Letters(), now_ms, {"port": 0})
    async with listening(smoke, wiring) as line:
        second = Wiring(MemorySink(), Letters(), now_ms, {"port": line.port})
        (other,) = DRIVER.open([smoke], second)
        with pytest.raises(PortInUseError, match=str(line.port)):
            await other.run()
