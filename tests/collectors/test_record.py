import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.capture import Block, Capture, Gap, read_capture
from collectors.modbus_links import TcpTransport
from collectors.modbus_schema import Table
from collectors.reading import ReadError
from collectors.record import (
    UNCHECKED,
    RecordError,
    Recording,
    Span,
    blocks_of,
    gaps_of,
    record_profile,
    record_spans,
)
from collectors.recorded_registers import FailedCells, ReadCells
from collectors.replay import ReplayedDevice
from collectors.sample import Reason
from collectors.simulator.modbus_socket import listen
from tests.collectors.lines import library
from tests.replay_server import CAPTURES, ReplayServer, Unit

NOON = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)


def there(server: ReplayServer) -> TcpTransport:
    return TcpTransport("127.0.0.1", server.port)


def saved(recording: Recording, folder: Path) -> Capture:
    file = folder / "saved.json"
    file.write_text(json.dumps(recording.document(at=NOON, note="n", source="s")))
    return read_capture(file)


async def test_a_profile_is_recorded_with_what_it_means(tmp_path: Path) -> None:
    unit = Unit()
    unit.load(4, 0, [812, 300, 215, 32])
    async with ReplayServer({5: unit}) as server:
        recording = await record_profile(library("generic_weather_modbus"), there(server), 5)
    document = recording.document(at=NOON, note="in the rain", source="a test")
    assert document["blocks"] == [{"fc": 4, "start": 0, "regs": [812, 300, 215, 32]}]
    assert document["refused"] == [{"fc": 4, "start": 4, "count": 1, "exception": 2}]
    assert document["silent"] == []
    assert document["address_base"] == "wire (0-based)"
    assert document["captured"] == "2026-11-25T12:00:00+00:00"
    assert (document["unit"], document["note"]) == (5, "in the rain")
    assert document["expected_from"] == UNCHECKED
    expected = document["expected"]
    assert isinstance(expected, dict)
    points = expected["generic_weather_modbus"]
    assert points["irradiance"] == {"value": 812, "unit": "W/m2", "quality": "good"}
    assert points["humidity"] == {"value": None, "unit": "%", "quality": "missing"}
    assert saved(recording, tmp_path) == recording.capture


async def test_ranges_with_refused_addresses_in_them() -> None:
    unit = Unit(max_count=10)
    unit.load(3, 0, range(40))
    unit.refused = {7, 8, 25}
    unit.load(1, 0, [1, 0, 1])
    async with ReplayServer({1: unit}) as server:
        spans = [Span(Table.HOLDING, 0, 50), Span(Table.COIL, 0, 3)]
        recording = await record_spans(spans, there(server), 1)
    assert recording.capture.blocks == [
        Block(Table.COIL, 0, (1, 0, 1)),
        Block(Table.HOLDING, 0, tuple(range(7))),
        Block(Table.HOLDING, 9, tuple(range(9, 25))),
        Block(Table.HOLDING, 26, tuple(range(26, 40))),
    ]
    assert recording.capture.gaps == [
        Gap(Table.HOLDING, 7, 2, 2), Gap(Table.HOLDING, 25, 1, 2), Gap(Table.HOLDING, 40, 10, 2),
    ]  # fmt: skip
    assert {request.function for request in server.requests} == {1, 3}


async def test_a_silent_table_is_left_alone_and_said() -> None:
    unit = Unit(silent_functions={4})
    unit.load(3, 0, [1])
    async with ReplayServer({1: unit}) as server:
        spans = [Span(Table.HOLDING, 0, 1), Span(Table.INPUT, 0, 125)]
        recording = await record_spans(spans, there(server), 1)
    assert recording.capture.gaps == [Gap(Table.INPUT, 0, 125, None)]


class _Closing(ReplayServer):
    """Closes the connection at the function it does not know, instead of refusing it."""

    def body(self, device: Unit, function: int, address: int, count: int) -> bytes:
        if function == 4:
            self.drop_connections()
        return super().body(device, function, address, count)


