"""A bus in memory and a way to run the consumer `intervals` on it until it has read everything."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.interval_ledger import IntervalsError
from ingest.intervals import IntervalWriter


class MemoryBus:
    """A bus for what needs no disk; the real journal has a test of its own below."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.committed: list[tuple[str, Cursor]] = []
        self.heard = asyncio.Event()

    async def append(self, samples: Sequence[Sample]) -> int:
        for sample in samples:
            self.samples.append(numbered(sample, len(self.samples) + 1))
        return len(self.samples)

    async def read(self, after: Cursor, limit: int, timeout: float) -> Sequence[Sample]:
        new = [one for one in self.samples if one.seq > after.of(one.lane)]
        if not new:
            await asyncio.sleep(timeout)
        return new[:limit]

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        self.committed.append((consumer, cursor))
        self.heard.set()


def numbered(sample: Sample, seq: int) -> Sample:
    return Sample(
        sample.device, sample.received_at, sample.values, sample.reasons, sample.lane,
        sample.source_at, sample.identity, seq,
    )  # fmt: skip


async def digest(writer: IntervalWriter, bus: MemoryBus, last: int) -> None:
    """Run the consumer until it has committed everything."""

    async def until_done() -> None:
        while True:
            await bus.heard.wait()
            bus.heard.clear()
            if bus.committed[-1][1].routine >= last:
                return

    running = asyncio.ensure_future(writer.run())
    waiting = asyncio.ensure_future(until_done())
    try:
        async with asyncio.timeout(30):
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
    finally:
        for task in (running, waiting):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, IntervalsError):
                await task


def crash_at(engine: sa.Engine, number: int) -> Callable[[], bool]:
    """Let the nth statement from now on fail once, as if the process ended there."""
    left = itertools.count(number, -1)
    struck = []

    def fail(*_: object) -> None:
        if next(left) == 0:
            struck.append(number)
            raise sa.exc.OperationalError("killed", {}, Exception("killed"))

    sa.event.listen(engine, "before_cursor_execute", fail)

    def undo() -> bool:
        sa.event.remove(engine, "before_cursor_execute", fail)
        return bool(struck)

    return undo
