"""Tells subscribers in this process of every change of an alarm; never waits for one of them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alerts.alarm import Alarm, Transition

_BOUND = 1000


@dataclass(frozen=True)
class AlarmChange:
    """An alarm as it is after one transition."""

    alarm: Alarm
    transition: Transition


class AlarmSubscription:
    """Changes for one subscriber: bounded, the oldest dropped and counted when it is too slow."""

    def __init__(self, bound: int) -> None:
        self._waiting: deque[AlarmChange] = deque(maxlen=bound)
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self.dropped = 0
        """Changes lost; a reader that sees it rise takes a new snapshot."""

    def put(self, changes: Iterable[AlarmChange]) -> None:
        """Hand over changes; callable from any thread."""
        self._loop.call_soon_threadsafe(self._put, tuple(changes))

    def _put(self, changes: tuple[AlarmChange, ...]) -> None:
        for change in changes:
            if len(self._waiting) == self._waiting.maxlen:
                self.dropped += 1
            self._waiting.append(change)
        self._ready.set()

    async def get(self, timeout: float | None = None) -> AlarmChange | None:
        """The next change; None when none came within `timeout` [s]."""
        if not self._waiting:
            self._ready.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._ready.wait()
            except TimeoutError:
                return None
        return self._waiting.popleft() if self._waiting else None

    async def __aiter__(self) -> AsyncIterator[AlarmChange]:
        while True:
            change = await self.get()
            if change is not None:
                yield change


class AlarmFeed:
    """Where changed alarms are published and subscribed to."""

    def __init__(self, bound: int = _BOUND) -> None:
        self._bound = bound
        self._subscriptions: set[AlarmSubscription] = set()
        self._dropped = 0

    @contextmanager
    def subscribe(self) -> Iterator[AlarmSubscription]:
        """Receive every change from now on; call it in the event loop that reads."""
        subscription = AlarmSubscription(self._bound)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            self._dropped += subscription.dropped

    @property
    def dropped(self) -> int:
        """Changes that were lost by slow subscribers, those that have left included."""
        return self._dropped + sum(one.dropped for one in list(self._subscriptions))

    def publish(self, changes: Iterable[AlarmChange]) -> None:
        """Tell everyone; callable from any thread."""
        told = tuple(changes)
        if told:
            for subscription in list(self._subscriptions):
                subscription.put(told)
