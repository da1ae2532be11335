"""How far a long statement is, told while it runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ingest.stores.duckdb_database import Connection, interrupt
from ingest.stores.forms import AbandonedError, Report

_EVERY_S = 0.25
_OF = 1000


@contextmanager
def followed(connection: Connection, report: Report) -> Iterator[None]:
    """Report the share of each statement that is done, in thousandths.

    Raises:
        AbandonedError: `report` raised it, and the statement was ended.
    """
    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")
    ended = threading.Event()
    raised: list[AbandonedError] = []

    def follow() -> None:
        while not ended.wait(_EVERY_S):
            try:
                # Negative where it cannot be told.
                report(max(0, int(connection.query_progress() / 100 * _OF)), _OF)
            except AbandonedError as error:
                raised[:] = [error]
                interrupt(connection)

    following = threading.Thread(target=follow, name="progress")
    following.start()
    try:
        yield
    except duckdb.InterruptException:
        if raised:
            raise raised[0] from None
        raise
    finally:
        ended.set()
        following.join()
    if raised:
        raise raised[0]
