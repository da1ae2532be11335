"""What a recount needs of the database, and the writing of what it led to."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa

from ingest.counter_book import CounterBook
from ingest.counter_pages import page_start
from ingest.counters import INTERVAL_MS, CounterState
from ingest.interval_rewrite import known_amounts, rewrite
from ingest.interval_tables import LIVE, Series
from ingest.late_readings import Desk, settle
from ingest.page_tables import first_page_start, newest_page, pages_from, prune_pages
from ingest.recount import FOREVER, Imported, Recount
from ingest.rewrite import COUNTED, INTEGRATED, Disturbance, Rewritten
from ingest.rollup import Amounts


def runs_of(
    connection: sa.Connection,
    book: CounterBook,
    series: Sequence[Series],
    span: tuple[int, int],
    now_ms: int,
) -> Iterator[tuple[Series, Recount]]:
    """A pass over each of some counters, of which readings of a span [ms, UTC] are new."""
    for one in series:
        counter = book.counter(one)
        if counter is not None:
            kept = first_page_start(connection, one, LIVE)
            news = Imported(*span, FOREVER if kept is None else kept, book.state(LIVE, one), now_ms)
            method = INTEGRATED if book.is_of_power(one) else COUNTED
            yield one, Recount(news, method, counter.terms)


def write_run(desk: Desk, series: Series, run: Recount) -> bool:
    """Finish a pass with the pages that are kept, and write it; whether anything was new."""
    if run.start_ms is None:
        if run.late:
            # All that is new is of the time of the pages: that is what late readings are.
            settle(desk, LIVE, series, Disturbance(tuple(run.late)))
        return bool(run.late)
    if run.news.pages_ms != FOREVER and run.end_ms is None:
        run.take_pages(pages_from(desk.connection, series, LIVE, run.news.pages_ms))
    result = _without_loss(desk.connection, series, run.result())
    deltas = rewrite(desk.connection, series, result, desk.now_ms, is_late=True)
    desk.deltas.update(deltas)
    desk.pages.setdefault(LIVE, []).extend((series, page) for page in result.pages)
    standing = result.state or run.news.counted
    if standing is not None:
        desk.states.setdefault(LIVE, {})[series] = _since_its_first(standing, run)
    desk.clear()
    prune_pages(desk.connection, LIVE, [series], desk.now_ms)
    if standing is not None:
        page = newest_page(desk.connection, series, LIVE)
        current = page is not None and page.start_ms == page_start(standing.newest.at_ms)
        desk.book.put(LIVE, series, _since_its_first(standing, run), page if current else None)
    return True


def _since_its_first(state: CounterState, run: Recount) -> CounterState:
    """A standing that knows of the first reading ever, which a pass may have begun after."""
    counted = run.news.counted
    firsts = [one for one in (run.origin, counted.first if counted else None) if one is not None]
    first = min(firsts, key=lambda one: one.at_ms, default=state.first)
    return replace(state, first=first, ignored=counted.ignored if counted else 0)


def _without_loss(connection: sa.Connection, series: Series, result: Rewritten) -> Rewritten:
    """Let stay what was measured and of which the store holds nothing any more (retention)."""
    known = known_amounts(connection, series, result)
    forgotten = {
        start
        for start, before in known.items()
        if _measured_ms(before) and not _measured_ms(result.amounts.get(start, Amounts()))
    }
    # At the edges of such a stretch, bridging it takes a part of the interval.
    edges = {start + way for start in forgotten for way in (-INTERVAL_MS, INTERVAL_MS)}
    for start in forgotten | (edges & known.keys()):
        after = result.amounts.get(start, Amounts())
        if start in forgotten or after.recovered_ms > known[start].recovered_ms:
            result.amounts[start] = known[start]
    return result


def _measured_ms(amounts: Amounts) -> int:
    return amounts.covered_ms + amounts.integrated_ms
