"""Nothing but a read leaves the process. covers: modbus_link

Independent servers record every byte while everything that pymodbus' client offers is called, and
while the whole demo estate is polled; and no other module of the product could speak to a device.
"""

import ast
import asyncio
import inspect
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import FileRecord, ModbusPDU

from collectors import modbus, ocpp_frames
from collectors.driver import CollectorsError
from collectors.modbus_gate import WriteRefusedError
from collectors.modbus_link import Client, ModbusLink
from collectors.modbus_links import ModbusTcpLink, SerialTransport
from collectors.modbus_schema import ModbusSettings, Table
from collectors.simulator.modbus_server import ServerCounts, endpoints, serve
from collectors.simulator.model import Model
from device_configs.estate import Device, Estate
from tests.collectors.lines import Collecting, wiring
from tests.collectors.modbus_frames import Asked, Framing, Rtu, Tcp, crc
from tests.collectors.modbus_fuzz import link_to
from tests.collectors.recording import Recorder, recording
from tests.collectors.simulator.conftest import NOON_MS, estate, estate_folder
from tests.tree import PACKAGES, ROOT

__all__ = ["estate", "estate_folder"]

WAYS = pytest.mark.parametrize("way", ["tcp", "rtu over tcp", "serial"])
READS = {"read_coils", "read_discrete_inputs", "read_holding_registers", "read_input_registers"}
SETTINGS = ModbusSettings(timeout_ms=10)


class Gated:
    """A link to a recording server, and the library's client in it."""

    def __init__(self, link: ModbusLink, recorder: Recorder, framing: Framing) -> None:
        self.link, self.recorder, self.framing = link, recorder, framing

    async def client(self) -> Client:
        """The client on a standing connection."""
        if not self.link.connected:
            await self.link.open()
        client = self.link._client
        assert client is not None
        return client

    async def refused(self, attempt: Callable[[Any, Any], Any], what: object) -> None:
        """Try something; it must be refused."""
        client = await self.client()

        async def tried() -> None:
            found = attempt(client, what)
            if inspect.isawaitable(found):
                await found

        with pytest.raises(WriteRefusedError):
            await tried()

    async def arrived(self) -> list[Asked]:
        """Everything that has arrived once one more read has."""
        fence = 0xFFF0
        for _ in range(500):
            if not self.link.connected:
                await self.link.open()
            with pytest.raises(CollectorsError):
                await self.link.read(1, Table.HOLDING, fence, 1, SETTINGS)
            found = self.recorder.requests(self.framing)
            if found and found[-1].address == fence:
                return [asked for asked in found if asked.address != fence]
        raise AssertionError("the last read never arrived")


async def gated(way: str, stack: AsyncExitStack) -> Gated:
    """A link to a recording server or serial port."""
    recorder = await stack.enter_async_context(recording())
    framing = Tcp() if way == "tcp" else Rtu()
    if way == "serial":
        transport = SerialTransport(recorder.listen_serial(), baud=115_200)
        link = ModbusLink(transport, timeout_s=0.01)
    else:
        link = link_to(framing, "127.0.0.1", await recorder.listen(), 0.01)
    stack.callback(link.close)
    return Gated(link, recorder, framing)


def pdu_of(function: int) -> ModbusPDU:
    """A PDU of any function code, as somebody could define it."""

    class Any_(ModbusPDU):
        function_code = function
        rtu_frame_size = 8

        def encode(self) -> bytes:
            return b"\0\1\0\1"

    return Any_(dev_id=1)


def frame_of(framing: Framing, function: int) -> bytes:
    """A whole frame of any function code."""
    return framing.frame(Asked(1, 1, function, 0, 1), bytes([function, 0, 1, 0, 1]))


