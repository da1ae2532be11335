"""Late readings and meter changes told afterwards: back to the pages, and the intervals rewritten.

Runs inside the transaction that moves the consumer's cursor.
"""

from collections import Counter as TallyCounter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ingest.counter_book import CounterBook
from ingest.counter_pages import Page, page_start
from ingest.counters import CounterState
from ingest.interval_rewrite import Deltas, rewrite
from ingest.interval_tables import HISTORY, LIVE, Series, put_states
from ingest.page_tables import page_starts_before, pages_from, prune_pages, put_pages
from ingest.rewrite import COUNTED, INTEGRATED, Disturbance, Method, Rewritten, rewritten
from ingest.rollup_tables import add_to_rollups

_PAGES_BACK = 2
"""Pages looked at first; ten times as many each time they begin too late."""


@dataclass(frozen=True)
class Desk:
    """What settling needs beside the readings, and what it has yet to write of all counters."""

    connection: sa.Connection
    book: CounterBook
    zone: ZoneInfo
    now_ms: int
    deltas: Deltas = field(default_factory=dict)
    pages: dict[str, list[tuple[Series, Page]]] = field(default_factory=dict)
    states: dict[str, dict[Series, CounterState]] = field(default_factory=dict)

    def clear(self) -> None:
        """Write what is yet to be written."""
        add_to_rollups(self.connection, self.deltas.items(), self.zone)
        for segment, pages in self.pages.items():
            put_pages(self.connection, segment, pages)
        for segment, states in self.states.items():
            put_states(self.connection, segment, states)
        for written in (self.deltas, self.pages, self.states):
            written.clear()


def settle(desk: Desk, segment: str, series: Series, news: Disturbance) -> TallyCounter[str]:
    """Count one counter again with what was not known; says what became of the readings.

    `late` were taken, `ignored` said nothing new, `too_late` are older than the pages reach back.
    What it leads to is on the desk until that is cleared.
    """
    if any(series in states for states in desk.states.values()):
        desk.clear()
    counter = desk.book.counter(series)
    tally: TallyCounter[str] = TallyCounter()
    if counter is None:
        return tally
    method = INTEGRATED if desk.book.is_of_power(series) else COUNTED
    state = desk.book.state(segment, series)
    known = _Pages(desk, segment, series, news, goes_on=_goes_on(state, news, method))
    result = known.rewritten(method)
    if result is None:
        tally["too_late"] += len(news.late) + len(news.changes_ms)
        return tally
    if not result.pages and not news.changes_ms:
        tally["ignored"] += len(news.late)
        return tally
    if segment == HISTORY and (live := desk.book.state(LIVE, series)) is not None:
        # What follows is of the live segment, and stays.
        result.bound(page_start(live.first.at_ms))
    in_order = _goes_on(state, news, method)
    taken = sum(len(page.readings) for page in result.pages) - known.readings(result.pages)
    tally["readings"] += taken
    tally["late"] += 0 if in_order else taken
    tally["ignored"] += len(news.late) - taken
    desk.deltas.update(rewrite(desk.connection, series, result, desk.now_ms, is_late=not in_order))
    desk.pages.setdefault(segment, []).extend((series, page) for page in result.pages)
    if method is INTEGRATED and any(one.start_ms not in known.starts for one in result.pages):
        prune_pages(desk.connection, segment, [series], desk.now_ms)
    _stand(desk, segment, series, state, result)
    return tally


def _goes_on(state: CounterState | None, news: Disturbance, method: Method) -> bool:
    """Whether the readings only follow those before, as all of a power do that come in order."""
    if not method.integrates or news.changes_ms:
        return False
    return state is None or news.first_ms > state.last.at_ms


def _stand(
    desk: Desk, segment: str, series: Series, state: CounterState | None, result: Rewritten
) -> None:
    """Let the book and the database know how the counter stands now."""
    now = result.state or state
    if now is None:
        return
    # A page's own state does not know of history that was joined to it since.
    firsts = [one.first for one in (state, result.state) if one is not None]
    firsts += [page.readings[0] for page in result.pages if page.before is None]
    now = replace(now, first=min(firsts, key=lambda one: one.at_ms))
    newest = max(result.pages, key=lambda page: page.start_ms, default=None)
    if newest is not None and newest.start_ms < page_start(now.newest.at_ms):
        newest = None
    desk.book.put(segment, series, now, newest)
    desk.states.setdefault(segment, {})[series] = now


class _Pages:
    """The written pages around what is new, as far back as counting again needs them."""

    def __init__(
        self, desk: Desk, segment: str, series: Series, news: Disturbance, *, goes_on: bool
    ) -> None:
        self._desk = desk
        self._segment = segment
        self._series = series
        self._news = news
        self._goes_on = goes_on
        self._pages: Sequence[Page] = ()

    @property
    def starts(self) -> frozenset[int]:
        """Where the pages begin."""
        return frozenset(page.start_ms for page in self._pages)

    def readings(self, changed: Sequence[Page]) -> int:
        """How many readings were written in the pages that have changed."""
        starts = {page.start_ms for page in changed}
        return sum(len(page.readings) for page in self._pages if page.start_ms in starts)

    def rewritten(self, method: Method) -> Rewritten | None:
        """Count again from as few pages as will do; None where even the earliest will not."""
        counter = self._desk.book.counter(self._series)
        if counter is None:
            return None
        asked = _PAGES_BACK
        while True:
            starts = page_starts_before(
                self._desk.connection, self._series, self._segment, self._news.first_ms, asked
            )
            begin = starts[-1] if starts else 0
            self._pages = pages_from(self._desk.connection, self._series, self._segment, begin)
            if not self._pages and not self._begins_here():
                return None
            result = rewritten(self._pages, self._news, method, counter.terms)
            if result is not None or len(starts) < asked:
                return result
            asked *= 10

    def _begins_here(self) -> bool:
        """Without pages: whether nothing was ever counted that this could be later than."""
        state = self._desk.book.state(self._segment, self._series)
        return state is None or self._goes_on
