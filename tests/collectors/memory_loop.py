"""An event loop whose time leaps to the next timer, and whose connections never leave memory.

What is under test opens connections as ever (`loop.create_connection`) and waits as ever; a million
time-outs cost no second. Nothing here knows Modbus.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar, runtime_checkable

_Result = TypeVar("_Result")


class Peer(Protocol):
    """What stands at the other end of a connection."""

    def received(self, data: bytes, connection: "Connection") -> None:
        """Take what was written to it; answers by `connection.deliver`."""
        ...


@runtime_checkable
class _Receiver(Protocol):
    def data_received(self, data: bytes) -> None: ...


class _Leaping(selectors.SelectSelector):
    """Waits for nothing but what comes from outside."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            return super().select(None)
        if timeout <= 0:
            return []
        self.now += timeout
        return super().select(0)


class Connection(asyncio.Transport):
    """One end of a connection in memory."""

    def __init__(self, loop: "MemoryLoop", protocol: asyncio.BaseProtocol, peer: Peer) -> None:
        super().__init__()
        self._loop, self._protocol, self._peer = loop, protocol, peer
        self._closing = False
        self.seen = bytearray()
        """What arrived since the peer last cleared it."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand bytes to the peer at once."""
        if not self._closing:
            self._peer.received(bytes(data), self)

    def deliver(self, data: bytes, delay_s: float = 0.0) -> None:
        """Let bytes of the peer arrive, after what was delivered before."""
        if delay_s:
            self._loop.call_later(delay_s, self._arrive, data)
        else:
            self._loop.call_soon(self._arrive, data)

    def _arrive(self, data: bytes) -> None:
        if self._closing or not isinstance(self._protocol, _Receiver):
            return
        self.seen += data
        taken = False
        try:
            self._protocol.data_received(data)
            taken = True
        finally:
            # As asyncio's own transports do; the error itself goes to the loop's handler.
            if not taken:
                self.abort()

    def hang_up(self) -> None:
        """The peer closes the connection."""
        self.close()

    def close(self) -> None:
        """Close; the protocol is told."""
        if not self._closing:
            self._closing = True
            self._loop.open_connections -= 1
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """Close at once."""
        self.close()

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self._closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """There is no socket."""
        return default


class MemoryLoop(asyncio.SelectorEventLoop):
    """Every connection goes to the peer that `peer_of` names for a host and port."""

    def __init__(self, peer_of: Callable[[str, int], Peer]) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)
        self._peer_of = peer_of
        self.open_connections = 0
        self.connections = 0

    def time(self) -> float:
        """Time that passes only while everybody waits. [s]"""
        return self._leaping.now

    async def create_connection(  # type: ignore[override]
        self, factory: Callable[[], asyncio.BaseProtocol], host: str, port: int, **_: object
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect to the peer."""
        protocol = factory()
        connection = Connection(self, protocol, self._peer_of(host, port))
        self.open_connections += 1
        self.connections += 1
        protocol.connection_made(connection)
        return connection, protocol


def run(main: Coroutine[Any, Any, _Result], peer_of: Callable[[str, int], Peer]) -> _Result:
    """Run to the end in a loop of its own; no connection may be left open."""
    loop = MemoryLoop(peer_of)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        result = runner.run(main)
    assert loop.open_connections == 0, f"{loop.open_connections} connections were left open"
    return result
