"""Waits for what other tasks and threads bring about."""

import asyncio
from collections.abc import Callable

PATIENCE_S = 30.0


async def until(holds: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait until something holds; a TimeoutError fails the test."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110  (there is no event for a row in SQL)
            await asyncio.sleep(0.01)
