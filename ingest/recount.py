"""Counting a device again from the store: what an import of readings has altered.

The result is that of all readings in order of time, as if the imported ones had come live. Of the
time of which pages are kept (`ingest.page_tables`) the pages say what was read, for the store may
lag behind the journal; of what is older, or was never counted, the store does. The stretch that is
rewritten begins with the interval of the last reading before the import that was accounted for,
and ends where the counter stands as it stood.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from collectors.sample import Sample
from ingest.counter_book import CounterBook
from ingest.counter_pages import Page, merged, page_start, same_standing
from ingest.counters import INTERVAL_MS, STILL_MS, CounterState, Portion, Reading, Step, Terms
from ingest.interval_tables import Series
from ingest.page_tables import KEPT_MS
from ingest.rewrite import Method, Rewritten

ENOUGH = 12
"""Readings after which a counter stands as it would, whatever was before them: a reading is held
for one more at most, and a stand-still matters for `STILL_MS`."""
_BACK_MS = (2 * STILL_MS, 86_400_000, 10 * 86_400_000, 100 * 86_400_000)
"""How far before an import is read, and next, while that is not enough. [ms]"""
PAGES_MS = KEPT_MS + 86_400_000
"""Of so long ago all pages are written, so that there is no hole between them. [ms]"""
FOREVER = 2**62


class Source(Protocol):
    """A store that gives back what it holds."""

    def points(self, device: str) -> Sequence[str]:
        """The points of a device that ever had a reading."""
        ...

    def samples(self, device: str, start: int, end: int) -> Iterator[Sequence[Sample]]:
        """Everything of one device in `start <= at < end` [ms, UTC], in order."""
        ...


@dataclass(frozen=True)
class Imported:
    """What is new of one counter, and how far back it is known without the store."""

    first_ms: int
    """[ms, UTC]"""
    last_ms: int
    pages_ms: int
    """Where the kept pages begin; FOREVER where there are none. [ms, UTC]"""
    counted: CounterState | None
    """How the counter stands."""
    now_ms: int

    @property
    def oldest_page_ms(self) -> int:
        """From where on pages are to be written [ms, UTC]."""
        return self.now_ms - PAGES_MS


@dataclass
class Recount:
    """One pass over the readings of one counter."""

    news: Imported
    method: Method
    terms: Terms
    state: CounterState | None = None
    origin: Reading | None = None
    """The reading that the pass began with."""
    start_ms: int | None = None
    """Where the rewritten stretch begins; None while nothing new was read. [ms, UTC]"""
    end_ms: int | None = None
    """Where it ends; None: it goes to the end of all readings. [ms, UTC]"""
    is_over: bool = False
    late: list[Reading] = field(default_factory=list)
    """What is new in the time of the kept pages."""
    pages: dict[int, Page] = field(default_factory=dict)
    """Those that are to be written."""
    _after: int = 0
    _sums: dict[int, list[int]] = field(default_factory=dict)
    _steps: list[Step] = field(default_factory=list)

    def take(self, readings: Sequence[Reading]) -> None:
        """Count readings of the store, in order of time."""
        news = self.news
        for reading in readings:
            if self.is_over:
                return
            if reading.at_ms < news.pages_ms:
                self._keep_page(reading)
                self._count(reading)
                self._look_for_the_end(reading)
            elif news.first_ms <= reading.at_ms <= news.last_ms:
                self.late.append(reading)
            else:
                self.is_over = reading.at_ms > news.last_ms

    def take_pages(self, kept: Sequence[Page]) -> None:
        """Go on into the pages that are kept; they are in order and reach to the end."""
        if self.end_ms is not None:
            return
        known = {page.start_ms: page for page in kept}
        starts = sorted(known.keys() | {page_start(one.at_ms) for one in self.late})
        newest = max((one.at_ms for one in self.late), default=0)
        for number, start in enumerate(starts):
            page = known.get(start)
            if page is not None and start > newest and same_standing(self.state, page.before):
                self._until(start, [known[later] for later in starts[number:]])
                return
            new = [one for one in self.late if page_start(one.at_ms) == start]
            fresh = Page(start, self.state, merged(page.readings if page else (), new))
            if fresh != page:
                self.pages[start] = fresh
            for reading in fresh.readings:
                self._count(reading)

    def result(self) -> Rewritten:
        """What takes the place of what was written."""
        start = self.start_ms or 0
        end = FOREVER if self.end_ms is None else self.end_ms
        amounts = {
            at: self.method.amounts([Portion(at, *sums)])
            for at, sums in sorted(self._sums.items())
            if start <= at < end
        }
        steps = [step for step in self._steps if start <= step.at_ms < end]
        state = self.state if self.end_ms is None else None
        pages = [self.pages[at] for at in sorted(self.pages)]
        return Rewritten(start, self.end_ms, state, pages, amounts, steps)

    def _count(self, reading: Reading) -> None:
        if self.origin is None:
            self.origin = reading
        if self.start_ms is None and reading.at_ms >= self.news.first_ms:
            self.start_ms = self._start(reading)
        result = self.method.advance(self.state, reading, self.terms)
        self.state = result.state
        for one in result.portions:
            sums = self._sums.setdefault(one.start_ms, [0, 0, 0, 0])
            for place, value in enumerate(
                (one.amount, one.covered_ms, one.recovered_ms, one.recovered_amount)
            ):
                sums[place] += value
        self._steps += result.steps

    def _start(self, reading: Reading) -> int:
        """The interval of the last reading that was accounted for before the first new one."""
        before = reading if self.state is None else self.state.last
        start, counted = page_start(before.at_ms), self.news.counted
        origin = self.origin or reading
        if counted is not None and counted.first.at_ms < origin.at_ms and origin.at_ms > start:
            # Older readings are no longer in the store; what they gave this interval stays.
            return start + INTERVAL_MS
        return start

    def _keep_page(self, reading: Reading) -> None:
        start = page_start(reading.at_ms)
        if start >= self.news.oldest_page_ms:
            page = self.pages.get(start) or Page(start, self.state, ())
            self.pages[start] = Page(start, page.before, (*page.readings, reading))

    def _look_for_the_end(self, reading: Reading) -> None:
        """End where the counter has forgotten what is new, unless pages are to be written."""
        last_ms, state = self.news.last_ms, self.state
        if reading.at_ms <= last_ms or state is None:
            return
        self._after += 1
        is_settled = self._after >= ENOUGH and reading.at_ms - last_ms > 2 * STILL_MS
        if is_settled and state.pending is None and reading.at_ms < self.news.oldest_page_ms:
            self.end_ms, self.is_over = page_start(state.last.at_ms), True

    def _until(self, end_ms: int, after: Sequence[Page]) -> None:
        """The counter stands as it stood: what is written from `end_ms` on is right."""
        self.end_ms = end_ms
        for page in after:
            for reading in page.readings:
                if self.state is not None and self.state.last.at_ms >= end_ms:
                    return
                self._count(reading)


def _begin_of(
    book: CounterBook, source: Source, device: str, series: Sequence[Series], first_ms: int
) -> int:
    """From when on to read a device [ms, UTC], so that all of its counters stand as they stood."""
    for back_ms in _BACK_MS:
        begin = first_ms - back_ms
        found: dict[Series, list[Reading]] = {one: [] for one in series}
        for samples in source.samples(device, begin, first_ms):
            for one, readings in book.readings(samples).items():
                found[one] += readings
        if begin <= 0 or all(_is_enough(readings) for readings in found.values()):
            return max(0, begin)
    return 0


def _is_enough(readings: Sequence[Reading]) -> bool:
    return len(readings) >= ENOUGH and readings[0].at_ms < page_start(readings[-1].at_ms)


def read_store(
    book: CounterBook, source: Source, device: str, first_ms: int, runs: Mapping[Series, Recount]
) -> None:
    """Let every pass over the counters of a device have what the store holds of them; blocks.

    Raises:
        StoreError: the store refuses.
    """
    begin = _begin_of(book, source, device, tuple(runs), first_ms)
    for samples in source.samples(device, begin, FOREVER):
        for series, readings in book.readings(samples).items():
            if series in runs:
                runs[series].take(merged((), readings))
        if all(run.is_over for run in runs.values()):
            return
