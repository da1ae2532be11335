"""A bus in memory with the contract of `ingest.bus.Bus`."""

import asyncio
from collections.abc import Sequence

import msgspec

from collectors.sample import Lane, Sample
from ingest.bus import Cursor, IngestError


class MemoryBus:
    """Keeps everything; can refuse to be read."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.committed: dict[str, Cursor] = {}
        self.history: list[Cursor] = []
        self.broken = False
        self._news = asyncio.Event()

    async def append(self, samples: Sequence[Sample]) -> int:
        for sample in samples:
            seq = len(self.samples) + 1
            self.samples.append(msgspec.structs.replace(sample, seq=seq))
        self._news.set()
        return len(self.samples)

    async def read(self, after: Cursor, limit: int, timeout: float) -> Sequence[Sample]:
        if self.broken:
            raise IngestError("the disk is gone")
        found = self._after(after, limit)
        if not found and timeout > 0:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._news.wait()
            except TimeoutError:
                return ()
            found = self._after(after, limit)
        return found

    def _after(self, after: Cursor, limit: int) -> list[Sample]:
        found: list[Sample] = []
        for lane in (Lane.SAFETY, Lane.ROUTINE):
            found += [s for s in self.samples if s.lane is lane and s.seq > after.of(lane)]
        return found[:limit]

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        self.committed[consumer] = cursor
        self.history.append(cursor)
