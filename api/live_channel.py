"""One scope of the live stream: a bounded ring of encoded events that all its readers share.

A reader holds nothing but its place in the ring. Whoever is too slow, or comes back too late, finds
that place gone, and takes a new snapshot: nobody can make the service keep more for them.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

MAX_EVENTS = 300
"""Events kept for those who come back: about five minutes at one a second."""
MAX_BYTES = 4_000_000
"""Bytes kept. [B]"""


def encode_event(event: str, event_id: str, data: bytes) -> bytes:
    """One server-sent event; `data` is JSON and so has no line breaks."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (event.encode(), event_id.encode(), data)


class Channel:
    """The events of one scope, numbered from 1."""

    def __init__(self, name: str, sites: frozenset[str]) -> None:
        self.name = name
        """Unique over restarts of the service, so that old event ids are never misread."""
        self.sites = sites
        self.readers = 0
        self.empty_since = 0
        """When the last reader left. [ms, UTC]"""
        self.last = 0
        """Number of the newest event."""
        self._ring: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._broken_before = 0
        """Who stands before this number has missed something that is not in the ring."""
        self._news = asyncio.Event()

    def publish(self, event: str, data: bytes) -> None:
        """Add an event and wake the readers."""
        self.last += 1
        encoded = encode_event(event, self.event_id(self.last), data)
        self._ring.append((self.last, encoded))
        self._bytes += len(encoded)
        while len(self._ring) > MAX_EVENTS or self._bytes > MAX_BYTES:
            self._bytes -= len(self._ring.popleft()[1])
        self.wake()

    def interrupt(self) -> None:
        """Say that changes were lost: every reader needs a new snapshot."""
        self.last += 1
        self._ring.clear()
        self._bytes = 0
        self._broken_before = self.last
        self.wake()

    def wake(self) -> None:
        """Let every reader look again."""
        self._news.set()
        self._news = asyncio.Event()

    def event_id(self, number: int) -> str:
        """The id of an event: channel and number."""
        return f"{self.name}.{number}"

    def place_of(self, last_event_id: str) -> int | None:
        """Where a reader stands who last saw this id; None when that is not known here."""
        name, _, number = last_event_id.rpartition(".")
        if name != self.name or not number.isdecimal() or len(number) > 15:
            return None
        place = int(number)
        return place if place <= self.last and self.after(place) is not None else None

    def after(self, place: int) -> Sequence[tuple[int, bytes]] | None:
        """The events after a place; None when some of them are gone."""
        if place < self._broken_before:
            return None
        first = self._ring[0][0] if self._ring else self.last + 1
        if place + 1 < first:
            return None
        skip = place + 1 - first
        return [self._ring[n] for n in range(skip, len(self._ring))]

    async def wait(self, place: int, timeout: float) -> bool:
        """Wait until there is something after a place, or somebody calls `wake`.

        Returns whether it was woken or there is something; False after `timeout` seconds.
        """
        if self.last > place:
            return True
        news = self._news
        try:
            await asyncio.wait_for(news.wait(), timeout)
        except TimeoutError:
            return self.last > place
        return True
