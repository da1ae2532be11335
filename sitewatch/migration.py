"""Moves all series from one store to another: device by device, resumable, counted at the end."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.stores.duckdb_files import sync
from ingest.stores.forms import Report
from ingest.stores.store import Aggregate, SampleSource, TimeSeriesStore

_FIRST, _LAST = 0, 9_223_372_036_000
"""The moments that both stores can hold: InfluxDB counts nanoseconds in 64 bits. [ms, UTC]"""
_BATCH = 5000
_COUNTED_AT_ONCE_MS = 366 * 86_400_000


class Source(SampleSource, TimeSeriesStore, Protocol):
    """A store that can be moved from."""


@dataclass(frozen=True)
class Difference:
    """A point of which the target does not hold as many values as the source."""

    device: str
    point: str
    source: int
    target: int


class Progress:
    """Which devices are done, in a file that outlives a kill."""

    def __init__(self, file: Path, target: str) -> None:
        self._file = file
        self._target = target
        known = json.loads(file.read_text()) if file.is_file() else {}
        self.done: set[str] = set(known["done"]) if known.get("target") == target else set()

    def finish(self, device: str) -> None:
        """Remember that a device is done."""
        self.done.add(device)
        unfinished = self._file.with_name(self._file.name + ".new")
        unfinished.write_text(json.dumps({"target": self._target, "done": sorted(self.done)}))
        sync(unfinished)
        unfinished.replace(self._file)

    def forget(self) -> None:
        """Begin anew the next time."""
        self.done.clear()
        self._file.unlink(missing_ok=True)


def migrate(source: Source, target: TimeSeriesStore, progress: Progress, report: Report) -> int:
    """Write everything into the target; returns the values written now.

    A device that was begun before a kill is written again, onto the same points. The cursor comes
    last, so that a service on the target goes on in its journal where the source stood.

    Raises:
        StoreError: one of the stores refuses; run it again, it goes on where it stood.
    """
    devices = source.devices()
    written = 0
    for number, device in enumerate(devices, 1):
        if device not in progress.done:
            for samples in source.samples(device, _FIRST, _LAST):
                for begin, end in _cuts([sample.at for sample in samples]):
                    target.write(samples[begin:end], target.cursor())
                written += sum(len(sample.values) for sample in samples)
            progress.finish(device)
        report(number, len(devices))
    target.write((), source.cursor())
    return written


def _cuts(moments: list[int]) -> Iterator[tuple[int, int]]:
    """Batches; samples of one moment stay in one, where their order tells them apart."""
    begin = 0
    while begin < len(moments):
        end = min(begin + _BATCH, len(moments))
        while end < len(moments) and moments[end] == moments[end - 1]:
            end += 1
        yield begin, end
        begin = end


def compare(source: Source, target: TimeSeriesStore, report: Report) -> list[Difference]:
    """Count the known values of every point in both; where the target has fewer.

    Raises:
        StoreError: one of the stores refuses.
    """
    found = []
    devices = source.devices()
    for number, device in enumerate(devices, 1):
        points = source.points(device)
        there, here = count(target, device, points), count(source, device, points)
        found += [
            Difference(device, point, here[point], there[point])
            for point in points
            if there[point] < here[point]
        ]
        report(number, len(devices))
    return found


def count(store: TimeSeriesStore, device: str, points: Sequence[str]) -> dict[str, int]:
    """How many known values each point of a device has."""
    steps = store.series(device, points, _FIRST, _LAST, _COUNTED_AT_ONCE_MS, Aggregate.COUNT)
    return {
        point: sum(int(reading.value or 0) for reading in readings)
        for point, readings in steps.items()
    }
