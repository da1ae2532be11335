"""A little short message centre on loopback, written from SMPP 3.4 and not from sitewatch's client.

It takes binds and submit_sm, sends delivery receipts, and can refuse, stay silent or hang up.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Submitted:
    """One submit_sm."""

    sender: str
    destination: str
    ton: int
    esm_class: int
    registered: int
    coding: int
    data: bytes

    @property
    def text(self) -> str:
        """The text without a user data header."""
        data = self.data[1 + self.data[0] :] if self.esm_class & 0x40 else self.data
        return data.decode("utf-16-be")


@dataclass
class Centre:
    """What came, and what is refused."""

    port: int = 0
    password: str = "pw"
    submitted: list[Submitted] = field(default_factory=list)
    binds: int = 0
    probes: int = 0
    refuse: int = 0
    """Command status of the answer to submit_sm."""
    hang_up: bool = False
    silent: bool = False
    raw: bytes | None = None
    """Bytes instead of an answer to submit_sm."""
    receipts: str | None = "DELIVRD"
    """State of the receipts; none are sent where it is None."""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, command, _, number = struct.unpack(">IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                await self._answer(writer, command, number, body)
        writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, command: int, number: int, body: bytes
    ) -> None:
        if command == 0x09:
            self.binds += 1
            good = body.split(b"\0")[1].decode() == self.password
            _put(writer, 0x8000_0009, 0 if good else 0x0E, number, b"smsc\0" if good else b"")
        elif command == 0x15:
            self.probes += 1
            _put(writer, 0x8000_0015, 0, number, b"")
        elif command == 0x04:
            await self._submit(writer, number, body)

    async def _submit(self, writer: asyncio.StreamWriter, number: int, body: bytes) -> None:
        if self.hang_up:
            writer.close()
            return
        if self.silent:
            return
        if self.raw is not None:
            writer.write(self.raw)
            return
        if self.refuse:
            _put(writer, 0x8000_0004, self.refuse, number, b"")
            return
        self.submitted.append(_read(body))
        name = f"m{len(self.submitted)}"
        _put(writer, 0x8000_0004, 0, number, name.encode() + b"\0")
        if self.receipts is not None:
            text = f"id:{name} sub:001 dlvrd:001 submit date:2611250000 done date:2611250001 "
            text += f"stat:{self.receipts} err:000 text:"
            data = text.encode()
            head = b"\0" + b"\1\1" + b"138\0" + b"\0\0" + b"106\0" + bytes((4, 0, 0)) + b"\0\0"
            _put(writer, 0x05, 0, 77, head + bytes((0, 0, 0, 0, len(data))) + data)
        await writer.drain()


def _put(writer: asyncio.StreamWriter, command: int, status: int, number: int, body: bytes) -> None:
    writer.write(struct.pack(">IIII", 16 + len(body), command, status, number) + body)


def _read(body: bytes) -> Submitted:
    _, rest = body.split(b"\0", 1)
    sender, rest = rest[2:].split(b"\0", 1)
    ton, destination_and = rest[0], rest[2:]
    destination, rest = destination_and.split(b"\0", 1)
    esm_class = rest[0]
    _, rest = rest[3:].split(b"\0", 1)
    _, rest = rest.split(b"\0", 1)
    registered, _, coding, _, length = rest[:5]
    data = rest[5:]
    assert len(data) == length
    return Submitted(
        sender.decode(), destination.decode(), ton, esm_class, registered, coding, data
    )


@asynccontextmanager
async def short_message_centre() -> AsyncIterator[Centre]:
    """A centre on a free port."""
    centre = Centre()
    server = await asyncio.start_server(centre.serve, "127.0.0.1", 0)
    centre.port = server.sockets[0].getsockname()[1]
    try:
        yield centre
    finally:
        for writer in centre.writers:
            writer.close()
        server.close()
