"""Quarter-hour intervals from counters: the consumer `intervals` of the journal.

Cursor and intervals move in one SQL transaction (`ingest.interval_ledger`); after a kill the
consumer reads the journal again from its cursor, so that nothing is lost and nothing doubled.
"""

import asyncio

from ingest.bus import Log
from ingest.interval_ledger import IntervalLedger
from ingest.interval_tables import CONSUMER

PACE_S = 2.0
"""How long the consumer gathers before it writes; each write waits for the disk once. [s]"""
_WAIT_S = 5.0


class IntervalWriter:
    """Makes intervals of the readings in the journal."""

    def __init__(
        self, ledger: IntervalLedger, bus: Log, *, pace_s: float = PACE_S, batch: int = 20_000
    ) -> None:
        self.ledger = ledger
        self._bus = bus
        self._pace_s = pace_s
        self._batch = batch

    async def run(self) -> None:
        """Read the journal and book until cancelled.

        Raises:
            IntervalsError: the database refuses; run it again, it goes on from its cursor.
        """
        cursor = await asyncio.to_thread(self.ledger.cursor)
        while True:
            samples = await self._bus.read(cursor, self._batch, _WAIT_S)
            if not samples:
                continue
            cursor = await asyncio.to_thread(self.ledger.book, samples, cursor)
            await self._bus.commit(CONSUMER, cursor)
            if len(samples) < self._batch:
                await asyncio.sleep(self._pace_s)
