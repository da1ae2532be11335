"""Servers that keep every byte they are sent: alone, or as a relay before another server."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

from tests.collectors.modbus_frames import Asked, Framing

Address = tuple[str, int]


class Recorder:
    """Every byte of every connection, in order."""

    def __init__(self) -> None:
        self.streams: list[bytearray] = []
        self.open: set[asyncio.Transport] = set()
        self._servers: list[asyncio.Server] = []
        self._terminals: list[int] = []

    async def listen(self, behind: Address | None = None) -> int:
        """Open a port that records, and passes on to the server behind it where there is one."""
        make = partial(_Recording, self, behind)
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        self._servers.append(server)
        found: int = server.sockets[0].getsockname()[1]
        return found

    def listen_serial(self) -> str:
        """Open a pseudo terminal that records; returns what a program opens."""
        ours, theirs = os.openpty()
        tty.setraw(ours)
        tty.setraw(theirs)
        stream = bytearray()
        self.streams.append(stream)
        os.set_blocking(ours, False)
        asyncio.get_running_loop().add_reader(ours, lambda: stream.extend(os.read(ours, 4096)))
        self._terminals += [ours, theirs]
        return os.ttyname(theirs)

    def requests(self, framing: Framing) -> list[Asked]:
        """What was asked; fails where a stream holds anything but whole read requests."""
        size = 8 if framing.rtu else 12
        found = []
        for stream in self.streams:
            for at in range(0, len(stream), size):
                asked = framing.asked(bytes(stream[at : at + size]))
                assert asked is not None, f"no read: {stream[at : at + 40].hex()}"
                found.append(asked)
        return found

    async def close(self) -> None:
        """Close every port and connection."""
        for terminal in self._terminals:
            asyncio.get_running_loop().remove_reader(terminal)
            os.close(terminal)
        for server in self._servers:
            server.close()
        for transport in tuple(self.open):
            transport.abort()
        while self.open:  # noqa: ASYNC110 closing takes a turn of the loop
            await asyncio.sleep(0.001)


@asynccontextmanager
async def recording() -> AsyncIterator[Recorder]:
    """A recorder for the life of a block."""
    recorder = Recorder()
    try:
        yield recorder
    finally:
        await recorder.close()


class _End(asyncio.Protocol):
    """One end of a connection; what it receives goes to `_take`."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.recorder.open.add(self.transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self.recorder.open.discard(self.transport)


class _Recording(_End):
    def __init__(self, recorder: Recorder, behind: Address | None) -> None:
        super().__init__(recorder)
        self._stream = bytearray()
        recorder.streams.append(self._stream)
        self._behind, self._passed = behind, 0
        self._back: _Back | None = None
        self._opening: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._behind is not None:
            self._opening = asyncio.ensure_future(self._open(*self._behind))

    async def _open(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        _, self._back = await loop.create_connection(partial(_Back, self), host, port)
        self._pass_on()

    def data_received(self, data: bytes) -> None:
        self._stream += data
        self._pass_on()

    def _pass_on(self) -> None:
        if self._back is not None and self._back.transport is not None:
            self._back.transport.write(bytes(self._stream[self._passed :]))
            self._passed = len(self._stream)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if self._back is not None and self._back.transport is not None:
            self._back.transport.close()


class _Back(_End):
    """The connection to the server behind a relay."""

    def __init__(self, front: _Recording) -> None:
        super().__init__(front.recorder)
        self._front = front

    def data_received(self, data: bytes) -> None:
        if self._front.transport is not None:
            self._front.transport.write(data)
