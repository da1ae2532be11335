"""An event loop and clocks whose time passes only when everything rests.

Nothing is patched: the loop is asyncio's own with a selector that, instead of waiting for the next
timer, lets the time pass to it. Time does not pass while a worker thread, the journal's disk or a
channel is at work, and never beyond the limit that a test has set.
"""

import asyncio
import mmap
import selectors
import struct
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple, Unpack

from ingest.clock import Clocks

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_NUDGE_S = 1e-6
"""Beyond a timer, so that rounding never leaves it a breath away."""
_STUCK_S = 0.25
"""A channel that has not answered for so long, in real time, is one that hangs."""
_BREATH_S = 0.02


class TimeCell:
    """The steady time, shared with the process that watches; survives a kill. [ms]"""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)

    @property
    def ms(self) -> float:
        """The time."""
        found: tuple[float] = struct.unpack("d", self._shared[:8])
        return found[0]

    @ms.setter
    def ms(self, value: float) -> None:
        self._shared[:8] = struct.pack("d", value)


class Told:
    """How far time may pass, who is at work, and by how much the wall clock is off."""

    def __init__(self, cell: TimeCell, offset_ms: int, pace: float = 1.0) -> None:
        """`pace`: how many milliseconds pass by the clocks for one of the loop's."""
        self.cell = cell
        self.offset_ms = offset_ms
        self.pace = pace
        self.limit_ms = cell.ms
        self.at_work: Callable[[], bool] = lambda: False
        """Whether something is at work that always ends by itself."""
        self.outside: Callable[[], object] = lambda: None
        """What is with others, who may hang; None when nothing is."""

    def clocks(self) -> Clocks:
        """The clocks that the service is given."""
        return Clocks(lambda: int(self.cell.ms) + self.offset_ms, lambda: int(self.cell.ms))


class _Selector(selectors.SelectSelector):
    """Lets the time pass when nothing else happens."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told
        self.threads = 0
        self.arrived: Callable[[], None] | None = None
        self._with: object = None
        """What is with others since the moment beside it."""
        self._since = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        if self.threads or self.told.at_work():
            return super().select(_BREATH_S)
        found = super().select(0)
        if found or self._is_outside():
            return found or super().select(_BREATH_S)
        return self._pass(timeout)

    def _is_outside(self) -> bool:
        """Whether somebody outside is to be waited for."""
        outside = self.told.outside()
        if outside != self._with:
            self._with, self._since = outside, time.monotonic()
        return outside is not None and time.monotonic() - self._since < _STUCK_S

    def _pass(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        told = self.told
        left = told.limit_ms - told.cell.ms
        if left <= 0:
            if self.arrived is not None:
                self.arrived()
                return []
            return super().select(None)
        due = left if timeout is None else (timeout + _NUDGE_S) * 1000 * told.pace
        told.cell.ms += min(left, due)
        return []


class ToldLoop(asyncio.SelectorEventLoop):
    """The event loop on such a time."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._rest = _Selector(told)
        super().__init__(self._rest)

    def time(self) -> float:
        """The loop's time. [s]"""
        return self._told.cell.ms / 1000 / self._told.pace

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[_Ts]], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """As ever, and noted while it runs."""
        self._rest.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._done)
        return future

    def _done(self, _: object) -> None:
        self._rest.threads -= 1

    async def rest_until(self, ms: float) -> None:
        """Let the time pass to a moment and everything that is due until then be done."""
        told = self._told
        told.limit_ms = max(ms, told.cell.ms)
        arrived = self.create_future()

        def reached() -> None:
            self._rest.arrived = None
            arrived.set_result(None)

        self._rest.arrived = reached
        await arrived
