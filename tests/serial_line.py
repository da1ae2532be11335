"""A serial pair on this machine with units on it: an RTU server behind a pseudo terminal.

Like `replay_server`, it shares no code with the collectors or pymodbus.
"""

import asyncio
import os
import tty
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from tests.replay_server import ReplayServer, Request, Unit, crc

Spoil = Callable[[bytes], list[tuple[float, bytes]]]
"""The right answer to what is sent instead: each chunk after a pause. [s]"""


class SerialLine(AbstractAsyncContextManager["SerialLine"]):
    """Units on one serial line; `device` is what a program opens."""

    def __init__(self, units: Mapping[int, Unit]) -> None:
        self.units = dict(units)
        self.requests: list[Request] = []
        self.spoil: Spoil | None = None
        self.device = ""
        self._answers = ReplayServer(units)
        self._ours = self._theirs = -1
        self._buffer = b""
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "SerialLine":
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        tty.setraw(self._ours)
        self.device = os.ttyname(self._theirs)
        os.set_blocking(self._ours, False)
        asyncio.get_running_loop().add_reader(self._ours, self._readable)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unplug()

    def unplug(self) -> None:
        """The adapter is pulled out: every open end sees it."""
        if self._ours < 0:
            return
        asyncio.get_running_loop().remove_reader(self._ours)
        for task in self._tasks:
            task.cancel()
        os.close(self._ours)
        os.close(self._theirs)
        self._ours = -1

    def _readable(self) -> None:
        try:
            self._buffer += os.read(self._ours, 4096)
        except OSError:
            return
        while len(self._buffer) >= 8:
            frame, self._buffer = self._buffer[:8], self._buffer[8:]
            if crc(frame[:-2]) == frame[-2:]:
                task = asyncio.ensure_future(self._answer(frame))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _answer(self, frame: bytes) -> None:
        unit, function = frame[0], frame[1]
        address, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
        self.requests.append(Request(unit, function, address, count, frame[1:-2]))
        device = self.units.get(unit)
        if device is None or device.fault is not None:
            return
        body = bytes([unit]) + self._answers.body(device, function, address, count)
        answer = body + crc(body)
        chunks = self.spoil(answer) if self.spoil is not None else [(0.0, answer)]
        for pause, chunk in chunks:
            await asyncio.sleep(pause)
            os.write(self._ours, chunk)
