"""The table of pages: written, found, pruned but for the last old one, joined with history."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ingest.counter_pages import Page
from ingest.counters import INTERVAL_MS, CounterState, Reading
from ingest.interval_tables import HISTORY, LIVE, Series
from ingest.page_tables import (
    KEPT_MS,
    join_pages,
    newest_page,
    newest_pages,
    page_starts_before,
    pages_from,
    prune_pages,
    put_pages,
)
from tests.reports.ledgers import ledger

START = 1_795_363_200_000
METER, OTHER = Series("m1", "active_energy_import"), Series("m2", "active_energy_import")
STATE = CounterState(Reading(START - 9, 1), Reading(START - 5, 2), START - 5)


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = ledger()
    with engine.connect() as made:
        yield made
    engine.dispose()


def page(quarter: int, *offsets: int, before: CounterState | None = STATE) -> Page:
    start = START + quarter * INTERVAL_MS
    return Page(start, before, tuple(Reading(start + ms, ms) for ms in offsets))


def put(connection: sa.Connection, segment: str, *pages: Page) -> None:
    put_pages(connection, segment, ((METER, one) for one in pages))


def test_pages_are_found_by_counter_segment_and_time(connection: sa.Connection) -> None:
    pages = [page(0, 5, before=None), page(2, 7), page(3, 8, 9)]
    put(connection, LIVE, *pages)
    put_pages(connection, LIVE, [(OTHER, page(5, 1))])
    put(connection, HISTORY, page(-9, 3))
    assert list(pages_from(connection, METER, LIVE, START + 1)) == pages[1:]
    starts = page_starts_before(connection, METER, LIVE, START + 3 * INTERVAL_MS - 1, 5)
    assert starts == [pages[1].start_ms, pages[0].start_ms]
    assert newest_page(connection, METER, LIVE) == pages[2]
    assert newest_pages(connection, LIVE) == {METER: pages[2], OTHER: page(5, 1)}
    assert newest_pages(connection, HISTORY) == {METER: page(-9, 3)}


def test_a_page_is_replaced(connection: sa.Connection) -> None:
    for one in (page(0, 5), page(0, 5, 6, before=None)):
        put(connection, LIVE, one)
        assert newest_page(connection, METER, LIVE) == one


def test_the_newest_of_the_old_pages_stays(connection: sa.Connection) -> None:
    put(connection, LIVE, *(page(quarter, 1) for quarter in range(5)))
    put_pages(connection, LIVE, [(OTHER, page(0, 1))])
    prune_pages(connection, LIVE, [METER], START + KEPT_MS + 3 * INTERVAL_MS)
    kept = [one.start_ms for one in pages_from(connection, METER, LIVE, 0)]
    assert kept == [START + quarter * INTERVAL_MS for quarter in (2, 3, 4)]
    prune_pages(connection, LIVE, [METER], START + 10 * KEPT_MS)
    assert [one.start_ms for one in pages_from(connection, METER, LIVE, 0)] == kept[2:]
    assert newest_page(connection, OTHER, LIVE) is not None


def test_history_becomes_live_and_the_first_live_page_knows_of_it(
    connection: sa.Connection,
) -> None:
    put(connection, HISTORY, page(0, 5, before=None), page(1, 6))
    put(connection, LIVE, page(3, 7, before=None), page(4, 8))
    join_pages(connection, METER, STATE)
    assert list(pages_from(connection, METER, LIVE, 0)) == [
        page(0, 5, before=None), page(1, 6), page(3, 7, before=STATE), page(4, 8),
    ]  # fmt: skip
    assert newest_pages(connection, HISTORY) == {}


def test_a_page_that_both_have_is_made_one(connection: sa.Connection) -> None:
    put(connection, HISTORY, page(0, 5, before=None), page(1, 6))
    put(connection, LIVE, page(1, 7, before=None))
    join_pages(connection, METER, STATE)
    assert list(pages_from(connection, METER, LIVE, 0)) == [page(0, 5, before=None), page(1, 6, 7)]


def test_where_the_live_beginning_is_no_longer_kept_there_is_no_hole(
    connection: sa.Connection,
) -> None:
    put(connection, HISTORY, page(0, 5, before=None))
    put(connection, LIVE, page(9, 7))
    join_pages(connection, METER, STATE)
    assert list(pages_from(connection, METER, LIVE, 0)) == [page(9, 7)]
    assert newest_pages(connection, HISTORY) == {}


def test_history_alone_becomes_live(connection: sa.Connection) -> None:
    put(connection, HISTORY, page(0, 5, before=None))
    join_pages(connection, METER, STATE)
    assert newest_pages(connection, LIVE) == {METER: page(0, 5, before=None)}
