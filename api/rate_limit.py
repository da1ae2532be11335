"""How often one client may ask for what is dear: sign in, write, have a report made.

A token bucket for each client and kind, in memory: a restart forgives, the lock-out of accounts
(`records/lockout.py`) does not. The limit of writes is far above what people do in an emergency.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from api.errors import Refusal

MOST_CLIENTS = 10_000
"""Buckets that are kept; the one used longest ago goes first, and would be full by then."""


class Dear(StrEnum):
    """Kinds of requests that are counted."""

    LOGIN = "login"
    WRITE = "write"
    EXPORT = "export"


@dataclass
class _Bucket:
    left: float
    at: float
    """[s]"""


class RateLimit:
    """Counts requests; called from the threads of all requests, each call too short to matter."""

    def __init__(
        self, per_minute: Mapping[Dear, int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`per_minute` is the rate, and what a client may ask for at once."""
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[tuple[Dear, str], _Bucket] = OrderedDict()

    def take(self, kind: Dear, client: str) -> None:
        """Count one request of a client.

        Raises:
            Refusal: `too_many`, with the time to wait.
        """
        most = self._per_minute[kind]
        now = self._clock()
        with self._lock:
            bucket = self._buckets.pop((kind, client), None) or _Bucket(most, now)
            left = min(float(most), bucket.left + (now - bucket.at) * most / 60.0)
            refused = left < 1.0
            self._buckets[kind, client] = _Bucket(left if refused else left - 1.0, now)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
        if refused:
            wait = math.ceil((1.0 - left) * 60.0 / most)
            raise Refusal("too_many", headers={"Retry-After": str(wait)})
