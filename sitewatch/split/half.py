"""One child of the parent: its process and what is heard of it."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from subprocess import DEVNULL

from collectors.pulse import Pulse
from sitewatch.split.keeping import Signs
from sitewatch.split.lifeline import BEAT, BLOCKED, FREE, READY

_READ = 4096


class Half:
    """A half of the service, in a process of its own that may be started again."""

    def __init__(
        self, name: str, module: str, arguments: Callable[[int], Sequence[str]],
        inherited: Sequence[int],
    ) -> None:  # fmt: skip
        """`arguments` gives the command line for the descriptor of its lifeline."""
        self.name = name
        self.was_ready = asyncio.Event()
        """Whether it ever was."""
        self.signs = Signs()
        self.pulse = Pulse()
        """Beats with every sign of life, whichever process gave it."""
        self.blocked = 0
        """How often in a row it found the database held by somebody."""
        self._module = module
        self._arguments = arguments
        self._inherited = tuple(inherited)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that runs."""
        return None if self._process is None else self._process.pid

    async def run_once(self) -> int:
        """Start it and wait until it has ended; returns its exit code."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.signs, self.blocked = Signs(), 0
        loop = asyncio.get_running_loop()
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", self._module, *self._arguments(theirs.fileno()),
                    stdin=DEVNULL, pass_fds=(theirs.fileno(), *self._inherited),
                    # Ctrl-C reaches the parent alone, which ends both in order.
                    start_new_session=True,
                )  # fmt: skip
            loop.add_reader(ours, self._hear, loop, ours)
            return await self._process.wait()
        finally:
            self._process = None
            loop.remove_reader(ours)
            ours.close()

    def _hear(self, loop: asyncio.AbstractEventLoop, ours: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionError):
            words = ours.recv(_READ)
            if not words:
                loop.remove_reader(ours)
            for word in (words[at : at + 1] for at in range(len(words))):
                self._take(word)

    def _take(self, word: bytes) -> None:
        if word == BEAT:
            self.signs = self.signs.heard()
            self.pulse.beat()
        elif word == READY:
            self.was_ready.set()
        elif word == BLOCKED:
            self.blocked += 1
        elif word == FREE:
            self.blocked = 0

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, also where it is stopped."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
