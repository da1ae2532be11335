"""Runs an asynchronous server in a thread, for tests that are themselves a plain sequence."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """The server, and a way to call its coroutines."""

    def __init__(self, loop: asyncio.AbstractEventLoop, server: T) -> None:
        self.loop, self.server = loop, server

    def call(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the server's loop and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=10)


@contextmanager
def in_background(
    make: Callable[[], AbstractAsyncContextManager[T]],
) -> Iterator[Background[T]]:
    """Enter the context manager in a thread of its own, leave it at the end."""
    ready: threading.Event = threading.Event()
    box: list[Background[T]] = []
    stop: list[asyncio.Event] = []

    async def main() -> None:
        stop.append(asyncio.Event())
        async with make() as server:
            box.append(Background(asyncio.get_running_loop(), server))
            ready.set()
            await stop[0].wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    assert ready.wait(10), "the server did not start"
    try:
        yield box[0]
    finally:
        box[0].loop.call_soon_threadsafe(stop[0].set)
        thread.join(timeout=10)
