"""Only reads leave, and only the answer to the open request comes in."""

import ast
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

import collectors
from collectors.modbus_gate import READ_FUNCTIONS, WriteRefusedError, only_reads
from collectors.modbus_link import ModbusLink
from collectors.modbus_links import RtuTcpTransport, TcpTransport
from collectors.modbus_schema import ModbusSettings, Table
from collectors.reading import LinkLostError, ReadError
from collectors.sample import Reason
from tests.replay_server import Fault, ReplayServer, Unit

SETTINGS = ModbusSettings(timeout_ms=150)
WORDS = [11, 22, 33, 44]


def unit(fault: Fault | None = None) -> Unit:
    made = Unit(fault=fault)
    made.load(3, 100, WORDS)
    made.load(4, 100, [1, 2])
    made.load(1, 5, [1, 0, 1, 1, 0, 0, 1, 0, 1])
    made.load(2, 5, [0, 1])
    return made


def link(server: ReplayServer, *, rtu: bool = False, timeout_s: float = 0.15) -> ModbusLink:
    transport = (RtuTcpTransport if rtu else TcpTransport)("127.0.0.1", server.port)
    return ModbusLink(transport, timeout_s=timeout_s)


@pytest.mark.parametrize("rtu", [False, True])
async def test_every_table_is_read_by_its_function(rtu: bool) -> None:
    async with ReplayServer({1: unit()}, rtu=rtu) as server:
        one = link(server, rtu=rtu, timeout_s=5.0)
        await one.open()
        patient = ModbusSettings(timeout_ms=5000)
        assert list(await one.read(1, Table.HOLDING, 100, 4, patient)) == WORDS
        assert list(await one.read(1, Table.INPUT, 100, 2, patient)) == [1, 2]
        bits = await one.read(1, Table.COIL, 5, 9, patient)
        assert list(bits) == [1, 0, 1, 1, 0, 0, 1, 0, 1]
        assert list(await one.read(1, Table.DISCRETE, 5, 2, patient)) == [0, 1]
        one.close()
    assert [r.function for r in server.requests] == [3, 4, 1, 2]


@pytest.mark.parametrize("function", range(256))
def test_the_gate_lets_reads_pass_alone(function: int) -> None:
    packet = bytes([0, 1, 0, 0, 0, 6, 1, function, 0, 0, 0, 1])
    if function in {1, 2, 3, 4}:
        assert only_reads(packet, 7) is packet
    else:
        with pytest.raises(WriteRefusedError):
            only_reads(packet, 7)
    assert frozenset({1, 2, 3, 4}) == READ_FUNCTIONS


@pytest.mark.parametrize("rtu", [False, True])
async def test_no_write_reaches_a_device_by_any_method_of_the_library(rtu: bool) -> None:
    async with ReplayServer({1: unit()}, rtu=rtu) as server:
        one = link(server, rtu=rtu)
        await one.open()
        client = one._client
        assert isinstance(client, AsyncModbusTcpClient)
        for attempt in (
            lambda: client.write_register(100, 1, device_id=1),
            lambda: client.write_registers(100, [1, 2], device_id=1),
            lambda: client.write_coil(5, True, device_id=1),
            lambda: client.write_coils(5, [True], device_id=1),
            lambda: client.mask_write_register(address=100, device_id=1),
            lambda: client.readwrite_registers(
                read_address=1, read_count=1, write_address=1, values=[1], device_id=1
            ),
            lambda: client.diag_query_data(b"ab", device_id=1),
        ):
            with pytest.raises(WriteRefusedError):
                await attempt()  # type: ignore[no-untyped-call]
        one.close()
    assert server.requests == []


