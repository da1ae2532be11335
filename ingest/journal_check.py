"""Whether a journal holds what it should: by SQLite's own check, and by the mark beside it."""

import sqlite3
from collections.abc import Mapping

from ingest.journal_mark import Mark
from ingest.journal_row import LANE_COUNT
from ingest.journal_sqlite import VERSION

_CHECKED = ("batch", "consumer", "total")
_LEAP = 10_000_000
"""More numbers than a mark can be behind; a number above that was not given by us."""


def fault(connection: sqlite3.Connection, mark: Mark | None) -> str | None:
    """What is wrong with a journal; None for a sound one.

    Raises:
        sqlite3.Error: SQLite cannot read it.
    """
    for table in _CHECKED:
        [(said, *_), *_] = connection.execute(f"PRAGMA integrity_check('{table}')").fetchall()
        if said != "ok":
            return str(said)
    if mark is None:
        return None
    if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        return "its format is not the one it was written in"
    return _compared(connection, mark)


def _compared(connection: sqlite3.Connection, mark: Mark) -> str | None:
    totals = numbers(connection)
    newest = connection.execute("SELECT coalesce(max(last_seq), 0) FROM batch").fetchone()[0]
    known = totals.get("last_seq", 0)
    if known < max(mark.last_seq, newest):
        return "its newest batches are missing"
    if known > max(mark.last_seq, newest) + _LEAP:
        return "its last number was never given"
    for lane in range(LANE_COUNT):
        gone = max(mark.gone[lane], totals.get(f"gone_{lane}", 0))
        here = connection.execute(
            "SELECT coalesce(sum(count), 0) FROM batch"
            " WHERE lane = ? AND lane_total > ? AND lane_total <= ?",
            (lane, gone, mark.totals[lane]),
        ).fetchone()[0]
        if here < mark.totals[lane] - gone:
            return "batches are missing"
    return None


def numbers(connection: sqlite3.Connection) -> Mapping[str, int]:
    """What the file itself has counted."""
    found = connection.execute("SELECT name, value FROM total").fetchall()
    return {name: value for name, value in found if isinstance(value, int)}