def argument(parameter: inspect.Parameter) -> object:
    """Something that a method of the client takes."""
    kind = str(parameter.annotation)
    if "list" in kind or "Sequence" in kind:
        if "FileRecord" in kind:
            return [FileRecord(file_number=1, record_number=1, record_data=b"abcd")]
        return [True] if "bool" in kind else [1]
    if "bytes" in kind:
        return b"ab"
    return True if kind == "bool" else 1


def methods() -> Sequence[str]:
    """Every request that the client offers and that is not one of the four reads."""
    found = []
    for name, method in inspect.getmembers(AsyncModbusTcpClient, inspect.isfunction):
        parameters = inspect.signature(method).parameters
        if not name.startswith("_") and "device_id" in parameters and name not in READS:
            found.append(name)
    return found


def test_the_client_offers_writes_that_are_tried_here() -> None:
    assert {"write_coil", "write_registers", "mask_write_register", "diag_query_data"} <= set(
        methods()
    )
    assert len(methods()) > 25


@WAYS
async def test_no_method_of_the_client_but_a_read_sends_anything(way: str) -> None:
    async with AsyncExitStack() as stack:
        line = await gated(way, stack)
        for name in methods():
            signature = inspect.signature(getattr(AsyncModbusTcpClient, name))
            given = {
                parameter.name: argument(parameter)
                for parameter in signature.parameters.values()
                if parameter.name not in {"self", "device_id", "no_response_expected"}
            }
            await line.refused(
                lambda client, call: getattr(client, call[0])(**call[1]), (name, given)
            )
        assert await line.arrived() == []


@WAYS
async def test_no_function_code_but_a_read_leaves_as_a_pdu(way: str) -> None:
    async with AsyncExitStack() as stack:
        line = await gated(way, stack)
        for function in [0, *range(5, 256)]:
            pdu = pdu_of(function)
            for send in (
                lambda client, pdu: client.execute(False, pdu),
                lambda client, pdu: client.execute(True, pdu),
                lambda client, pdu: client.ctx.execute(True, pdu),
                lambda client, pdu: client.ctx.pdu_send(pdu),
            ):
                await line.refused(send, pdu)
        assert await line.arrived() == []


@WAYS
async def test_no_function_code_but_a_read_leaves_as_bytes(way: str) -> None:
    async with AsyncExitStack() as stack:
        line = await gated(way, stack)
        for function in [0, *range(5, 256)]:
            frame = frame_of(line.framing, function)
            for send in (
                lambda client, frame: client.ctx.send(frame),
                lambda client, frame: client.ctx.low_level_send(frame),
                lambda client, frame: client.ctx.transport.write(frame),
                lambda client, frame: client.ctx.transport.writelines([frame]),
            ):
                await line.refused(send, frame)
            await line.refused(
                lambda client, pdu: client.ctx.send(client.ctx.framer.buildFrame(pdu)),
                pdu_of(function),
            )
        assert await line.arrived() == []


@WAYS
async def test_no_write_hides_beside_a_read_or_in_pieces(way: str) -> None:
    framing: Framing = Tcp() if way == "tcp" else Rtu()
    head = bytes([0, 1, 0, 0, 0, 6]) if not framing.rtu else b""
    read = head + bytes([1, 3, 0, 0, 0, 1])
    write = head + bytes([1, 6, 0, 0, 0, 1])
    if framing.rtu:
        read, write = read + crc(read), write + crc(write)
    longer = read[:5] + bytes([read[5] + 12]) + read[6:]
    hidden = [read + write, write + read, read + write[:4], write[:3], read[:-1], b"", write[3:]]
    hidden += [] if framing.rtu else [longer]
    async with AsyncExitStack() as stack:
        line = await gated(way, stack)
        for data in hidden:
            await line.refused(lambda client, data: client.ctx.send(data), data)
        assert await line.arrived() == []
        # The gate is no wall: a read passes by the same way.
        (await line.client()).ctx.send(read)
        assert [asked.function for asked in await line.arrived()] == [3]


