import asyncio
import contextlib
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from sitewatch.split.lifeline import BLOCKED, FREE, Lifeline
from sitewatch.split.lock_probe import is_free, probe


def test_a_database_is_free_unless_somebody_writes(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE t (x)")
        assert is_free(file)
        other.execute("BEGIN")
        other.execute("SELECT * FROM t").fetchall()
        assert is_free(file), "a reader holds up nobody"
        other.execute("COMMIT")
        other.execute("BEGIN IMMEDIATE")
        assert not is_free(file, 0.05)
        other.execute("ROLLBACK")
        assert is_free(file)


async def test_it_is_said_as_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    ours, theirs = socket.socketpair()
    with (
        ours,
        closing(sqlite3.connect(file, isolation_level=None)) as other,
        closing(Lifeline(theirs.detach())) as line,
    ):
        running = asyncio.create_task(probe(file, line))
        assert await asyncio.to_thread(ours.recv, 1) == FREE
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(10):
            while await asyncio.to_thread(ours.recv, 1) != BLOCKED:
                pass
        other.execute("ROLLBACK")
        async with asyncio.timeout(10):
            while await asyncio.to_thread(ours.recv, 1) != FREE:
                pass
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
