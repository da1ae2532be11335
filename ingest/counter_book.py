"""The book of all counters: readings in, changes for the database out; no I/O.

Each counter has up to two segments of readings: the live one, which grows at its end, and an
earlier one that an import of history fills. They never overlap: history takes only what is older
than the first live reading, and a first live reading must be newer than the history before it.
Where they meet, the difference between their nearest readings is booked once.

What does not follow the newest reading of its segment is `late`: it is counted by going back to
the pages of readings (`ingest.late_readings`). So is all that is made of power.
"""

from collections import Counter as TallyCounter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from collectors.sample import Quality, Sample
from device_configs.estate import Estate
from ingest.counter_pages import Page, page_start
from ingest.counter_terms import Changes as MeterChanges
from ingest.counter_terms import Counter, counter_of, integrals_of, integrated_points
from ingest.counters import (
    MEASURED_GAP_MS,
    Advance,
    CounterState,
    Reading,
    Step,
    StepKind,
    advance,
    to_count,
)
from ingest.interval_tables import HISTORY, LIVE, Booking, Series
from ingest.power_integral import to_power_count

EARLIEST_MS = 1_577_836_800_000
"""2020-01-01: a device clock before this day is not set. [ms, UTC]"""
AHEAD_MS = 300_000
"""A device clock this far ahead of our own is not believed. [ms]"""
MOST = 1e12
"""A counter beyond this value in its stored unit (a billion kWh) is none. [Wh, varh, m3]"""


@dataclass(frozen=True, slots=True)
class Use:
    """What one point of a device is counted as."""

    series: Series
    counter: Counter
    of_power: bool = False
    reverse: bool = False

    def reading(self, at_ms: int, value: float) -> Reading:
        """A value of the point as a reading."""
        quantity = self.counter.quantity
        if self.of_power:
            return Reading(at_ms, to_power_count(value, quantity, reverse=self.reverse))
        return Reading(at_ms, to_count(value, quantity))


Found = tuple[Use, Reading]


class Points(Protocol):
    """What knows the points of a device that were ever stored."""

    def points(self, device: str) -> Sequence[str]:
        """Their names."""
        ...


