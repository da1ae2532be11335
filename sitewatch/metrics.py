"""The stages of the service as Prometheus sees them: queues, drops, lags and writes.

Names and texts are data (`metrics.yaml`). What costs a question to the database or the disk is
looked up every ten seconds, however often it is scraped.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector
from pydantic import TypeAdapter

from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml
from ingest.durations import BOUNDS_S
from ingest.interval_ledger import IntervalLedger
from ingest.latest import Latest
from ingest.quality import QualityWriter
from ingest.recorder import Recorder
from sitewatch.metric_values import Histogram, Value, histogram_of

EVERY_S = 10.0
"""How often database and disk are asked. [s]"""
_FILE = Path(__file__).with_name("metrics.yaml")


class MetricType(StrEnum):
    """The types of Prometheus that are in use."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class MetricEntry(Strict):
    """One metric of `metrics.yaml`."""

    type: MetricType
    help: str
    labels: tuple[str, ...] = ()


@cache
def metric_table() -> Mapping[str, Mapping[str, MetricEntry]]:
    """The metrics by stage and name, read once."""
    return TypeAdapter(dict[str, dict[str, MetricEntry]]).validate_python(read_yaml(_FILE).data)


@dataclass(frozen=True)
class Measured:
    """What is asked; callables are cheap and answer at once."""

    health: Callable[[], Mapping[str, str]]
    watched: Callable[[], Sequence[Value] | None]
    """What the watching half says of its stages; None while it does not answer."""
    latest: Latest
    recorder: Recorder
    ledger: IntervalLedger
    quality: QualityWriter
    outbox_waiting: Callable[[], Mapping[str, int]]
    """By channel; blocks."""
    folder: Path
    """The data folder."""


@dataclass
class _Looked:
    """What was looked up last."""

    waiting: Mapping[str, int] | None = None
    store: tuple[int, int] | None = None
    """Bytes and files."""
    disk_free: int | None = None


class StageCollector(Collector):
    """Gives the metrics of `metrics.yaml`."""

    def __init__(self, stages: Measured, registry: CollectorRegistry) -> None:
        self._stages = stages
        self._looked = _Looked()
        registry.register(self)

    async def run(self) -> None:
        """Look up what takes time, until cancelled."""
        while True:
            self._looked = await asyncio.to_thread(self._look)
            await asyncio.sleep(EVERY_S)

    def collect(self) -> Iterable[Metric]:
        """Every metric of this moment; what is not known is left out."""
        values: dict[str, list[tuple[tuple[str, ...], float | Histogram]]] = {}
        for name, labels, value in self._values():
            values.setdefault(name, []).append((labels, value))
        for metrics in metric_table().values():
            for name, entry in metrics.items():
                yield family(name, entry, values.get(name, []))

    def _look(self) -> _Looked:
        found = _Looked()
        try:
            found.waiting = self._stages.outbox_waiting()
        except sa.exc.SQLAlchemyError:
            found.waiting = None
        files = [file for file in self._stages.folder.glob("series.*") if file.is_file()]
        files += [file for file in self._stages.folder.glob("series.*/*") if file.is_file()]
        try:
            found.disk_free = shutil.disk_usage(self._stages.folder).free
            found.store = (sum(file.stat().st_size for file in files), len(files))
        except OSError:
            # A file that was merged into another in between: the next look counts it.
            return found
        return found

    def _values(self) -> Iterator[Value]:
        stages = self._stages
        for stage, state in stages.health().items():
            yield "sitewatch_stage_ok", (stage,), float(state == "ok")
        watched = stages.watched()
        yield "sitewatch_half_up", ("serve",), 1.0
        yield "sitewatch_half_up", ("watch",), float(watched is not None)
        yield from watched or ()
        yield "sitewatch_latest_devices", (), stages.latest.devices
        yield from _of_recorder(stages.recorder)
        yield from _of_intervals(stages.ledger)
        yield from _of_quality(stages.quality)
        yield from self._waiting(watched or ())
        if self._looked.store is not None and self._looked.store[1]:
            yield "sitewatch_store_bytes", (), self._looked.store[0]
            yield "sitewatch_store_files", (), self._looked.store[1]
        if self._looked.disk_free is not None:
            yield "sitewatch_disk_free_bytes", (), self._looked.disk_free

    def _waiting(self, watched: Sequence[Value]) -> Iterator[Value]:
        """Of every channel that was used, or of those for which something waits."""
        used = {labels[0] for name, labels, _ in watched if name == "sitewatch_outbox_sent"}
        waiting = self._looked.waiting
        if waiting is not None:
            for channel in sorted({*waiting, *used}):
                yield "sitewatch_outbox_waiting", (channel,), waiting.get(channel, 0)


def family(
    name: str,
    entry: MetricEntry,
    values: Iterable[tuple[tuple[str, ...], float | Histogram]],
) -> Metric:
    """A metric with its values."""
    text = f"{entry.help}."
    if entry.type is MetricType.HISTOGRAM:
        histogram = HistogramMetricFamily(name, text, labels=entry.labels)
        for labels, value in values:
            if isinstance(value, Histogram):
                bounds = (*map(str, BOUNDS_S), "+Inf")
                buckets = list(zip(bounds, value.cumulative, strict=True))
                histogram.add_metric(labels, buckets, value.total_s)
        return histogram
    made = CounterMetricFamily if entry.type is MetricType.COUNTER else GaugeMetricFamily
    found = made(name, text, labels=entry.labels)
    for labels, value in values:
        if not isinstance(value, Histogram):
            found.add_metric(labels, value)
    return found


def _of_recorder(recorder: Recorder) -> Iterator[Value]:
    found = recorder.statistics()
    yield "sitewatch_recorder_samples", (), found.samples
    yield "sitewatch_recorder_points", (), found.points
    yield "sitewatch_recorder_failures", (), found.failures
    yield "sitewatch_recorder_lag_seconds", (), found.lag_ms / 1000
    yield "sitewatch_recorder_write_seconds", (), histogram_of(recorder.writes)


def _of_intervals(ledger: IntervalLedger) -> Iterator[Value]:
    found = ledger.statistics
    yield "sitewatch_intervals_readings", (), found.readings
    yield "sitewatch_intervals_late_readings", (), found.late
    yield "sitewatch_intervals_ignored_readings", (), found.ignored
    yield "sitewatch_intervals_too_late", (), found.too_late
    yield "sitewatch_intervals_unset_clock_readings", (), found.unset_clock
    yield "sitewatch_intervals_steps", (), found.steps
    yield "sitewatch_intervals_recounted", (), found.recounted
    yield "sitewatch_intervals_write_seconds", (), histogram_of(ledger.writes)


def _of_quality(quality: QualityWriter) -> Iterator[Value]:
    yield "sitewatch_quality_samples", (), quality.samples
    yield "sitewatch_quality_rows", (), quality.rows
    yield "sitewatch_quality_late_values", (), quality.late_values
    yield "sitewatch_quality_write_seconds", (), histogram_of(quality.writes)
