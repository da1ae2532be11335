"""`sitewatch run --split`: starts the two halves, starts again what ends, and ends both with it."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from sitewatch.data_folder import DataFolder
from sitewatch.errors import SitewatchError
from sitewatch.estate_folder import EstateFolder
from sitewatch.greeting import greet
from sitewatch.heartbeats import Heartbeats, Stage
from sitewatch.records_database import open_records
from sitewatch.settings import Settings
from sitewatch.split.child import arguments
from sitewatch.split.half import Half
from sitewatch.split.keeping import (
    GOOD_TIME_S,
    TICK_S,
    hangs,
    holds_database,
    restart_wait_s,
)
from sitewatch.watchdog import Watchdog

_LOG = structlog.get_logger(__name__)
_ENDS_WITHIN_S = 8.0
"""How long a half may take to end in good order. [s]"""
_ASK_AGAIN_S = 1.0
_WATCHED_S = 60.0
"""After so long without a watching half systemd may start everything anew. [s]"""
_FAILURES = (1, 2)


async def run_split(
    loaded: EstateFolder,
    config: Path | None,
    settings: Settings,
    data: DataFolder,
    listening: socket.socket,
    *,
    say: Callable[[str], None],
) -> None:
    """Run both halves until SIGINT or SIGTERM.

    Raises:
        SitewatchError: the database cannot be used, or the watching half cannot start.
    """
    with open_records(settings, data):
        pass  # migrated once, before two processes want to
    parent = Parent(loaded.folder, config, data, listening)
    await parent.run(lambda: greet(loaded, settings.service, listening, say))


class Parent:
    """Keeps the two halves running."""

    def __init__(
        self, estate: Path, config: Path | None, data: DataFolder, listening: socket.socket
    ) -> None:
        """`listening` is the page's socket: it stays open while the serving half is away."""
        lock = [] if data.lock is None else [data.lock]
        page = listening.fileno()

        def given(lifeline: int, page: int | None = None) -> Sequence[str]:
            return arguments(estate, config, data.path, lifeline, page)

        self.watch = Half("watch", "sitewatch.split.watch", given, lock)
        self.serve = Half(
            "serve", "sitewatch.split.serve", lambda lifeline: given(lifeline, page), [*lock, page]
        )
        self._stopping = asyncio.Event()
        self._failed: int | None = None

    async def run(self, greet: Callable[[], None]) -> None:
        """Keep them running until SIGINT or SIGTERM; `greet` is called once the page is there.

        Raises:
            SitewatchError: the watching half cannot start; its own sentence stands above.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        keeping = [asyncio.create_task(self._keep(half)) for half in (self.watch, self.serve)]
        beside = [
            asyncio.create_task(work) for work in (self._look(), self._greet(greet), self._tell())
        ]
        await self._stopping.wait()
        await self._end(keeping)
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        if self._failed is not None:
            raise SitewatchError("the watching process did not start; its message is above")

    async def _greet(self, greet: Callable[[], None]) -> None:
        await self.serve.was_ready.wait()
        await self.watch.was_ready.wait()
        greet()

    async def _tell(self) -> None:
        """Tell systemd that alarms are watched for, and go on telling while they are."""
        beats = Heartbeats({"watch": Stage(self.watch.pulse, _WATCHED_S, safety=True)})
        await self.watch.was_ready.wait()
        await Watchdog.of_process(beats).run()

    async def _keep(self, half: Half) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await half.run_once()
            if self._stopping.is_set():
                return
            if half is self.watch and not half.was_ready.is_set() and code in _FAILURES:
                # As in one process: it never worked, and somebody is to look at it.
                self._failed = code
                self._stopping.set()
                return
            failures = 1 if time.monotonic() - began >= GOOD_TIME_S else failures + 1
            wait_s = restart_wait_s(failures)
            _LOG.error("a process ended; it is started again", process=half.name,
                       ended_by=_how(code), failures=failures, after_s=wait_s)  # fmt: skip
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._stopping.wait()

    async def _look(self) -> None:
        """End a half that hangs, or that holds the database while alarms wait for it."""
        killed_for_lock = False
        while True:
            await asyncio.sleep(TICK_S)
            for half in (self.watch, self.serve):
                half.signs = half.signs.ticked()
                if half.pid is not None and hangs(half.signs):
                    _LOG.error("a process gives no sign of life; it is ended", process=half.name)
                    half.kill()
            held = self.serve.pid is not None and holds_database(
                self.serve.signs, self.watch.blocked
            )
            if held and not killed_for_lock:
                _LOG.error(
                    "the serving process holds the database; it is ended", pid=self.serve.pid
                )
                self.serve.kill()
            # Once, until the database was free: if that does not help, somebody else holds it.
            killed_for_lock = held or (killed_for_lock and self.watch.blocked > 0)

    async def _end(self, keeping: Sequence[asyncio.Task[None]]) -> None:
        running: set[asyncio.Task[None]] = set(keeping)
        until = time.monotonic() + _ENDS_WITHIN_S
        while running:
            for half in (self.serve, self.watch):
                # Again and again: one may be starting at this moment.
                half.terminate() if time.monotonic() < until else half.kill()
            _, running = await asyncio.wait(running, timeout=_ASK_AGAIN_S)


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
