"""Readings of the past on their way into the store, and into the figures that they alter.

Every import goes this way: that of a file, and the demo's of its history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from collectors.sample import Sample
from ingest.interval_ledger import IntervalLedger
from ingest.quality_recount import QualityRecount
from ingest.session_ledger import SessionLedger
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.store import TimeSeriesStore


@dataclass
class Past:
    """One import. All calls block."""

    store: TimeSeriesStore
    ledger: IntervalLedger | None
    """None where the estate is not known: then nothing is counted."""
    quality: QualityRecount | None = None
    """Counts data quality; None where the estate is not known."""
    sessions: SessionLedger | None = None
    """The charging sessions; None where nobody keeps them."""
    _spans: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, samples: Sequence[Sample]) -> int:
        """Store what is not there yet; returns how many readings that were.

        Raises:
            StoreError, IntervalsError, RecountError: the same samples may be given again.
        """
        if isinstance(self.store, DuckDbStore):
            for sample in samples:
                first, last = self._spans.get(sample.device, (sample.at, sample.at))
                self._spans[sample.device] = min(first, sample.at), max(last, sample.at)
            if self.quality is not None:
                # Before: an import that is broken off here is counted all the same.
                self.quality.note(samples)
            return self.store.add_missing(samples)
        # Written again, a sample is the same point of the same series there.
        self.store.write(samples, self.store.cursor())
        if self.ledger is not None:
            # What is in InfluxDB cannot be read back as it came: it is counted as it passes.
            self.ledger.backfill(samples)
        return sum(len(sample.values) for sample in samples)

    def also(self, devices: Iterable[str], first: int, last: int) -> None:
        """Count these devices (or parts) too, from `first` to `last` [ms, UTC].

        For readings that an import took which was broken off before it had counted.
        """
        for device in devices:
            known = self._spans.get(device, (first, last))
            self._spans[device] = min(first, known[0]), max(last, known[1])

    def count(self) -> int | None:
        """Count again what was taken; returns how many counters, None without an estate.

        Raises:
            StoreError, IntervalsError, SessionsError: call it again.
        """
        if self.ledger is None:
            return None
        before = self.ledger.statistics.recounted
        if isinstance(self.store, DuckDbStore):
            self.ledger.recount(self.store, self._spans)
            if self.sessions is not None:
                self.sessions.recount(self._spans)
        else:
            self.ledger.join_history()
        self._spans = {}
        return self.ledger.statistics.recounted - before

    def count_quality(self) -> int | None:
        """Count data quality of the closed days of what was taken; how many rows were written.

        None without an estate, and where the series are in InfluxDB, which does not give samples
        back as they came. Days that are still open are counted by the service when they close.

        Raises:
            StoreError, RecountError: call it again.
        """
        if self.quality is None or not isinstance(self.store, DuckDbStore):
            return None
        return self.quality.work_off(self.store)
