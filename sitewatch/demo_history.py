"""The demo's past: made by the simulator's model, written while live data already flows."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from collectors.simulator.history import history
from collectors.simulator.model import Model
from ingest.clock import wall_clock_ms
from sitewatch.service import Running


class HistoryImport:
    """Fills in the past once; a second start goes on where the first ended."""

    def __init__(
        self, progress: Path, span_ms: int, shift_ms: int, say: Callable[[str], None]
    ) -> None:
        """`progress` remembers how far it came; `shift_ms` is the model's clock's shift [ms]."""
        self._progress = progress
        self._span_ms = span_ms
        self._shift_ms = shift_ms
        self._say = say
        self._stop = threading.Event()

    async def run(self, running: Running) -> None:
        """Import until done, then rest until cancelled."""
        try:
            await asyncio.to_thread(self._import, running)
            await asyncio.Event().wait()
        finally:
            self._stop.set()

    def _import(self, running: Running) -> None:
        now = wall_clock_ms()
        done = int(self._progress.read_text()) if self._progress.exists() else now - self._span_ms
        if done >= now:
            return
        model = Model(running.estate.estate, 1, self._shift_ms)
        past = running.work.past()
        for samples in history(model, done, now):
            if self._stop.is_set():
                return
            past.take(samples)
            self._progress.write_text(str(samples[-1].at + 1))
        past.count()
        self._progress.write_text(str(2**53))
        days = round(self._span_ms / 86_400_000)
        self._say(f"history: the past {days} days are filled in")