async def test_a_device_that_closes_the_connection_keeps_what_it_gave() -> None:
    unit = Unit()
    unit.load(3, 0, [1, 2])
    async with _Closing({1: unit}) as server:
        spans = [Span(Table.INPUT, 0, 2), Span(Table.HOLDING, 0, 2)]
        recording = await record_spans(spans, there(server), 1)
    assert recording.capture.blocks == [Block(Table.HOLDING, 0, (1, 2))]
    assert recording.capture.gaps == [Gap(Table.INPUT, 0, 2, None)]


async def test_nothing_read_is_nothing_recorded() -> None:
    async with ReplayServer({1: Unit()}) as server:
        with pytest.raises(RecordError, match="illegal data address"):
            await record_spans([Span(Table.INPUT, 0, 2)], there(server), 1)
        with pytest.raises(RecordError, match="illegal data address"):
            await record_profile(library("generic_weather_modbus"), there(server), 1)


runs = st.lists(
    st.tuples(st.integers(0, 60), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=9)),
    max_size=8,
)


@given(runs)
def test_blocks_hold_what_was_read_last_and_do_not_touch(read: list[tuple[int, list[int]]]) -> None:
    pieces = [ReadCells(Table.HOLDING, at, tuple(words)) for at, words in read]
    blocks = blocks_of(pieces)
    held = {b.start + at: word for b in blocks for at, word in enumerate(b.words)}
    wanted: dict[int, int] = {}
    for at, words in read:
        wanted |= dict(enumerate(words, at))
    assert held == wanted
    for one, other in pairwise(blocks):
        assert one.start + len(one.words) < other.start


def test_a_request_that_was_cut_is_no_gap() -> None:
    error = ReadError(Reason.REFUSED, "no", 2)
    silent = ReadError(Reason.NO_ANSWER, "nothing")
    failed = [
        FailedCells(Table.INPUT, 0, 8, error), FailedCells(Table.INPUT, 4, 4, error),
        FailedCells(Table.INPUT, 6, 2, error), FailedCells(Table.INPUT, 20, 2, silent),
    ]  # fmt: skip
    read = [ReadCells(Table.INPUT, 0, (1, 2, 3, 4)), ReadCells(Table.INPUT, 4, (5, 6))]
    assert gaps_of(failed, read) == [Gap(Table.INPUT, 6, 2, 2), Gap(Table.INPUT, 20, 2, None)]


async def again(capture: Capture, spans: list[Span]) -> Capture:
    """What is recorded of a replayed capture."""
    server = await listen(ReplayedDevice(capture), "127.0.0.1", 0)
    async with server:
        transport = TcpTransport("127.0.0.1", server.sockets[0].getsockname()[1])
        return (await record_spans(spans, transport, 1)).capture


async def test_a_replayed_capture_records_as_itself() -> None:
    words = tuple(range(300))
    capture = Capture(
        "unnamed device",
        [Block(Table.COIL, 3, (1, 1, 0)), Block(Table.HOLDING, 100, words)],
        [Gap(Table.HOLDING, 50, 50, 4)],
    )
    spans = [Span(Table.COIL, 3, 3), Span(Table.HOLDING, 50, 350)]
    found = await again(capture, spans)
    assert found.blocks == capture.blocks
    assert found.gaps == capture.gaps


@pytest.mark.needs_captures
@pytest.mark.skipif(not CAPTURES.is_dir(), reason="no capture folder")
@pytest.mark.parametrize(
    "name", ["eastron_sdm230", "goodwe_gw17k_dt", "sunspec_der_emulator_7xx",
             "huawei_sun2000_3ktl_l1_night"],
)  # fmt: skip
async def test_a_capture_at_hand_records_as_itself(name: str) -> None:
    capture = read_capture(CAPTURES / f"{name}.json")
    spans = [Span(block.table, block.start, len(block.words)) for block in capture.blocks]
    whole = blocks_of([ReadCells(b.table, b.start, b.words) for b in capture.blocks])
    assert (await again(capture, spans)).blocks == whole
