"""Very many meters in one cheap process: answers cut from prepared bytes, other ones each time.

It is a process of its own, written for speed: on a machine of two cores it must leave one and more
to what is measured. A unit can be made silent, or answer one byte a second.
"""

import asyncio
import multiprocessing
import multiprocessing.connection
import resource
import socket
import struct
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import cast

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from tests.collectors.modbus_frames import crc

REGISTERS = 4096
_VARIANTS = 16
_TRICKLE_S = 1.0


_METER = (
    230.0, 229.5, 230.5, 10.0, 11.0, 9.5, 2200.0, 2400.0, 2100.0, 300.0, 310.0, 290.0, 2300.0,
    2500.0, 2200.0, 0.96, 0.97, 0.95, 6700.0, 900.0, 7000.0, 0.96, 50.0,
)  # fmt: skip
"""What the points of a calm meter show, up to the counters: no rule has anything to say."""
_COUNTERS = (1234.5, 0.5, 120.25, 30.5, 0.25, 1234.5, 120.25)


def _memories() -> list[bytes]:
    """The registers of a calm meter, a little other in each variant; counters stand still."""
    found = []
    for variant in range(_VARIANTS):
        shown = [value * (1 + 0.0005 * variant) for value in _METER] + list(_COUNTERS)
        found.append(struct.pack(f">{len(shown)}f", *shown).ljust(REGISTERS * 2, b"\0"))
    return found


class _State:
    """What all connections of the process share."""

    def __init__(self, *, rtu: bool) -> None:
        self.rtu = rtu
        self.memories = _memories()
        self.silent: frozenset[int] = frozenset()
        self.trickling: frozenset[int] = frozenset()
        self.requests = 0
        self.body = lru_cache(50_000)(self._body)

    def _body(self, unit: int, function: int, address: int, count: int, variant: int) -> bytes:
        data = self.memories[variant][address * 2 : (address + count) * 2]
        body = bytes((unit, function, len(data))) + data
        return body + crc(body) if self.rtu else struct.pack(">HH", 0, len(body)) + body


class _Meters(asyncio.Protocol):
    """One connection."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """One request a segment: the reader waits for its answer."""
        state = self._state
        at = 0 if state.rtu else 6
        unit, function, address, count = struct.unpack_from(">BBHH", data, at)
        state.requests += 1
        if unit in state.silent:
            return
        body = state.body(unit, function, address, count, state.requests % _VARIANTS)
        answer = body if state.rtu else data[:2] + body
        if unit in state.trickling:
            self._trickling = asyncio.ensure_future(self._trickle(answer))
        else:
            self._transport.write(answer)

    async def _trickle(self, answer: bytes) -> None:
        for byte in answer:
            if self._transport.is_closing():
                return
            self._transport.write(bytes((byte,)))
            await asyncio.sleep(_TRICKLE_S)


async def _serve(pipe: multiprocessing.connection.Connection, ports: int, *, rtu: bool) -> None:
    state, loop = _State(rtu=rtu), asyncio.get_running_loop()
    servers = [
        await loop.create_server(lambda: _Meters(state), "127.0.0.1", 0) for _ in range(ports)
    ]
    pipe.send([server.sockets[0].getsockname()[1] for server in servers])
    stopped = asyncio.Event()

    def ordered() -> None:
        order: Mapping[str, Collection[int]] | None = pipe.recv()
        if order is None:
            stopped.set()
            return
        state.silent = frozenset(order.get("silent", ()))
        state.trickling = frozenset(order.get("trickling", ()))
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pipe.send({"requests": state.requests, "cpu_s": time.process_time(), "resident_mb": rss})

    loop.add_reader(pipe.fileno(), ordered)
    await stopped.wait()


def _main(pipe: multiprocessing.connection.Connection, ports: int, rtu: bool) -> None:
    asyncio.run(_serve(pipe, ports, rtu=rtu))


def _main_pymodbus(pipe: multiprocessing.connection.Connection, ports: int, rtu: bool) -> None:
    asyncio.run(_serve_pymodbus(pipe))


async def _serve_pymodbus(pipe: multiprocessing.connection.Connection) -> None:
    words = SimData(0, values=[0x4366, 0x3334] * 60, datatype=DataType.REGISTERS)
    devices = [SimDevice(unit, simdata=[words]) for unit in range(1, 31)]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ModbusTcpServer(devices, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    pipe.send([port])
    await asyncio.to_thread(pipe.recv)
    await server.shutdown()  # type: ignore[no-untyped-call]


class Simulator:
    """The other end of the simulator's process."""

    def __init__(self, pipe: multiprocessing.connection.Connection) -> None:
        self._pipe = pipe
        self.ports: list[int] = pipe.recv()

    def order(
        self, *, silent: Collection[int] = (), trickling: Collection[int] = ()
    ) -> Mapping[str, float]:
        """Make units fail, all others answer; returns its requests, processor time and memory."""
        self._pipe.send({"silent": silent, "trickling": trickling})
        found: Mapping[str, float] = self._pipe.recv()
        return found


@contextmanager
def _running(target: Callable[..., None], ports: int, rtu: bool) -> Iterator[Simulator]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=target, args=(theirs, ports, rtu), daemon=True
    )
    process.start()
    try:
        yield Simulator(ours)
    finally:
        ours.send(None)
        process.join(5)


def simulator(ports: int = 1, *, rtu: bool = False) -> AbstractContextManager[Simulator]:
    """Run the simulator's process for the life of a block."""
    return _running(_main, ports, rtu)


def pymodbus_server() -> AbstractContextManager[Simulator]:
    """The same with pymodbus' own server: 30 units that always answer the same."""
    return _running(_main_pymodbus, 1, False)
