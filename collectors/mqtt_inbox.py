"""The bounded queue between the network thread and the event loop: two lanes, safety first."""

import asyncio
import threading
from collections import deque
from typing import NamedTuple


class Incoming(NamedTuple):
    """One message as it came from the broker."""

    topic: str
    payload: bytes
    received_at: int
    """[ms, UTC]"""
    mid: int
    qos: int
    retain: bool
    connection: int
    """The number of the connection it came by; an acknowledgement is good on no other."""
    dup: bool = False
    """Whether the broker says that it sends it once more."""


class Inbox:
    """What has come and is not handled yet. `put` is for the network thread, `take` for the loop.

    When it is full, what the broker would not send again (QoS 0) is dropped and counted; for the
    rest `put` waits, so that nothing more is read from the socket and the broker keeps it.
    """

    def __init__(self, limit: int, limit_bytes: int, longest_wait_s: float) -> None:
        self.dropped = 0
        """QoS 0 messages dropped because the inbox was full."""
        self.waits = 0
        """How often reading paused because the inbox was full."""
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._longest_wait_s = longest_wait_s
        self._safety: deque[Incoming] = deque()
        self._routine: deque[Incoming] = deque()
        self._bytes = 0
        self._closed = False
        self._lock = threading.Lock()
        self._space = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._signalled = False

    def __len__(self) -> int:
        return len(self._safety) + len(self._routine)

    def put(self, message: Incoming, *, safety: bool) -> bool:
        """Add a message; called from the network thread. Returns whether it had to wait.

        Waits for space no longer than `longest_wait_s`, then takes the message all the same, so
        that the thread can keep the connection alive. MQTT itself bounds what can come that way to
        the 65,535 packet ids.
        """
        waited = False
        if self._is_full() and not self._closed:
            if message.qos == 0:
                self.dropped += 1
                return False
            waited = True
            self.waits += 1
            self._space.clear()
            if self._is_full():
                self._space.wait(self._longest_wait_s)
        with self._lock:
            (self._safety if safety else self._routine).append(message)
            self._bytes += _size(message)
            wake, self._signalled = not self._signalled, True
        if wake:
            self._wake()
        return waited

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrived.set)
        except RuntimeError:
            # The event loop has ended; what is here stays unacknowledged and comes again.
            self._closed = True

    def _is_full(self) -> bool:
        return len(self) >= self._limit or self._bytes >= self._limit_bytes

    async def take(self, limit: int, timeout: float) -> list[Incoming]:
        """Up to `limit` messages, safety first, each lane in order; empty after `timeout` [s]."""
        try:
            async with asyncio.timeout(timeout):
                await self._arrived.wait()
        except TimeoutError:
            return []
        with self._lock:
            taken = _pop(self._safety, limit)
            taken += _pop(self._routine, limit - len(taken))
            self._bytes -= sum(map(_size, taken))
            if not len(self):
                self._signalled = False
                self._arrived.clear()
        if not self._is_full():
            self._space.set()
        return taken

    def close(self) -> None:
        """Let a waiting network thread go."""
        self._closed = True
        self._space.set()


def _size(message: Incoming) -> int:
    return len(message.payload) + len(message.topic)


def _pop(queue: deque[Incoming], limit: int) -> list[Incoming]:
    if limit >= len(queue):
        taken = list(queue)
        queue.clear()
        return taken
    return [queue.popleft() for _ in range(limit)]
