"""Notices that somebody holds the relational database for too long, so that no alarm is written.

A process that crashes lets go of an SQLite file; one that is stopped in a transaction does not, and
SQLite cannot take the file away from it. The parent can: it is told here, and ends the holder.
PostgreSQL ends such a session itself (`sitewatch.split.serve`).
"""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sitewatch.split.lifeline import BLOCKED, FREE, Lifeline

_EVERY_S = 0.5
_PATIENCE_S = 1.0
"""A write that waits for longer is held up: those of the service take some ms. [s]"""


async def probe(file: Path, lifeline: Lifeline) -> None:
    """Say again and again whether the database can be written, until cancelled."""
    while True:
        free = await asyncio.to_thread(is_free, file)
        lifeline.say(FREE if free else BLOCKED)
        await asyncio.sleep(_EVERY_S)


def is_free(file: Path, patience_s: float = _PATIENCE_S) -> bool:
    """Whether a transaction that writes can begin; blocks for as long as it waits for that."""
    connection = sqlite3.connect(file, timeout=patience_s, isolation_level=None)
    with closing(connection):
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            return getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
    return True