def test_one_module_alone_opens_modbus_connections() -> None:
    """Nothing but `modbus_link` uses the library's clients and PDUs; its gate borrows the CRC."""
    folder = Path(collectors.__file__).parent
    users: dict[str, set[str]] = {}
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            found = {name for name in names if name.split(".")[0] == "pymodbus"}
            if found:
                users.setdefault(file.name, set()).update(found)
            called = node.attr if isinstance(node, ast.Attribute) else ""
            writes = called.startswith(("write_coil", "write_register", "mask_write", "readwrite"))
            assert not writes, f"{file.name} writes"
    assert set(users) == {"modbus_link.py", "modbus_gate.py"}
    assert users["modbus_gate.py"] == {"pymodbus.framer.rtu"}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.SILENT, Reason.NO_ANSWER),
        (Fault.SLOW, Reason.GARBLED),
        (Fault.WRONG_TID, Reason.GARBLED),
        (Fault.ZERO_TID, Reason.GARBLED),
        (Fault.WRONG_UNIT, Reason.GARBLED),
        (Fault.WRONG_FUNCTION, Reason.GARBLED),
        (Fault.SHORT_FRAME, Reason.GARBLED),
        (Fault.SHORT_COUNT, Reason.GARBLED),
        (Fault.LONG_COUNT, Reason.GARBLED),
        (Fault.NOISE, Reason.GARBLED),
    ],
)
async def test_a_wrong_answer_never_becomes_a_value(fault: Fault, reason: Reason) -> None:
    async with ReplayServer({1: unit(fault)}) as server:
        one = link(server)
        await one.open()
        with pytest.raises(ReadError) as caught:
            await one.read(1, Table.HOLDING, 100, 4, SETTINGS)
        assert caught.value.reason is reason
        kind = "timeouts" if reason is Reason.NO_ANSWER else "garbled"
        assert one.counters[kind] == 1
        # The line recovers as soon as the device does.
        server.units[1].fault = None
        if not one.connected:
            await one.open()
        patient = ModbusSettings(timeout_ms=150)
        assert list(await one.read(1, Table.HOLDING, 100, 4, patient)) == WORDS
        one.close()


@pytest.mark.parametrize("fault", [Fault.TRICKLE, Fault.STALE_FIRST])
async def test_a_right_answer_is_found_among_others(fault: Fault) -> None:
    async with ReplayServer({1: unit(fault)}) as server:
        one = link(server, timeout_s=10.0)
        await one.open()
        for _ in range(2):
            assert list(await one.read(1, Table.HOLDING, 100, 4, ModbusSettings())) == WORDS
        one.close()


@pytest.mark.parametrize("code", [1, 2, 4, 6, 11])
async def test_a_refusal_says_its_code(code: int) -> None:
    refusing = unit()
    refusing.exception = code
    async with ReplayServer({1: refusing}) as server:
        one = link(server, timeout_s=5.0)
        await one.open()
        with pytest.raises(ReadError) as caught:
            await one.read(1, Table.HOLDING, 100, 4, ModbusSettings(timeout_ms=5000))
        reason = Reason.BUSY if code in {4, 6} else Reason.REFUSED
        assert (caught.value.reason, caught.value.code) == (reason, code)
        one.close()


async def test_a_closed_connection_is_told_at_once() -> None:
    async with ReplayServer({1: unit(Fault.CLOSE)}) as server:
        one = link(server, timeout_s=30.0)
        await one.open()
        with pytest.raises(LinkLostError):
            await one.read(1, Table.HOLDING, 100, 4, ModbusSettings(timeout_ms=30_000))
        assert not one.connected
        with pytest.raises(LinkLostError):
            await one.read(1, Table.HOLDING, 100, 4, SETTINGS)
        one.close()


async def test_nobody_listening_is_one_error() -> None:
    server = ReplayServer({})
    await server.start()
    await server.stop()
    one = link(server)
    with pytest.raises(LinkLostError, match="does not accept"):
        await one.open()
    assert not one.connected


async def test_a_silent_rtu_device_costs_the_connection() -> None:
    """Without transaction numbers a late answer could pass for the next one."""
    async with ReplayServer({1: unit(Fault.SILENT)}, rtu=True) as server:
        one = link(server, rtu=True)
        await one.open()
        with pytest.raises(ReadError):
            await one.read(1, Table.HOLDING, 100, 4, SETTINGS)
        assert not one.connected


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(bytes([1, 3, 0xFF, 0xFF, 0xFF]), id="more bits than asked for"),
        pytest.param(bytes([1, 1, 0xFF]), id="fewer"),
        pytest.param(bytes([0x83, 2]), id="a refusal of another function"),
    ],
)
async def test_a_wrong_rtu_frame_with_a_right_checksum_is_no_answer(body: bytes) -> None:
    class Wrong(ReplayServer):
        def body(self, device: Unit, function: int, address: int, count: int) -> bytes:
            return body

    async with Wrong({1: unit()}, rtu=True) as server:
        one = link(server, rtu=True)
        await one.open()
        with pytest.raises(ReadError) as caught:
            await one.read(1, Table.COIL, 5, 9, SETTINGS)
        assert caught.value.reason is Reason.GARBLED


async def test_a_long_stale_answer_does_not_cost_the_right_one() -> None:
    long = unit(Fault.STALE_FIRST)
    long.load(3, 0, range(125))
    async with ReplayServer({1: long}) as server:
        one = link(server, timeout_s=10.0)
        await one.open()
        found = await one.read(1, Table.HOLDING, 0, 125, ModbusSettings(timeout_ms=10_000))
        assert list(found) == list(range(125))
        one.close()
