"""The watching half's end of the socket between the halves; nobody there waits for a reader."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from alerts.deviations import Finding
from alerts.feed import AlarmFeed
from collectors.sample import Sample
from ingest.bus import Cursor, IngestError
from ingest.journal import Journal
from sitewatch.local_socket import listen_at
from sitewatch.split.frames import (
    NAME,
    Acted,
    Alarmed,
    Committed,
    Damaged,
    Found,
    Report,
    ToServing,
    ToWatching,
    Written,
    framed,
    read_to_watching,
)

_LOG = structlog.get_logger(__name__)
_REPORT_S = 1.0
_GATHER_S = 0.02
"""Between two words that something was written. [s]"""
_ALONE_S = 300.0
"""After so long without a listener the serving half counts as a stage that has stopped. [s]"""
_MOST_WAITING = 1 << 20
"""What a reader that does not read may have waiting; it is told no more then. [bytes]"""


class WatchSocket:
    """Tells whoever listens what happens here, and hears how far its consumers are."""

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        feed: AlarmFeed,
        wake: Callable[[], None],
        report: Callable[[], Report],
        found: Callable[[Sequence[Finding]], None],
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._feed = feed
        self._wake = wake
        self._report = report
        self._found = found
        self._writers: set[asyncio.StreamWriter] = set()
        self._written = asyncio.Event()
        self._left_at = time.monotonic()
        """When the last one left. [s, monotonic]"""
        journal.listen(self._on_written)

    def _on_written(self, _samples: Sequence[Sample]) -> None:
        self._written.set()

    def is_alone(self) -> bool:
        """Whether nobody has listened for long: the serving half does not work."""
        return not self._writers and time.monotonic() - self._left_at > _ALONE_S

    async def run(self) -> None:
        """Listen until cancelled."""
        listening = listen_at(self._folder, NAME)
        try:
            await self._serve(listening)
        finally:
            (self._folder / NAME).unlink(missing_ok=True)

    async def _serve(self, listening: socket.socket) -> None:
        server = await asyncio.start_unix_server(self._answer, sock=listening)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tell_of_samples(), name="split[journal]")
                group.create_task(self._tell_of_alarms(), name="split[alarms]")
                group.create_task(self._tell_how_it_is(), name="split[report]")
        finally:
            server.close()
            for writer in list(self._writers):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            writer.write(await asyncio.to_thread(framed, self._report()))
            while True:
                await self._hear(await read_to_watching(reader))
        except (EOFError, OSError):
            pass  # it comes again
        except asyncio.CancelledError:
            pass  # the service ends; asyncio's server would print a trace of it
        except IngestError as error:
            _LOG.error("the serving process is not understood", error=str(error))
        finally:
            self._writers.discard(writer)
            self._left_at = time.monotonic()
            writer.close()

    async def _hear(self, message: ToWatching) -> None:
        match message:
            case Committed(consumer, safety, routine):
                await self._journal.commit(consumer, Cursor(safety, routine))
            case Damaged():
                self._journal.suspect()
            case Acted():
                self._wake()
            case Found(findings):
                self._found(findings)

    def _tell(self, message: ToServing) -> None:
        if self._writers:
            self._send(framed(message))

    def _send(self, frame: bytes) -> None:
        for writer in self._writers:
            # A stopped process must not fill our memory; whoever was told less looks for himself.
            if writer.transport.get_write_buffer_size() < _MOST_WAITING:
                writer.write(frame)

    async def _tell_of_samples(self) -> None:
        while True:
            await self._written.wait()
            self._written.clear()
            self._tell(Written())
            await asyncio.sleep(_GATHER_S)

    async def _tell_of_alarms(self) -> None:
        with self._feed.subscribe() as changes:
            while True:
                if await changes.get() is not None:
                    self._tell(Alarmed())

    async def _tell_how_it_is(self) -> None:
        while True:
            await asyncio.sleep(_REPORT_S)
            if self._writers:
                # Of ten thousand devices it is large: it is made beside the event loop.
                self._send(await asyncio.to_thread(framed, self._report()))
