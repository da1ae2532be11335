"""Keeps a line running: whatever it dies of, it is started again, and nothing else notices."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import structlog

BACK_OFF_CAP_S = 60.0
"""Longest wait before the next start. [s]"""
FIRST_WAIT_S = 0.5
"""Longest wait before the first restart. [s]"""
GOOD_TIME_S = 60.0
"""After running this long without a failure, a line counts as healthy again. [s]"""

_log = structlog.get_logger(__name__)


def restart_wait(failures: int, chance: float) -> float:
    """How long to wait before a restart, in seconds: exponential with full jitter.

    Args:
        failures: Failures in a row, this one included.
        chance: Between 0 and 1.
    """
    return min(BACK_OFF_CAP_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 32)) * chance


async def supervise(
    name: str,
    run: Callable[[], Awaitable[None]],
    *,
    on_failure: Callable[[Exception], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    chance: Callable[[], float] = random.random,
) -> None:
    """Run something for ever; returns only when it returns of its own accord.

    A cancellation passes. Failures are logged once when it is lost and once when it is back.

    Args:
        name: What the log calls it.
        run: Made anew and awaited for each start.
        on_failure: Told of every failure.
        sleep: Waits between the starts.
        monotonic: A clock. [s]
        chance: Numbers between 0 and 1, for the jitter.
    """
    failures = 0
    while True:
        started = monotonic()
        watch = _Watch(name, failures)
        try:
            async with asyncio.TaskGroup() as group:
                announcer = group.create_task(watch.announce(), name=f"{name} watch")
                try:
                    await run()
                finally:
                    announcer.cancel()
        except Exception as error:  # noqa: BLE001 the one place where anything may go wrong
            pass_on_cancellation()
            cause = _cause(error)
            if monotonic() - started >= GOOD_TIME_S:
                failures = 0
            failures += 1
            if failures == 1:
                _log.exception("lost", name=name, reason=str(cause), exc_info=cause)
            if on_failure is not None:
                on_failure(cause)
            await sleep(restart_wait(failures, chance()))
        else:
            return


def pass_on_cancellation() -> None:
    """End the task if it was cancelled and the cancellation was swallowed on its way.

    On Python 3.11 `asyncio.wait_for` swallows one that meets its result (as in pymodbus), and a
    TaskGroup whose tasks fail at that moment reports the failures instead.

    Raises:
        asyncio.CancelledError: the task was cancelled.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _cause(error: Exception) -> Exception:
    """The one error inside of a group of one."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


class _Watch:
    """Says that a line is back once it has run for a good time after failures."""

    def __init__(self, name: str, failures: int) -> None:
        self._name, self._failures = name, failures

    async def announce(self) -> None:
        if self._failures:
            await asyncio.sleep(GOOD_TIME_S)
            _log.info("back", name=self._name, failures=self._failures)
