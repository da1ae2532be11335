"""Commands as a person runs them, and devices for them to read."""

import asyncio
import contextlib
import io
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from collectors.capture import Capture
from collectors.replay import ReplayedDevice
from collectors.simulator.modbus_socket import listen
from sitewatch.cli import main
from tests.replay_server import ReplayServer, Unit
from tests.serial_line import SerialLine

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        """All of it."""
        return self.out + self.err


def run(*arguments: str) -> Ran:
    """Run one command in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return Ran(code, out.getvalue(), err.getvalue())


Place = TypeVar("Place", int, str)


@contextmanager
def _in_thread(server: AbstractAsyncContextManager[Place]) -> Iterator[Place]:
    """A server in a thread: a command brings its own event loop."""
    ready, ports = threading.Event(), list[Place]()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def serve() -> None:
        async with server as port:
            ports.append(port)
            ready.set()
            await stopped.wait()
        await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(PATIENCE_S)
        loop.close()


@contextmanager
def served(units: Mapping[int, Unit]) -> Iterator[int]:
    """Units on a port of the independent server."""

    @asynccontextmanager
    async def serving() -> AsyncIterator[int]:
        async with ReplayServer(units) as server:
            yield server.port
            server.drop_connections()

    with _in_thread(serving()) as port:
        yield port


@contextmanager
def on_serial_line(units: Mapping[int, Unit]) -> Iterator[str]:
    """Units on a serial port of this machine."""

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        async with SerialLine(units) as line:
            yield line.device

    with _in_thread(serving()) as device:
        yield device


@contextmanager
def replayed(capture: Capture) -> Iterator[int]:
    """A capture as `sitewatch replay` serves it."""

    @asynccontextmanager
    async def serving() -> AsyncIterator[int]:
        server = await listen(ReplayedDevice(capture), "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    with _in_thread(serving()) as port:
        yield port
