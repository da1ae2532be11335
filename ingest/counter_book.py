"""The book of all counters: readings in, changes for the database out; no I/O.

Each counter has up to two segments of readings: the live one, which grows at its end, and an
earlier one that an import of history fills. They never overlap: history takes only what is older
than the first live reading, and a first live reading must be newer than the history before it.
Where they meet, the difference between their nearest readings is booked once.
"""

from collections import Counter as TallyCounter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from collectors.sample import Quality, Sample
from device_configs.estate import Estate
from ingest.counter_terms import Counter, counter_of
from ingest.counters import (
    MEASURED_GAP_MS,
    Advance,
    CounterState,
    Reading,
    Step,
    StepKind,
    Terms,
    advance,
    to_count,
)
from ingest.interval_tables import HISTORY, LIVE, Booking, Series

EARLIEST_MS = 1_577_836_800_000
"""2020-01-01: a device clock before this day is not set. [ms, UTC]"""
AHEAD_MS = 300_000
"""A device clock this far ahead of our own is not believed. [ms]"""
MOST = 1e12
"""A counter beyond this value in its stored unit (a billion kWh) is none. [Wh, varh, m3]"""

Found = tuple[Series, Reading, Terms]


@dataclass
class Changes:
    """What is to be written for the readings of one batch, in one transaction."""

    live: Booking = field(default_factory=Booking)
    history: Booking = field(default_factory=Booking)
    joined: list[Series] = field(default_factory=list)
    """Counters whose history has become part of the live segment."""
    tally: TallyCounter[str] = field(default_factory=TallyCounter)
    """`readings`, `ignored` (out of order) and `unset_clock`."""

    def of(self, segment: str) -> Booking:
        """The booking of one segment."""
        return self.live if segment == LIVE else self.history


class CounterBook:
    """The states of all counters, in memory as they stand in the database."""

    def __init__(
        self,
        estate: Estate,
        live: Mapping[Series, CounterState],
        history: Mapping[Series, CounterState],
    ) -> None:
        self._estate = estate
        self._segments = {LIVE: dict(live), HISTORY: dict(history)}
        self._counters: dict[Series, Counter | None] = {}

    def take_live(self, samples: Iterable[Sample]) -> Changes:
        """Book samples as they come from the journal."""
        changes = Changes()
        self._take(LIVE, self._newer(samples, changes), changes)
        return changes

    def take_history(self, samples: Iterable[Sample]) -> Changes:
        """Book samples of the past, each device's in order of time."""
        changes = Changes()
        self._take(HISTORY, self._older(samples, changes), changes)
        return changes

    def join(self) -> Changes:
        """Join history and live data of every counter, however far apart they are."""
        changes = Changes()
        self._join(tuple(self._segments[HISTORY]), None, changes)
        return changes

    def _newer(self, samples: Iterable[Sample], changes: Changes) -> Iterator[Found]:
        live, history = self._segments[LIVE], self._segments[HISTORY]
        for series, reading, terms in self._found(samples, changes):
            earlier = history.get(series)
            if series in live or earlier is None or reading.at_ms > earlier.newest.at_ms:
                yield series, reading, terms
            else:
                changes.tally["ignored"] += 1

    def _older(self, samples: Iterable[Sample], changes: Changes) -> Iterator[Found]:
        live = self._segments[LIVE]
        for series, reading, terms in self._found(samples, changes):
            later = live.get(series)
            if later is None or reading.at_ms < later.first.at_ms:
                yield series, reading, terms
            else:
                changes.tally["ignored"] += 1

    def _take(self, segment: str, found: Iterable[Found], changes: Changes) -> None:
        states, booking = self._segments[segment], changes.of(segment)
        for series, reading, terms in found:
            before = states.get(series)
            result = advance(before, reading, terms)
            states[series] = result.state
            booking.add(series, result)
            changes.tally["readings"] += 1
            if before is not None and result.state.ignored > before.ignored:
                changes.tally["ignored"] += 1
        self._join(tuple(booking.states), MEASURED_GAP_MS, changes)

    def _join(self, asked: Iterable[Series], within_ms: int | None, changes: Changes) -> None:
        live, history = self._segments[LIVE], self._segments[HISTORY]
        if not history:
            return
        for series in asked:
            earlier, later = history.get(series), live.get(series)
            if earlier is None:
                continue
            if within_ms is not None and (
                later is None or later.first.at_ms - earlier.last.at_ms > within_ms
            ):
                continue
            result = Advance(earlier) if later is None else self._joined(series, earlier, later)
            changes.live.add(series, result)
            changes.history.states.pop(series, None)
            changes.joined.append(series)
            live[series] = result.state
            del history[series]

    def _joined(self, series: Series, earlier: CounterState, later: CounterState) -> Advance:
        whole = replace(later, first=earlier.first, ignored=earlier.ignored + later.ignored)
        counter = self._counter(series)
        if counter is None:
            return Advance(whole)
        seam = advance(earlier, later.first, counter.terms)
        steps = seam.steps
        if seam.state.pending is not None:
            # The live segment goes on from its first reading, so it is no outlier.
            before, after = seam.state.last.count, later.first.count
            kind = StepKind.RESET if after < before else StepKind.JUMP
            steps += (Step(kind, later.first.at_ms, before, after),)
        return Advance(whole, seam.portions, steps)

    def _found(self, samples: Iterable[Sample], changes: Changes) -> Iterator[Found]:
        """The good readings of counters in samples."""
        for sample in samples:
            for point, value in sample.values.items():
                if isinstance(value, bool) or not isinstance(value, int | float):
                    continue
                series = Series(sample.device, point)
                counter = self._counter(series)
                if counter is None or sample.quality(point) is not Quality.GOOD:
                    continue
                # What does not fit into the database (or is not finite) would stop all for ever.
                if not abs(value) <= MOST:
                    continue
                if not EARLIEST_MS <= sample.at <= sample.received_at + AHEAD_MS:
                    changes.tally["unset_clock"] += 1
                    continue
                yield series, Reading(sample.at, to_count(value, counter.quantity)), counter.terms

    def _counter(self, series: Series) -> Counter | None:
        try:
            return self._counters[series]
        except KeyError:
            return self._counters.setdefault(series, counter_of(self._estate, *series))
