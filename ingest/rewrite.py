"""Counting again: what a reading that comes late, or a meter change told later, alters.

Pure. The result is that of all readings in order of time, whatever order they came in. Intervals
are rewritten whole, from a page into which nothing reaches that could have changed, to the page
before which the counter stands again as it stood.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.counter_pages import Page, merged, page_start, same_standing
from ingest.counters import Advance, CounterState, Portion, Reading, Step, Terms, advance
from ingest.power_integral import FINE_PER_COUNT, integrate
from ingest.rollup import Amounts

Advancing = Callable[[CounterState | None, Reading, Terms], Advance]


@dataclass(frozen=True, slots=True)
class Method:
    """How readings become amounts."""

    advance: Advancing
    integrates: bool = False

    def amounts(self, portions: Iterable[Portion]) -> Amounts:
        """What the portions of one interval come to, rounded once."""
        amount = recovered = covered_ms = recovered_ms = 0
        for portion in portions:
            amount += portion.amount
            recovered += portion.recovered_amount
            covered_ms += portion.covered_ms
            recovered_ms += portion.recovered_ms
        if self.integrates:
            amount //= FINE_PER_COUNT
            return Amounts(amount, 0, 0, 0, amount, covered_ms)
        return Amounts(amount, recovered, covered_ms, recovered_ms)


COUNTED = Method(advance)
"""The difference of a counter."""
INTEGRATED = Method(integrate, integrates=True)
"""The area under a power."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What was not known when the pages were written."""

    late: tuple[Reading, ...] = ()
    """In order of time."""
    changes_ms: tuple[int, ...] = ()
    """Moments at which a meter change was entered, altered or taken back. [ms, UTC]"""

    @property
    def first_ms(self) -> int:
        """The earliest moment of it."""
        return min([*self.changes_ms, *(one.at_ms for one in self.late)])

    @property
    def last_ms(self) -> int:
        """The latest moment of it."""
        return max([*self.changes_ms, *(one.at_ms for one in self.late)])


@dataclass
class Rewritten:
    """What takes the place of what was written."""

    start_ms: int
    end_ms: int | None
    """The intervals from `start_ms` to here are all new; None: to the end. [ms, UTC]"""
    state: CounterState | None
    """How the counter stands at the end; None where it stands as before."""
    pages: list[Page] = field(default_factory=list)
    """Those that differ."""
    amounts: dict[int, Amounts] = field(default_factory=dict)
    """Every interval of the stretch that is not empty."""
    steps: list[Step] = field(default_factory=list)
    """Every step of the stretch."""

    def bound(self, end_ms: int) -> None:
        """Let the stretch end here at the latest."""
        if self.end_ms is None or self.end_ms > end_ms:
            self.end_ms = end_ms
            self.amounts = {at: one for at, one in self.amounts.items() if at < end_ms}
            self.steps = [step for step in self.steps if step.at_ms < end_ms]


def base_index(pages: Sequence[Page], moment_ms: int, method: Method, terms: Terms) -> int | None:
    """The page to count again from, when something new happens at a moment.

    It is one in which a reading was accounted for before that moment: so no pair of readings
    reaches into it that could change. None where these pages begin too late for that.
    """
    candidates = [n for n, page in enumerate(pages) if page.start_ms <= moment_ms]
    for number in reversed(candidates):
        page = pages[number]
        if page.before is None:
            return number
        state: CounterState | None = page.before
        for reading in page.readings:
            if reading.at_ms < moment_ms:
                state = method.advance(state, reading, terms).state
        if state is not None and state.last.at_ms >= page.start_ms:
            return number
    return None


def rewritten(
    pages: Sequence[Page], news: Disturbance, method: Method, terms: Terms
) -> Rewritten | None:
    """Count again; `pages` are in order and reach to the end. None where they begin too late."""
    base = base_index(pages, news.first_ms, method, terms)
    if base is None:
        if pages and pages[0].before is not None:
            return None
        base = 0
    pages = pages[base:]
    starts = {page.start_ms for page in pages} | {page_start(one.at_ms) for one in news.late}
    if not starts:
        return None
    run = _Run(method, terms, min(starts), pages[0].before if pages else None)
    known = {page.start_ms: page for page in pages}
    ordered = sorted(starts)
    for number, start in enumerate(ordered):
        page = known.get(start)
        if page is not None and run.is_past(news) and same_standing(run.state, page.before):
            return run.until(start, [known[later] for later in ordered[number:]])
        run.take(start, page, [one for one in news.late if page_start(one.at_ms) == start])
    return run.to_the_end()


class _Run:
    """One pass over the readings of a stretch."""

    def __init__(
        self, method: Method, terms: Terms, start_ms: int, before: CounterState | None
    ) -> None:
        self.method = method
        self.terms = terms
        self.start_ms = start_ms
        self.state = before
        self.read_ms = -1
        self.portions: dict[int, list[Portion]] = {}
        self.steps: list[Step] = []
        self.pages: list[Page] = []

    def is_past(self, news: Disturbance) -> bool:
        """Whether all that is new has had its effect: a change has it on the reading after it."""
        return self.read_ms >= news.last_ms

    def take(self, start: int, page: Page | None, late: Sequence[Reading]) -> None:
        """Count the readings of one page, old and new."""
        readings = merged(page.readings if page is not None else (), late)
        fresh = Page(start, self.state, readings)
        if fresh != page:
            self.pages.append(fresh)
        for reading in readings:
            self.count(reading)

    def count(self, reading: Reading) -> None:
        result = self.method.advance(self.state, reading, self.terms)
        self.state, self.read_ms = result.state, reading.at_ms
        for portion in result.portions:
            self.portions.setdefault(portion.start_ms, []).append(portion)
        self.steps += result.steps

    def until(self, end_ms: int, after: Sequence[Page]) -> Rewritten:
        """The counter stands as it stood: what is written from `end_ms` on is right."""
        for reading in _readings(after):
            if self.state is not None and self.state.last.at_ms >= end_ms:
                break
            self.count(reading)
        return self._result(end_ms, None)

    def to_the_end(self) -> Rewritten:
        return self._result(None, self.state)

    def _result(self, end_ms: int | None, state: CounterState | None) -> Rewritten:
        def inside(moment_ms: int) -> bool:
            return self.start_ms <= moment_ms and (end_ms is None or moment_ms < end_ms)

        amounts = {
            start: self.method.amounts(portions)
            for start, portions in sorted(self.portions.items())
            if inside(start)
        }
        steps = [step for step in self.steps if inside(step.at_ms)]
        return Rewritten(self.start_ms, end_ms, state, self.pages, amounts, steps)


def _readings(pages: Iterable[Page]) -> Iterator[Reading]:
    for page in pages:
        yield from page.readings
