"""A child's end of the socket to its parent: signs of life go up, and its end says to end.

A socket and not a signal of the kernel: that its other end has closed is told everywhere, however
the parent ended.
"""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

BEAT, READY, BLOCKED, FREE = b".", b"r", b"b", b"f"
"""Alive; open and running; the database is held by somebody; it is not."""
BEAT_S = 0.25
"""Between two signs of life. [s]"""
_ENDS_WITHIN_S = 8.0
"""How long an orphan may take to end in good order. [s]"""


class Lifeline:
    """The socket; `descriptor` is inherited from the parent."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)

    def say(self, word: bytes) -> None:
        """Say one word; a parent that does not listen is not waited for."""
        with suppress(OSError):
            self._socket.send(word, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def close(self) -> None:
        """Close it; the parent hears that, too."""
        self._socket.close()

    async def beat(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Give signs of life until cancelled: from the event loop, so that they prove it turns.

        Args:
            goes_on: whether to give one now; who must not go on without something falls silent.
        """
        while True:
            if goes_on():
                self.say(BEAT)
            await asyncio.sleep(BEAT_S)

    def end_with_parent(self, stop: Callable[[], None]) -> None:
        """Have `stop` called, in a thread, when the parent has ended; see that it comes to it."""

        def wait() -> None:
            with suppress(OSError):
                while self._socket.recv(16):
                    pass
            stop()
            threading.Event().wait(_ENDS_WITHIN_S)
            os._exit(1)

        threading.Thread(target=wait, name="lifeline", daemon=True).start()
