"""The frame of a consumer whose output and cursor stand in one SQL transaction: a ledger.

After a kill the consumer reads the journal again from its cursor, so that nothing is lost and
nothing doubled.
"""

import asyncio
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from collectors.sample import Sample
from ingest.bus import Cursor, Log

_WAIT_S = 5.0


class Ledger(Protocol):
    """Books samples; all calls block."""

    def cursor(self) -> Cursor:
        """How far the journal is booked."""
        ...

    def book(self, samples: Sequence[Sample], cursor: Cursor) -> Cursor:
        """Book samples of the journal after a cursor; returns the cursor after them."""
        ...


Kept = TypeVar("Kept", bound=Ledger)


class LedgerWriter(Generic[Kept]):
    """Books the readings in the journal."""

    def __init__(
        self, ledger: Kept, consumer: str, bus: Log, *, pace_s: float, batch: int = 20_000
    ) -> None:
        """Make a writer.

        Args:
            ledger: what the readings are booked in.
            consumer: the name under which the journal knows it.
            bus: the journal.
            pace_s: how long it gathers before it writes; each write waits for the disk once. [s]
            batch: the most samples in one call.
        """
        self.ledger = ledger
        self._consumer = consumer
        self._bus = bus
        self._pace_s = pace_s
        self._batch = batch

    async def run(self) -> None:
        """Read the journal and book until cancelled.

        Raises:
            IngestError: the database refuses; run it again, it goes on from its cursor.
        """
        cursor = await asyncio.to_thread(self.ledger.cursor)
        while True:
            samples = await self._bus.read(cursor, self._batch, _WAIT_S)
            if not samples:
                continue
            cursor = await asyncio.to_thread(self.ledger.book, samples, cursor)
            await self._bus.commit(self._consumer, cursor)
            if len(samples) < self._batch:
                await asyncio.sleep(self._pace_s)
