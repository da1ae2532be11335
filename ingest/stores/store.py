"""The time series store as the rest of sitewatch sees it; DuckDB and InfluxDB implement it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec

from collectors.sample import Quality, Sample, Value
from ingest.bus import Cursor, IngestError


class StoreError(IngestError):
    """The store could not do it now; what was to be written is still in the journal."""

    retry_after_s: float | None = None
    """What the server asked to wait before the next attempt. [s]"""


class Aggregate(StrEnum):
    """How the values of a step become one."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    LAST = "last"
    COUNT = "count"


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value in a series."""

    at: int
    """[ms, UTC]; the start of the step where there is one."""
    value: Value
    quality: Quality


@dataclass(frozen=True, slots=True)
class LatestValue:
    """The newest value of one point of one device or part."""

    device: str
    point: str
    value: Value
    quality: Quality
    reason: str | None
    source_at: int | None
    received_at: int


class TimeSeriesStore(Protocol):
    """Durable time series. All calls block; callers run them in a worker thread.

    Every call raises StoreError when the store cannot be reached or refuses.
    """

    def write(self, samples: Sequence[Sample], cursor: Cursor) -> None:
        """Store samples and the recorder's cursor; durable when it returns, idempotent by seq."""
        ...

    def cursor(self) -> Cursor:
        """The cursor of the last write."""
        ...

    def series(
        self,
        device: str,
        points: Sequence[str],
        start: int,
        end: int,
        step_ms: int | None = None,
        aggregate: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> Mapping[str, Sequence[Reading]]:
        """Readings of `start <= at < end` [ms, UTC], raw or one a step; empty steps are absent."""
        ...

    def latest(self) -> Sequence[LatestValue]:
        """The newest value of every point, for the start of the service."""
        ...

    def close(self) -> None:
        """Flush and release."""
        ...


class SampleSource(Protocol):
    """A store that can give back everything it holds, to be moved elsewhere."""

    def devices(self) -> Sequence[str]:
        """Every device and part that ever had a reading, in order of their names."""
        ...

    def points(self, device: str) -> Sequence[str]:
        """The points of a device that ever had a reading."""
        ...

    def samples(self, device: str, start: int, end: int) -> Iterator[Sequence[Sample]]:
        """Everything of one device in `start <= at < end` [ms, UTC], in order, without numbers."""
        ...
