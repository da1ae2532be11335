"""Keeps the latest values of the serving process up with the journal."""

import asyncio

import structlog

from ingest.bus import Cursor, IngestError, Log
from ingest.latest import Latest
from ingest.stores.store import StoreError, TimeSeriesStore

_LOG = structlog.get_logger(__name__)
_AT_ONCE = 2000
_WAIT_S = 5.0
_AGAIN_S = 0.5
_GATHER_S = 0.05
"""Between two reads; the page is told at most once a second. [s]"""


async def cursor_of(store: TimeSeriesStore) -> Cursor:
    """Up to where the store's own newest values reach; ask before it is written to."""
    try:
        return await asyncio.to_thread(store.cursor)
    except StoreError as error:
        _LOG.warning("the store cannot be asked; all that is in the journal is read",
                     error=str(error))  # fmt: skip
        return Cursor()


class Follower:
    """Applies what stands behind a cursor, and all that comes."""

    def __init__(self, latest: Latest, log: Log, cursor: Cursor) -> None:
        self._latest = latest
        self._log = log
        self._cursor = cursor

    async def run(self) -> None:
        """Follow until cancelled; waits and reads again while the journal cannot be read."""
        lost = False
        while True:
            try:
                samples = await self._log.read(self._cursor, _AT_ONCE, _WAIT_S)
            except IngestError as error:
                if not lost:
                    _LOG.warning("the journal cannot be read", error=str(error))
                lost = True
                await asyncio.sleep(_AGAIN_S)
                continue
            lost = False
            self._latest.apply(samples)
            self._cursor = self._cursor.advanced(samples)
            if samples:
                await asyncio.sleep(_GATHER_S)
