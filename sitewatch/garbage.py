"""The garbage collector of a process that runs for months: seldom, and not over what never goes.

Samples are no cycles and are freed without it; by Python's own settings it goes through all that
lives some hundred times a second when samples come fast. What is a cycle - an error with its trace,
an answer of the page, a line that was opened anew - is then left lying until so many more have been
made that it takes tens of megabytes. So it looks by the clock as well.
"""

import asyncio
import atexit
import gc
import time
from collections.abc import Awaitable, Callable

from sitewatch.memory import trim

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 100
"""Containers made before the young are looked at, and how often that before the older ones."""
YOUNG_S = 30.0
"""Between two looks at what was made since the last. [s]"""
ALL_S = 600.0
"""Between two looks at everything, at least. [s]"""
SHARE = 0.001
"""Of its time that the process may stand still for looks at everything."""


def settle() -> None:
    """Take what was loaded at the start out of the collector's sight, and let it look seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    # At the end libraries look whether all they made has gone.
    atexit.register(gc.unfreeze)


async def clear_away(
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Look by the clock until cancelled, and give back to the system what has become free.

    Nothing runs during a look: one at what is young takes milliseconds; the larger the process, the
    seldomer all is looked at.
    """
    due = monotonic() + ALL_S
    while True:
        await sleep(YOUNG_S)
        began = monotonic()
        if began < due:
            gc.collect(1)
        else:
            gc.collect()
            due = monotonic() + max(ALL_S, (monotonic() - began) / SHARE)
        await asyncio.to_thread(trim)
