"""Samples for the tests of this package."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from collectors.sample import Lane, Sample, Value
from ingest.bus import Cursor
from ingest.journal import Journal
from ingest.journal_limits import JournalLimits

NOW = 1_780_000_000_000
"""The moment at which the tests of this package happen. [ms, UTC]"""
FIRST = NOW * 1000
"""A journal that is made at NOW counts from here."""


def sample(
    device: str = "m1",
    at: int = NOW,
    lane: Lane = Lane.ROUTINE,
    identity: str | None = None,
    seq: int = 0,
    **values: Value,
) -> Sample:
    """A sample of one device; `active_power` 1.0 where no value is given."""
    found = values or {"active_power": 1.0}
    return Sample(device, at, found, lane=lane, identity=identity, seq=seq)


def safety(device: str = "smoke-1", at: int = NOW, **values: Value) -> Sample:
    """A sample of the safety lane."""
    return Sample(device, at, values or {"smoke": True}, lane=Lane.SAFETY)


def numbers(samples: Sequence[Sample]) -> list[int]:
    """The journal's numbers of samples, counted from the first it gave."""
    return [found.seq - FIRST for found in samples]


def cursor(safety: int, routine: int) -> Cursor:
    """A cursor, counted from the first number."""
    return Cursor(FIRST + safety, FIRST + routine)


def open_journal(
    path: Path,
    consumers: Sequence[str] = (),
    limits: JournalLimits | None = None,
    now_ms: Callable[[], int] = lambda: NOW,
) -> AbstractAsyncContextManager[Journal]:
    """A journal at NOW."""
    return Journal.open(path, consumers, limits=limits, now_ms=now_ms)


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for what another thread will do."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is in another thread
            await asyncio.sleep(0.01)
