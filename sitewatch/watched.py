"""What the serving half has of the watching half, whether in this process or in another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from alerts.deviations import Finding
from alerts.feed import AlarmFeed
from collectors.driver import LineHealth
from ingest.bus import Log
from ingest.latest import Latest
from records.dead_letters import DeadLetterBox, DeadLetterStatistics
from sitewatch.metric_values import Value

CONSUMERS = ("recorder", "judge", "intervals", "quality", "sessions")
"""All that may hold batches in the journal."""


@dataclass(frozen=True)
class Watched:
    """The watching half as the serving half sees it; callables are cheap."""

    log: Log
    latest: Latest
    feed: AlarmFeed
    """Every change of an alarm."""
    told_by: AlarmFeed | None
    """Where what people do to alarms is published; None where `feed` hears of it in SQL."""
    wake: Callable[[], None]
    """There may be something in the outbox; callable from any thread."""
    found: Callable[[Sequence[Finding]], None]
    """Tells the judge what was counted against what was expected; in the event loop."""
    lines: Callable[[], Sequence[LineHealth]]
    reasons: Callable[[], Mapping[str, str | None]]
    """Stage to why it does not work; None for one that does."""
    letters: DeadLetterBox
    letter_counts: Callable[[], DeadLetterStatistics]
    """Of both halves."""
    answers: Callable[[], bool]
    """Whether somebody watches: else no place is protected, whatever the values were."""
    metrics: Callable[[], Sequence[Value] | None]
    """What Prometheus is told of its stages; None while it does not answer."""
    one_process: bool
