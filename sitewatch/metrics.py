"""The stages of the service as Prometheus sees them: queues, drops, lags and writes.

Names and texts are data (`metrics.yaml`). What costs a question to the database or the disk is
looked up every ten seconds, however often it is scraped.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
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

from alerts.judge import JudgeHealth
from alerts.outbox import OutboxHealth
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml
from ingest.durations import BOUNDS_S, Durations
from ingest.intake import IntakeStatistics
from ingest.interval_ledger import IntervalLedger
from ingest.journal_limits import JournalStatistics
from ingest.latest import Latest
from ingest.quality import QualityWriter
from ingest.recorder import Recorder

EVERY_S = 10.0
"""How often database and disk are asked. [s]"""
_FILE = Path(__file__).with_name("metrics.yaml")

Value = tuple[str, tuple[str, ...], float | Durations]
"""Name of the metric, its labels, its value."""


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
    journal: Callable[[], JournalStatistics]
    intake: Callable[[], IntakeStatistics]
    latest: Latest
    recorder: Recorder
    ledger: IntervalLedger
    quality: QualityWriter
    judge: Callable[[], JudgeHealth]
    outbox: Callable[[], OutboxHealth]
    outbox_waiting: Callable[[], Mapping[str, int]]
    """By channel; blocks."""
    folder: Path
    """The data folder."""
    now_ms: Callable[[], int]


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
        values: dict[str, list[tuple[tuple[str, ...], float | Durations]]] = {}
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
        yield from _of_journal(stages.journal())
        yield from _of_intake(stages.intake())
        yield "sitewatch_latest_devices", (), stages.latest.devices
        yield from _of_recorder(stages.recorder)
        yield from _of_intervals(stages.ledger)
        yield from _of_quality(stages.quality)
        judge = stages.judge()
        yield "sitewatch_judge_samples", (), judge.judged
        yield "sitewatch_judge_commits", (), judge.commits
        if judge.judged_until:
            lag_ms = max(0, stages.now_ms() - judge.judged_until)
            yield "sitewatch_judge_lag_seconds", (), lag_ms / 1000
        yield from self._of_outbox(stages.outbox())
        if self._looked.store is not None and self._looked.store[1]:
            yield "sitewatch_store_bytes", (), self._looked.store[0]
            yield "sitewatch_store_files", (), self._looked.store[1]
        if self._looked.disk_free is not None:
            yield "sitewatch_disk_free_bytes", (), self._looked.disk_free

    def _of_outbox(self, health: OutboxHealth) -> Iterator[Value]:
        counted = health.by_channel
        for channel, counts in list(counted.items()):
            for name in ("sent", "failures", "given_up"):
                yield f"sitewatch_outbox_{name}", (channel,), counts[name]
        waiting = self._looked.waiting
        if waiting is not None:
            for channel in sorted({*waiting, *counted}):
                yield "sitewatch_outbox_waiting", (channel,), waiting.get(channel, 0)


def family(
    name: str,
    entry: MetricEntry,
    values: Iterable[tuple[tuple[str, ...], float | Durations]],
) -> Metric:
    """A metric with its values."""
    text = f"{entry.help}."
    if entry.type is MetricType.HISTOGRAM:
        histogram = HistogramMetricFamily(name, text, labels=entry.labels)
        for labels, value in values:
            if isinstance(value, Durations):
                bounds = (*map(str, BOUNDS_S), "+Inf")
                buckets = list(zip(bounds, value.cumulative, strict=True))
                histogram.add_metric(labels, buckets, value.total_s)
        return histogram
    made = CounterMetricFamily if entry.type is MetricType.COUNTER else GaugeMetricFamily
    found = made(name, text, labels=entry.labels)
    for labels, value in values:
        if not isinstance(value, Durations):
            found.add_metric(labels, value)
    return found


def _of_journal(found: JournalStatistics) -> Iterator[Value]:
    prefix = "sitewatch_journal"
    yield f"{prefix}_bytes", (), found.bytes
    yield f"{prefix}_samples", (), found.written
    yield f"{prefix}_batches", (), found.batches
    for consumer, lanes in found.lag.items():
        for lane, lag in lanes.items():
            yield f"{prefix}_lag_samples", (consumer, lane.value), lag.samples
            yield f"{prefix}_lag_seconds", (consumer, lane.value), lag.age_ms / 1000
    for lane, dropped in found.dropped.items():
        yield f"{prefix}_dropped_samples", (lane.value,), dropped
    yield f"{prefix}_lost_samples", (), found.lost_total
    yield f"{prefix}_damaged_batches", (), found.damaged_batches
    yield f"{prefix}_duplicate_samples", (), found.duplicates_total
    yield f"{prefix}_refused_samples", (), found.refused
    yield f"{prefix}_commit_seconds", (), found.commits


def _of_intake(found: IntakeStatistics) -> Iterator[Value]:
    yield "sitewatch_intake_samples", (), found.taken
    yield "sitewatch_intake_altered_samples", (), found.altered
    yield "sitewatch_intake_unknown_samples", (), found.unknown_device
    yield "sitewatch_intake_late_samples", (), found.late
    yield "sitewatch_intake_repeated_samples", (), found.repeated


def _of_recorder(recorder: Recorder) -> Iterator[Value]:
    found = recorder.statistics()
    yield "sitewatch_recorder_samples", (), found.samples
    yield "sitewatch_recorder_points", (), found.points
    yield "sitewatch_recorder_failures", (), found.failures
    yield "sitewatch_recorder_lag_seconds", (), found.lag_ms / 1000
    yield "sitewatch_recorder_write_seconds", (), recorder.writes


def _of_intervals(ledger: IntervalLedger) -> Iterator[Value]:
    found = ledger.statistics
    yield "sitewatch_intervals_readings", (), found.readings
    yield "sitewatch_intervals_late_readings", (), found.late
    yield "sitewatch_intervals_ignored_readings", (), found.ignored
    yield "sitewatch_intervals_too_late", (), found.too_late
    yield "sitewatch_intervals_unset_clock_readings", (), found.unset_clock
    yield "sitewatch_intervals_steps", (), found.steps
    yield "sitewatch_intervals_recounted", (), found.recounted
    yield "sitewatch_intervals_write_seconds", (), ledger.writes


def _of_quality(quality: QualityWriter) -> Iterator[Value]:
    yield "sitewatch_quality_samples", (), quality.samples
    yield "sitewatch_quality_rows", (), quality.rows
    yield "sitewatch_quality_late_values", (), quality.late_values
    yield "sitewatch_quality_write_seconds", (), quality.writes