@WAYS
async def test_the_gate_stands_after_the_library_connects_by_itself(way: str) -> None:
    async with AsyncExitStack() as stack:
        line = await gated(way, stack)
        client = await line.client()
        client.ctx.close()
        with pytest.raises((WriteRefusedError, ModbusException)):
            await client.ctx.execute(True, pdu_of(6))
        assert client.connected or await client.connect()
        with pytest.raises(WriteRefusedError):
            client.ctx.send(frame_of(line.framing, 6))
        assert await line.arrived() == []


# No other module could.

SPEAKERS = {
    "pymodbus": {"collectors/modbus_link.py", "collectors/modbus_gate.py"},
    "serial": set[str](),
    "socket": {
        "collectors/mqtt_client.py",
        "collectors/simulator/broker.py",
        "collectors/simulator/control.py",
        "sitewatch/control_socket.py",
        "sitewatch/doctor/channels.py",
        "sitewatch/doctor/page.py",
        "sitewatch/greeting.py",
        "sitewatch/local_socket.py",
        "sitewatch/service.py",
        "sitewatch/serving.py",
        "sitewatch/split/half.py",
        "sitewatch/split/lifeline.py",
        "sitewatch/split/parent.py",
        "sitewatch/split/serve.py",
        "sitewatch/split/watch_socket.py",
        "sitewatch/watchdog.py",
        "sitewatch/web.py",
    },
    "telnetlib": set[str](), "socketserver": set[str](), "ctypes": {"sitewatch/doctor/machine.py", "sitewatch/memory.py"},
    "websockets": {"collectors/ocpp.py", "collectors/ocpp_socket.py"},
    "ocpp": {"collectors/ocpp_schemas.py"},
    "serial_asyncio": set[str](), "aiomqtt": set[str](), "usb": set[str](), "bleak": set[str](),
}  # fmt: skip
"""Library to the modules that may import it. Sockets: the broker, the page, the demo's ports,
the Unix sockets by which commands and the two halves of a service talk, and systemd's."""
OPENERS = (
    "open_connection", "create_connection", "open_unix_connection", "create_unix_connection",
    "create_datagram_endpoint", "sock_connect",
)  # fmt: skip


def modules() -> list[tuple[str, ast.Module]]:
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return [
        (str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))) for file in files
    ]


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_one_module_alone_speaks_modbus() -> None:
    users: dict[str, set[str]] = {name: set() for name in SPEAKERS}
    openers, dynamic = set(), set()
    for name, tree in modules():
        for library in imported(tree) & set(SPEAKERS):
            users[library].add(name)
        for node in ast.walk(tree):
            called = node.attr if isinstance(node, ast.Attribute) else ""
            called = node.id if isinstance(node, ast.Name) else called
            if called in OPENERS:
                openers.add(name)
            if called in {"__import__", "import_module", "exec", "eval"}:
                dynamic.add(name)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
                assert ast.unparse(node.args[0]).startswith("f'sitewatch.commands."), name
    for library, found in users.items():
        assert found <= SPEAKERS[library], f"{library} is used by {found - SPEAKERS[library]}"
    assert users["pymodbus"] == SPEAKERS["pymodbus"]
    # The demo's own broker and control port, on this machine.
    # Of the service itself: the message centre of SMPP, and the other half by a Unix socket. The
    # doctor connects to the hosts of channels and says nothing.
    assert openers == {
        "collectors/simulator/broker.py", "collectors/simulator/control.py",
        "alerts/channels/smpp_session.py", "sitewatch/split/watch_link.py",
        "sitewatch/doctor/channels.py",
    }  # fmt: skip
    # The command line imports the command that is asked for, from its own folder alone.
    assert dynamic == {"sitewatch/cli.py"}


