"""Worker threads for what blocks, with a limit for each kind, so that none starves another."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from api.errors import Refusal

T = TypeVar("T")
HASHES_AT_ONCE = 2
"""Password hashes at once; each takes `records.passwords.MEMORY_KIB` of memory."""
HASHES_WAITING = 40
"""Logins that may wait for their hash before more are refused."""
CHECKS_AT_ONCE = 1
"""Checks of an estate at once; each is a process that may take a minute."""
QUERIES_AT_ONCE = 4
"""Questions to the time series store, and reports, at once."""


@dataclass(frozen=True)
class Threads:
    """The limits of one app."""

    hashing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(HASHES_AT_ONCE))
    queries: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(QUERIES_AT_ONCE))

    checks: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(CHECKS_AT_ONCE))

    async def hash(self, work: Callable[[], T]) -> T:
        """Run what hashes a password.

        Raises:
            Refusal: `too_many` are waiting.
        """
        if self.hashing.statistics().tasks_waiting >= HASHES_WAITING:
            raise Refusal("too_many", headers={"Retry-After": "5"})
        return await anyio.to_thread.run_sync(work, limiter=self.hashing)

    async def check(self, work: Callable[[], T]) -> T:
        """Run a check of an estate; nobody waits for another's.

        Raises:
            Refusal: `too_many`, another one runs.
        """
        if self.checks.available_tokens < 1:
            raise Refusal("too_many", headers={"Retry-After": "10"})
        return await anyio.to_thread.run_sync(work, limiter=self.checks)

    async def query(self, work: Callable[[], T]) -> T:
        """Run a long question."""
        return await anyio.to_thread.run_sync(work, limiter=self.queries)
