"""The bus: an append-only log of samples with durable cursors, safety lane first.

The journal implements it on one machine; another log may on many. One contract suite covers all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from collectors.sample import Lane, Sample


class IngestError(Exception):
    """Root of the errors of this package."""


@dataclass(frozen=True)
class Cursor:
    """How far a consumer has come in each lane; the numbers are those of `Sample.seq`.

    A consumer keeps its cursor in the same transaction as its output and gives it back at start.
    """

    safety: int = 0
    routine: int = 0

    def of(self, lane: Lane) -> int:
        """The number of the last sample taken in a lane."""
        return self.safety if lane is Lane.SAFETY else self.routine

    def advanced(self, samples: Sequence[Sample]) -> "Cursor":
        """The cursor after these samples."""
        safety, routine = self.safety, self.routine
        for sample in samples:
            seq = sample.seq
            if sample.lane is Lane.SAFETY:
                if seq > safety:
                    safety = seq
            elif seq > routine:
                routine = seq
        return Cursor(safety, routine)


class Bus(Protocol):
    """Append, read and commit; `read` gives whole batches, safety before routine."""

    async def append(self, samples: Sequence[Sample]) -> int:
        """Append samples; returns the last number given once they are on disk.

        Samples whose identity is known already are dropped and counted as duplicates.
        """
        ...

    async def read(self, after: Cursor, limit: int, timeout: float) -> Sequence[Sample]:
        """Samples after a cursor, at most about `limit`, all safety ones before any routine one.

        Waits up to `timeout` seconds for the first; empty when nothing came.
        """
        ...

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        """Tell the bus how far a consumer is, so that what all have read can be dropped."""
        ...
