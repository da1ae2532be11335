import asyncio
import struct
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from collectors import modbus
from collectors.driver import Wiring
from collectors.modbus_links import ModbusTcpLink
from collectors.sample import Sample, Value
from collectors.simulator.history import history
from collectors.simulator.modbus_server import ServerCounts, Units, serve
from collectors.simulator.model import Model, SimulatorError
from collectors.simulator.register_image import RegisterImage
from device_configs.estate import Device
from device_configs.kinds import PointType
from tests.collectors.simulator.conftest import NOON_MS

READ = (
    "centre-grid", "centre-kiosk", "centre-pv-7", "centre-pv-10", "centre-weather",
    "centre-pile-01", "centre-pile-60", "centre-water", "centre-heat", "centre-gas",
    "centre-residual-1", "centre-pressure-1", "centre-tank", "centre-panel", "k03-panel",
)  # fmt: skip
"""One device of every Modbus and SunSpec profile of the estate, but the slow to connect Huawei."""


class _Sink:
    """Keeps what it is given, and rings when all devices have been heard."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self.values: dict[str, dict[str, Value]] = {}
        self.complete = asyncio.Event()
        self._wanted = set(wanted)

    async def append(self, samples: Sequence[Sample]) -> int:
        for sample in samples:
            self.values.setdefault(sample.device, {}).update(sample.values)
        if self._wanted <= set(self.values):
            self.complete.set()
        return len(samples)


class _NoLetters:
    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        raise AssertionError((source, payload, reason))


async def _poll(devices: Sequence[Device]) -> dict[str, dict[str, Value]]:
    sink = _Sink([device.id for device in devices])
    wiring = Wiring(sink, _NoLetters(), lambda: NOON_MS)
    polled = [device for device in devices if device.profile.protocol != "mqtt"]
    lines = modbus.DRIVER.open(polled, wiring)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(line.run()) for line in lines]
        await asyncio.wait_for(sink.complete.wait(), 30)
        for task in tasks:
            task.cancel()
    return sink.values


async def test_the_driver_reads_what_the_model_says(calm: Model) -> None:
    counts = ServerCounts()
    async with AsyncExitStack() as stack:
        ports = await serve(calm, lambda: NOON_MS, stack, counts)
        read = await _poll([calm.estate.devices[name] for name in READ])

    assert ports == 31
    assert counts.refused_functions == 0
    for name in READ:
        told = calm.values(name, NOON_MS)
        device = calm.estate.devices[name]
        assert set(read[name]) <= set(told)
        for point, value in read[name].items():
            spec = device.profile.kind.point(point)
            assert spec is not None
            assert (value is None) == (told[point] is None), (name, point)
            if spec.type is PointType.NUMBER and value is not None:
                assert value == pytest.approx(told[point], rel=2e-3, abs=60), (name, point)
            elif spec.type is not PointType.STRING:
                assert value == told[point], (name, point)
    parts = [name for name in read if name.startswith("centre-panel/")]
    assert len(parts) == 242


async def test_the_past_ends_where_the_live_values_begin(calm: Model) -> None:
    """A counter may not step back between the history and the first reading."""
    past = {
        sample.device: sample.values
        for batch in history(calm, NOON_MS, NOON_MS + 1)
        for sample in batch
    }
    async with AsyncExitStack() as stack:
        await serve(calm, lambda: NOON_MS, stack, ServerCounts())
        read = await _poll([calm.estate.devices[name] for name in READ])

    compared = 0
    for name in READ:
        for point, value in past.get(name, {}).items():
            if calm.estate.devices[name].profile.points[point].spec.counter:
                assert read[name][point] == value, (name, point)
                compared += 1
    assert compared >= 12


@pytest.fixture
def units(calm: Model) -> Units:
    device = calm.estate.devices["centre-grid"]
    return Units(calm, {1: RegisterImage(calm, device)}, lambda: NOON_MS)


@pytest.mark.parametrize("function", [5, 6, 15, 16, 22, 23, 43, 0, 0x83])
def test_functions_that_write_are_refused(units: Units, function: int) -> None:
    answer = units.answer(1, bytes([function]) + struct.pack(">HH", 0, 1))

    assert answer == bytes([function | 0x80, 1])
    assert units.counts.refused_functions == 1


@pytest.mark.parametrize(
    ("unit", "request_", "code"),
    [
        (1, struct.pack(">BHH", 4, 0, 0), 3),
        (1, struct.pack(">BHH", 4, 0, 126), 3),
        (1, struct.pack(">BH", 4, 0), 3),
        (1, struct.pack(">BHH", 4, 0xFFF0, 2), 2),
        (1, struct.pack(">BHH", 4, 0xFFFF, 20), 2),
        (1, struct.pack(">BHH", 3, 0, 2), 2),
        (9, struct.pack(">BHH", 4, 0, 2), 11),
    ],
)
def test_what_cannot_be_answered_is_an_exception(
    units: Units, unit: int, request_: bytes, code: int
) -> None:
    assert units.answer(unit, request_) == bytes([request_[0] | 0x80, code])


async def test_requests_in_pieces_and_in_a_row(calm: Model) -> None:
    link = calm.estate.devices["centre-grid"].link
    assert isinstance(link, ModbusTcpLink)
    one = struct.pack(">HHHB", 7, 0, 6, link.unit) + struct.pack(">BHH", 4, 0x46, 2)
    two = struct.pack(">HHHB", 8, 0, 6, link.unit) + struct.pack(">BHH", 4, 0x46, 2)
    async with AsyncExitStack() as stack:
        await serve(calm, lambda: NOON_MS, stack, ServerCounts())
        reader, writer = await asyncio.open_connection(link.host, link.port)
        writer.write(one[:5])
        await writer.drain()
        writer.write(one[5:] + two)
        answers = await asyncio.wait_for(reader.readexactly(26), 10)
        writer.write(struct.pack(">HHHB", 9, 1, 6, 1) + b"\0" * 5)
        closed = await asyncio.wait_for(reader.read(10), 10)
        writer.close()
        await writer.wait_closed()

    assert (answers[0:2], answers[13:15]) == (b"\0\x07", b"\0\x08")
    assert struct.unpack(">f", answers[9:13])[0] == pytest.approx(50, abs=0.1)
    assert closed == b"", "a frame that is not Modbus ends the connection"


async def test_a_port_in_use_is_one_sentence(calm: Model) -> None:
    async with AsyncExitStack() as stack:
        await serve(calm, lambda: NOON_MS, stack, ServerCounts())
        with pytest.raises(SimulatorError, match=r"cannot listen on 127\.0\.0\.1:\d+"):
            await serve(calm, lambda: NOON_MS, stack, ServerCounts())
