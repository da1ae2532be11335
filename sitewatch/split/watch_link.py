"""The serving half's end of the socket between the halves: what it knows of those who watch."""

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog

from alerts.deviations import Finding
from alerts.watch import Key
from collectors.driver import DeviceHealth, LineHealth
from ingest.bus import Cursor
from ingest.clock import wall_clock_ms
from sitewatch.local_socket import address
from sitewatch.metric_values import Value
from sitewatch.split.frames import (
    NAME,
    Acted,
    Alarmed,
    BadFrameError,
    Committed,
    Damaged,
    Found,
    Report,
    ToServing,
    ToWatching,
    Written,
    framed,
    read_to_serving,
)

_LOG = structlog.get_logger(__name__)
_AGAIN_S = 0.2
"""Between two attempts to connect. [s]"""
ANSWERS_WITHIN_S = 5.0
"""A report is made every second; after so long without one nobody is taken to watch. [s]"""
STAGE = "watch"
_WATCHED = ("collectors", "journal", "engine", "outbox", "escalation", "rescue clock")
SILENT = "unknown: the watching process does not answer"


class WatchLink:
    """Keeps the connection; used in one event loop, but for `acted`, which any thread may call."""

    def __init__(
        self,
        folder: Path,
        *,
        written: Callable[[], None],
        alarmed: Callable[[], None],
        skip_damaged: Callable[[bool], None],
        now_ms: Callable[[], int] = wall_clock_ms,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take whom to tell: of new samples, of new events, and whether damage is to be skipped."""
        self._folder = folder
        self._on_written = written
        self._on_alarmed = alarmed
        self._on_skip = skip_damaged
        self._monotonic = monotonic
        self._started_ms = now_ms()
        self._loop = asyncio.get_running_loop()
        self._writer: asyncio.StreamWriter | None = None
        self._cursors: dict[str, Cursor] = {}
        self._findings: dict[Key, Finding] = {}
        self._report: Report | None = None
        self._heard_at = float("-inf")

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        while True:
            try:
                with address(self._folder, NAME) as path:
                    reader, writer = await asyncio.open_unix_connection(path)
            except OSError:
                await asyncio.sleep(_AGAIN_S)
                continue
            try:
                await self._follow(reader, writer)
            except (EOFError, OSError):
                _LOG.warning("the watching process is gone; it is looked for again")
            except BadFrameError as error:
                _LOG.error("the watching process is not understood", error=str(error))
            finally:
                self._writer = None
                self._heard_at = float("-inf")
                writer.close()
            await asyncio.sleep(_AGAIN_S)

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        for consumer, cursor in self._cursors.items():
            self._tell(Committed(consumer, cursor.safety, cursor.routine))
        if self._findings:
            self._tell(Found(tuple(self._findings.values())))
        # What was said while nobody listened is looked for.
        self._on_written()
        self._on_alarmed()
        while True:
            self._hear(await read_to_serving(reader))

    def _hear(self, message: ToServing) -> None:
        match message:
            case Written():
                self._on_written()
            case Alarmed():
                self._on_alarmed()
            case Report():
                self._report, self._heard_at = message, self._monotonic()
                self._on_skip(message.skip_damaged)

    def _tell(self, message: ToWatching) -> None:
        if self._writer is not None:
            with suppress(OSError):
                self._writer.write(framed(message))

    def commit(self, consumer: str, cursor: Cursor) -> None:
        """Tell how far a consumer is; said again after each new connection."""
        self._cursors[consumer] = cursor
        self._tell(Committed(consumer, cursor.safety, cursor.routine))

    def found(self, findings: Sequence[Finding]) -> None:
        """Tell the judge what was found; the newest of each is said again after reconnecting."""
        self._findings |= {one.key: one for one in findings}
        self._tell(Found(tuple(findings)))

    def damaged(self) -> None:
        """Ask for a repair of the journal; callable from any thread."""
        self._loop.call_soon_threadsafe(self._tell, Damaged())

    def acted(self) -> None:
        """Tell that somebody acknowledged or reset; callable from any thread."""
        self._on_alarmed()
        self._loop.call_soon_threadsafe(self._tell, Acted())

    def answers(self) -> bool:
        """Whether the watching half has told a moment ago how it is."""
        return self._monotonic() - self._heard_at <= ANSWERS_WITHIN_S

    def lines(self) -> Sequence[LineHealth]:
        """Every line; where nobody watches, none is connected and no device is known to answer."""
        if self._report is None:
            return ()
        if self.answers():
            return self._report.lines
        return [_unknown(line) for line in self._report.lines]

    def reasons(self) -> Mapping[str, str | None]:
        """Work to why it does not work."""
        if self.answers() and self._report is not None:
            return {STAGE: None, **self._report.reasons}
        since = self._started_ms if self._report is None else self._report.at_ms
        moment = dt.datetime.fromtimestamp(since // 1000, dt.UTC).isoformat()
        return {STAGE: f"does not answer since {moment}"} | dict.fromkeys(_WATCHED, SILENT)

    def metrics(self) -> Sequence[Value] | None:
        """What Prometheus is told of its stages; None where nobody watches: no old figure."""
        return self._report.metrics if self._report is not None and self.answers() else None

    def letters(self) -> tuple[int, int]:
        """Dead letters of the watching half: kept, and counted only."""
        found = self._report
        return (0, 0) if found is None else (found.letters_kept, found.letters_not_kept)


def _unknown(line: LineHealth) -> LineHealth:
    devices: list[DeviceHealth] = [
        replace(device, connected=None, reason=SILENT) for device in line.devices
    ]
    return replace(line, connected=False, devices=devices)
