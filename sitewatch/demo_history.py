"""The demo's past: made by the simulator's model, written while live data already flows."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from collectors.sample import Sample
from collectors.simulator.past import command, read_past
from ingest.clock import wall_clock_ms
from sitewatch.memory import give_back
from sitewatch.service import Running

_STOP_S = 5.0


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
        """Import until done, then rest until cancelled; what failed goes on where it was."""
        self._stop.clear()
        try:
            await asyncio.to_thread(self._import, running)
            await asyncio.to_thread(give_back)
            await asyncio.Event().wait()
        finally:
            self._stop.set()

    def _import(self, running: Running) -> None:
        now = wall_clock_ms()
        done = int(self._progress.read_text()) if self._progress.exists() else now - self._span_ms
        if done >= now:
            return
        past = running.work.past()
        if self._progress.exists():
            past.also(_everyone(running), now - self._span_ms, now)
        with _made(command(running.estate.folder, done, now, self._shift_ms)) as portions:
            for samples in portions:
                if self._stop.is_set():
                    return
                past.take(samples)
                self._progress.write_text(str(samples[-1].at + 1))
        past.count()
        past.count_quality()
        self._progress.write_text(str(2**53))
        days = round(self._span_ms / 86_400_000)
        self._say(f"history: the past {days} days are filled in")


@contextmanager
def _made(arguments: list[str]) -> Iterator[Iterator[list[Sample]]]:
    """What a process of its own makes of the past; it ends with the block, or with us."""
    out, end = os.pipe()
    with open(out, "rb") as given:
        try:
            # A group of its own: Ctrl-C reaches us alone, and closing the pipe ends it.
            process = subprocess.Popen(  # noqa: S603 - our own module
                arguments, stdin=subprocess.DEVNULL, stdout=end, start_new_session=True
            )
        finally:
            os.close(end)
        try:
            yield read_past(given)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _everyone(running: Running) -> Iterator[str]:
    for device in running.estate.estate.devices.values():
        yield device.id
        yield from (f"{device.id}/{part}" for part in device.parts)
