"""The demo's past: made by the simulator's model, written while live data already flows."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from collectors.sample import Sample
from collectors.simulator.history import history
from collectors.simulator.model import Model
from ingest.clock import wall_clock_ms
from sitewatch.memory import give_back
from sitewatch.service import Running

_PORTION = 5_000
"""Samples that are written at once; a day of a large estate is many times that."""


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
            # The model of the past is gone, and nobody else would look for what it has left.
            await asyncio.to_thread(give_back)
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
        if self._progress.exists():
            past.also(_everyone(running), now - self._span_ms, now)
        for samples in (part for day in history(model, done, now) for part in _portions(day)):
            if self._stop.is_set():
                return
            past.take(samples)
            self._progress.write_text(str(samples[-1].at + 1))
        past.count()
        past.count_quality()
        self._progress.write_text(str(2**53))
        days = round(self._span_ms / 86_400_000)
        self._say(f"history: the past {days} days are filled in")


def _everyone(running: Running) -> Iterator[str]:
    for device in running.estate.estate.devices.values():
        yield device.id
        yield from (f"{device.id}/{part}" for part in device.parts)


def _portions(day: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
    """What is in order of time, cut between two moments: a second start begins at a moment."""
    begin = 0
    for place in range(1, len(day)):
        if place - begin >= _PORTION and day[place].at != day[place - 1].at:
            yield day[begin:place]
            begin = place
    yield day[begin:]
