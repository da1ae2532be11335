"""The journal as another process of this machine reads it, while its owner writes on.

It only reads the file: cursors, repair and deletion are the owner's, who is told by the functions
that are given. An owner that is away holds up nothing: what is in the file is given all the same.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from collectors.sample import Sample
from ingest.bus import Cursor, IngestError
from ingest.journal_batch import LANES
from ingest.journal_select import select
from ingest.journal_sqlite import JournalDamagedError, is_damage

_LOOK_S = 0.5
"""How often the file is looked at although nobody called. [s]"""
_BUSY_S = 5.0

TellCursor = Callable[[str, Cursor], None]
"""Has the owner note how far a consumer is; does not wait for it."""


class JournalReader:
    """Implements `ingest.bus.Log` on the file of another process; used in one event loop."""

    def __init__(self, path: Path, tell: TellCursor, damaged: Callable[[], None]) -> None:
        """`damaged` asks the owner to repair the file."""
        self._path = path
        self._tell = tell
        self._damaged = damaged
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._readers: set[asyncio.Future[None]] = set()
        self.skip_damaged = False
        """Whether to go on without what is damaged: the owner could not repair it."""

    async def read(self, after: Cursor, limit: int, timeout: float) -> Sequence[Sample]:
        """Samples after a cursor, whole batches up to about `limit`, safety before routine.

        Raises:
            IngestError: the file cannot be read now.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while True:
            # Before the look: a call that comes after it must not be missed.
            waiter: asyncio.Future[None] = loop.create_future()
            self._readers.add(waiter)
            try:
                found = await asyncio.to_thread(self._read, after, limit)
                left = until - loop.time()
                if found or left <= 0:
                    return found
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, _LOOK_S)):
                        await waiter
            finally:
                self._readers.discard(waiter)

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        """Have the owner note how far a consumer is; the consumer itself keeps its cursor."""
        self._tell(consumer, cursor)

    def wake(self) -> None:
        """Say that something was written; call it in the event loop."""
        for waiter in self._readers:
            if not waiter.done():
                waiter.set_result(None)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._disconnect()

    def _read(self, after: Cursor, limit: int) -> list[Sample]:
        samples: list[Sample] = []
        with self._lock:
            try:
                connection = self._current()
                if connection is None:
                    return samples
                for lane in LANES:
                    left = limit - len(samples)
                    if left <= 0:
                        break
                    found = select(connection, lane, after.of(lane), left, skip=self.skip_damaged)
                    samples += found.samples
                    if found.broken:
                        self._report(bool(samples))
                        break
            except sqlite3.Error as error:
                self._disconnect()
                if is_damage(error):
                    self._damaged()
                raise IngestError(f"the journal cannot be read: {error}") from error
        return samples

    def _report(self, something: bool) -> None:
        self._damaged()
        if not something:
            raise JournalDamagedError("the journal is damaged and is being repaired")

    def _current(self) -> sqlite3.Connection | None:
        """A connection to the file that has the name now; None where there is none yet.

        A salvaged journal takes the place of the damaged one under the same name.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._disconnect()
            return None
        except OSError as error:
            raise IngestError(f"the journal cannot be read: {error}") from error
        identity = (stat.st_dev, stat.st_ino)
        if self._connection is None or identity != self._file:
            self._disconnect()
            # Read-only: the last to close a file for writing would take its log away, and after
            # a salvage that would be the log of another file of the same name.
            self._connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S,
                isolation_level=None, check_same_thread=False,
            )  # fmt: skip
            self._file = identity
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._file = None
