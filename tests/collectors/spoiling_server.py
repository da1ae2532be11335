"""A real loopback server whose answers are spoiled, each connection with its own device."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

from tests.collectors.modbus_frames import Asked, Framing
from tests.collectors.modbus_mutations import Spoiler

_PAUSE_S = 0.0003
"""Between the pieces of an answer, so that they arrive as pieces. [s]"""


class SpoilingDevice:
    """One device on a port of its own."""

    def __init__(self, framing: Framing, seed: int, captured: Sequence[bytes] = ()) -> None:
        self.chance = random.Random(seed)
        self.framing = framing
        self.spoiler = Spoiler(framing, self.chance, captured)
        self.mutation = "clean"
        self.asked: Asked | None = None
        self.sent = b""
        """What was sent in answer to the last two requests of a connection."""
        self.strangers: list[bytes] = []
        self.port = 0
        self.connections: set[asyncio.BaseTransport] = set()

    def expect(self, mutation: str) -> None:
        """Say how the answer to the next request is spoiled."""
        self.mutation, self.asked = mutation, None

    def protocol(self) -> asyncio.Protocol:
        """The server's end of one connection."""
        return _Connection(self)


class _Connection(asyncio.Protocol):
    def __init__(self, device: SpoilingDevice) -> None:
        self._device = device
        self._before = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._device.connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._device.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        device = self._device
        asked = device.framing.asked(data)
        if asked is None:
            device.strangers.append(data)
            return
        device.asked = asked
        pieces = device.spoiler.spoil(device.mutation, asked)
        answer = b"".join(pieces)
        device.sent, self._before = self._before + answer, answer
        loop = asyncio.get_running_loop()
        for number, piece in enumerate(pieces):
            if number:
                loop.call_later(number * _PAUSE_S, self._transport.write, piece)
            else:
                self._transport.write(piece)


@asynccontextmanager
async def serving(device: SpoilingDevice) -> AsyncIterator[SpoilingDevice]:
    """Serve a device on a free port."""
    server = await asyncio.get_running_loop().create_server(device.protocol, "127.0.0.1", 0)
    device.port = server.sockets[0].getsockname()[1]
    try:
        yield device
    finally:
        server.close()
        for transport in tuple(device.connections):
            transport.close()
        while device.connections:  # noqa: ASYNC110 closing takes a turn of the loop
            await asyncio.sleep(0.001)
