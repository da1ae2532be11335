"""The frame of consumers that book in SQL: it goes on from the ledger's cursor, batch by batch."""

import asyncio
import contextlib
from collections.abc import Sequence

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.ledger_writer import LedgerWriter
from tests.ingest.booking import MemoryBus
from tests.ingest.samples import sample


class Booked:
    """A ledger in memory that has booked the first few already."""

    def __init__(self, first: int) -> None:
        self.at = Cursor(0, first)
        self.numbers: list[int] = []

    def cursor(self) -> Cursor:
        return self.at

    def book(self, samples: Sequence[Sample], cursor: Cursor) -> Cursor:
        self.numbers += [one.seq for one in samples]
        self.at = cursor.advanced(samples)
        return self.at


async def test_it_books_what_the_ledger_lacks_and_commits_what_is_booked() -> None:
    bus = MemoryBus()
    await bus.append([sample() for _ in range(20)])
    writer = LedgerWriter(Booked(4), "some", bus, pace_s=0.0, batch=3)
    running = asyncio.ensure_future(writer.run())
    async with asyncio.timeout(30):
        while not bus.committed or bus.committed[-1][1].routine < 20:
            await bus.heard.wait()
            bus.heard.clear()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert writer.ledger.numbers == list(range(5, 21))
    assert [(name, one.routine) for name, one in bus.committed] == [
        ("some", 7), ("some", 10), ("some", 13), ("some", 16), ("some", 19), ("some", 20),
    ]  # fmt: skip