@dataclass
class Changes:
    """What is to be written for the readings of one batch, in one transaction."""

    live: Booking = field(default_factory=Booking)
    history: Booking = field(default_factory=Booking)
    joined: list[Series] = field(default_factory=list)
    """Counters whose history has become part of the live segment."""
    endings: dict[Series, CounterState] = field(default_factory=dict)
    """How the history of each of them ended."""
    late: dict[tuple[str, Series], list[Reading]] = field(default_factory=dict)
    """Segment and counter to the readings that do not follow its newest."""
    tally: TallyCounter[str] = field(default_factory=TallyCounter)
    """`readings` and `unset_clock`."""

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
        pages: Mapping[str, Mapping[Series, Page]] | None = None,
        changes: MeterChanges | None = None,
    ) -> None:
        """Make a book of what stands in the database; `pages` are the newest of each segment."""
        self._estate = estate
        self._segments = {LIVE: dict(live), HISTORY: dict(history)}
        given = pages or {}
        self._pages = {name: dict(given.get(name, {})) for name in (LIVE, HISTORY)}
        self._changes = changes or {}
        self._counters: dict[Series, Counter | None] = {}
        self._of_power: dict[Series, bool] = {}
        self._uses: dict[tuple[str, str], tuple[Use, ...]] = {}

    def take_live(self, samples: Iterable[Sample]) -> Changes:
        """Book samples as they come from the journal."""
        return self._take(samples, live=True)

    def take_history(self, samples: Iterable[Sample]) -> Changes:
        """Book samples of the past."""
        return self._take(samples, live=False)

    def join(self) -> Changes:
        """Join history and live data of every counter, however far apart they are."""
        changes = Changes()
        self._join(tuple(self._segments[HISTORY]), None, changes)
        return changes

    def state(self, segment: str, series: Series) -> CounterState | None:
        """How a counter stands."""
        return self._segments[segment].get(series)

    def put(self, segment: str, series: Series, state: CounterState, page: Page | None) -> None:
        """Take over what counting again led to."""
        self._segments[segment][series] = state
        if page is not None:
            self._pages[segment][series] = page

    def series_of(self, points: Points, device: str) -> tuple[Series, ...]:
        """The counters that a store's readings of a device (or part) are counted as."""
        every = (
            use.series for point in points.points(device) for use in self._uses_of(device, point)
        )
        return tuple(dict.fromkeys(every))

    def readings(self, samples: Iterable[Sample]) -> dict[Series, list[Reading]]:
        """The good readings of samples by counter, without booking them."""
        found: dict[Series, list[Reading]] = {}
        for use, reading in self._found(samples, Changes()):
            found.setdefault(use.series, []).append(reading)
        return found

    def counter(self, series: Series) -> Counter | None:
        """What the estate says about a counter, or about the power in its place."""
        try:
            return self._counters[series]
        except KeyError:
            found = counter_of(self._estate, *series, self._changes.get(series, ()))
            return self._counters.setdefault(series, found)

    def is_of_power(self, series: Series) -> bool:
        """Whether power stands in for this counter, which its device does not have."""
        if series not in self._of_power:
            self._of_power[series] = self._is_made(series)
        return self._of_power[series]

    def _is_made(self, series: Series) -> bool:
        root, _, part = series.device.partition("/")
        device = self._estate.devices.get(root)
        return device is not None and series.point in integrated_points(device, of_parts=bool(part))

    def _take(self, samples: Iterable[Sample], *, live: bool) -> Changes:
        changes = Changes()
        # A batch is put in order first: what only changed places on the way is not late.
        found = sorted(self._found(samples, changes), key=lambda one: (one[1].at_ms, one[1].count))
        for use, reading in found:
            segment = self._segment(use, reading, live=live)
            newest = self._segments[segment].get(use.series)
            if use.of_power or (newest is not None and reading.at_ms <= newest.newest.at_ms):
                if newest is None or reading != newest.newest:
                    changes.late.setdefault((segment, use.series), []).append(reading)
                continue
            changes.tally["readings"] += 1
            self._follow(segment, use, reading, changes)
        for segment in (LIVE, HISTORY):
            self._join(tuple(changes.of(segment).states), MEASURED_GAP_MS, changes)
        self._join(tuple(self._touching(changes)), None, changes)
        return changes

    def _touching(self, changes: Changes) -> Iterator[Series]:
        """Counters whose late live readings reach back to within a bridge of their history."""
        for (segment, series), readings in changes.late.items():
            earlier = self._segments[HISTORY].get(series)
            if segment == LIVE and earlier is not None:
                first_ms = min(one.at_ms for one in readings)
                if first_ms - earlier.newest.at_ms <= MEASURED_GAP_MS:
                    yield series

    def _segment(self, use: Use, reading: Reading, *, live: bool) -> str:
        now, earlier = (self._segments[name].get(use.series) for name in (LIVE, HISTORY))
        if use.of_power:
            return LIVE
        if now is not None and reading.at_ms >= now.first.at_ms:
            return LIVE
        if earlier is not None and reading.at_ms <= earlier.newest.at_ms:
            return HISTORY
        return LIVE if live else HISTORY

    def _follow(self, segment: str, use: Use, reading: Reading, changes: Changes) -> None:
        """Account for a reading that is newer than all of its segment."""
        states, series = self._segments[segment], use.series
        before = states.get(series)
        result = advance(before, reading, use.counter.terms)
        states[series] = result.state
        booking = changes.of(segment)
        booking.add(series, result)
        page = self._pages[segment].get(series)
        if page is None or page.start_ms != page_start(reading.at_ms):
            page = Page(page_start(reading.at_ms), before, ())
        page = replace(page, readings=(*page.readings, reading))
        self._pages[segment][series] = page
        booking.pages[(series, page.start_ms)] = page

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
            changes.endings[series] = earlier
            live[series] = result.state
            del history[series]

    def _joined(self, series: Series, earlier: CounterState, later: CounterState) -> Advance:
        whole = replace(later, first=earlier.first, ignored=earlier.ignored + later.ignored)
        counter = self.counter(series)
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
        """The good readings of counters, and of powers in their place, in samples."""
        for sample in samples:
            for point, value in sample.values.items():
                if isinstance(value, bool) or not isinstance(value, int | float):
                    continue
                uses = self._uses_of(sample.device, point)
                if not uses or sample.quality(point) is not Quality.GOOD:
                    continue
                # What does not fit into the database (or is not finite) would stop all for ever.
                if not abs(value) <= MOST:
                    continue
                if not EARLIEST_MS <= sample.at <= sample.received_at + AHEAD_MS:
                    changes.tally["unset_clock"] += 1
                    continue
                for use in uses:
                    yield use, use.reading(sample.at, value)

    def _uses_of(self, device: str, point: str) -> tuple[Use, ...]:
        try:
            return self._uses[(device, point)]
        except KeyError:
            return self._uses.setdefault((device, point), tuple(self._made(device, point)))

    def _made(self, device: str, point: str) -> Iterator[Use]:
        series = Series(device, point)
        if (counter := self.counter(series)) is not None:
            yield Use(series, counter)
        root, _, part = device.partition("/")
        found = self._estate.devices.get(root)
        if found is None:
            return
        for integral in integrals_of(found, point, of_part=bool(part)):
            made = Series(device, integral.point)
            if (counter := self.counter(made)) is not None:
                yield Use(made, counter, of_power=True, reverse=integral.reverse)
