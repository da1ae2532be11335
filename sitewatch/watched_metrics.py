"""What the watching half tells Prometheus of its stages; names and texts are in `metrics.yaml`."""

from collections.abc import Iterator

from alerts.judge import JudgeHealth
from alerts.outbox import OutboxHealth
from ingest.intake import IntakeStatistics
from ingest.journal_limits import JournalStatistics
from sitewatch.metric_values import Value, histogram_of


def of_journal(found: JournalStatistics) -> Iterator[Value]:
    """Of the journal and of all who read it."""
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
    yield f"{prefix}_commit_seconds", (), histogram_of(found.commits)


def of_intake(found: IntakeStatistics) -> Iterator[Value]:
    """Of what takes samples in."""
    yield "sitewatch_intake_samples", (), found.taken
    yield "sitewatch_intake_altered_samples", (), found.altered
    yield "sitewatch_intake_unknown_samples", (), found.unknown_device
    yield "sitewatch_intake_late_samples", (), found.late
    yield "sitewatch_intake_repeated_samples", (), found.repeated


def of_judge(found: JudgeHealth, now_ms: int) -> Iterator[Value]:
    """Of the engine."""
    yield "sitewatch_judge_samples", (), found.judged
    yield "sitewatch_judge_commits", (), found.commits
    if found.judged_until:
        yield "sitewatch_judge_lag_seconds", (), max(0, now_ms - found.judged_until) / 1000


def of_outbox(found: OutboxHealth) -> Iterator[Value]:
    """Of what tells people."""
    for channel, counts in list(found.by_channel.items()):
        for name in ("sent", "failures", "given_up"):
            yield f"sitewatch_outbox_{name}", (channel,), counts[name]