def test_the_link_builds_requests_of_the_four_reads_alone() -> None:
    tree = ast.parse((ROOT / "collectors" / "modbus_link.py").read_text(encoding="utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pymodbus.pdu")
        for alias in node.names
    }
    requests = {name for name in names if name.endswith("Request")}
    assert requests == {
        "ReadCoilsRequest", "ReadDiscreteInputsRequest",
        "ReadHoldingRegistersRequest", "ReadInputRegistersRequest",
    }  # fmt: skip


# The whole estate.


async def test_polling_the_whole_demo_estate_sends_reads_alone(
    estate: Estate, say: Callable[[str], None]
) -> None:
    sink = Collecting()
    async with AsyncExitStack() as stack:
        recorder = await stack.enter_async_context(recording())
        await serve(Model(estate, seed=1), lambda: NOON_MS, stack, ServerCounts())
        ports = {address: await recorder.listen(behind=address) for address in endpoints(estate)}
        devices = [
            _through(device, ports)
            for device in estate.devices.values()
            if isinstance(device.link, ModbusTcpLink)
        ]
        lines = modbus.DRIVER.open(devices, wiring(sink))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(line.run()) for line in lines]
            wanted = {device.id for device in devices}
            await sink.until(lambda: wanted <= {sample.device for sample in sink.samples})
            for task in tasks:
                task.cancel()
    functions = sorted({asked.function for asked in recorder.requests(Tcp())})
    count = sum(len(stream) // 12 for stream in recorder.streams)
    say(f"demo estate: {len(devices)} devices, {count} requests, function codes {functions}")
    assert set(functions) <= {1, 2, 3, 4}
    assert count > len(devices)


def _through(device: Device, ports: dict[tuple[str, int], int]) -> Device:
    link = device.link
    assert isinstance(link, ModbusTcpLink)
    port = ports[link.host, link.port]
    return replace(
        device, link=link.model_copy(update={"host": "127.0.0.1", "port": port}), interval_s=1.0
    )


def test_the_recorder_sees_a_write() -> None:
    recorder = Recorder()
    recorder.streams.append(bytearray(frame_of(Tcp(), 6)))
    with pytest.raises(AssertionError, match="no read"):
        recorder.requests(Tcp())


# No call leaves for a pile.


def imports_of(module: str) -> set[tuple[str, str]]:
    tree = ast.parse((ROOT / "collectors" / module).read_text(encoding="utf-8"))
    return {
        (node.module or "", alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_of_ocpp_the_schemas_and_names_alone_are_used() -> None:
    """The library's charge point, which can call, is not; nor is a client of WebSocket."""
    found = imports_of("ocpp_schemas.py")
    assert {one for one in found if one[0].split(".")[0] == "ocpp"} == {
        ("ocpp.messages", "get_validator"), ("ocpp.v16", "call"), ("ocpp.v201", "call"),
    }  # fmt: skip
    found = imports_of("ocpp.py") | imports_of("ocpp_socket.py")
    found = {one for one in found if one[0].split(".")[0] == "websockets"}
    assert not {one for one in found if "sync" in one[0].split(".") or "client" in one[0]}
    assert {name for module, name in found if module == "websockets.asyncio.server"} == {
        "Server", "ServerConnection", "serve",
    }  # fmt: skip
    sends = [
        ast.unparse(node)
        for node in ast.walk(ast.parse((ROOT / "collectors" / "ocpp.py").read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith(("send", "write"))
    ]
    assert sends == ["connection.send(answer)"]


def test_a_frame_that_is_written_is_a_result_or_an_error() -> None:
    tree = ast.parse((ROOT / "collectors" / "ocpp_frames.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    written = [
        ast.unparse(node.args[0].elts[0])
        for node in calls
        if ast.unparse(node.func) == "_written" and isinstance(node.args[0], ast.List)
    ]
    assert sorted(written) == ["_ERROR", "_RESULT"]
    assert sum(ast.unparse(node.func) == "json.dumps" for node in calls) == 1
    assert (ocpp_frames._RESULT, ocpp_frames._ERROR) == (3, 4)
