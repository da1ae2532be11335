"""`sitewatch` with a look inside: `python -m tests.bench.rig.inside COMMAND ...`.

On SIGUSR1 it adds a line of JSON to the file that SITEWATCH_BENCH_LOOKS names: how the allocators
stand (`tests.bench.rig.census`), what DuckDB and SQLite hold, and what its objects do.
"""

import ctypes
import functools
import json
import os
import signal
import sqlite3
import weakref
from collections.abc import Mapping
from pathlib import Path

from ingest.stores.duckdb_database import Database
from sitewatch.cli import main
from tests.bench.rig.census import holdings, sizes

LOOKS = "SITEWATCH_BENCH_LOOKS"
MANY = 500
"""Fewer of a kind are not worth a line."""
"""Databases that are open."""
_open: "weakref.WeakSet[Database]" = weakref.WeakSet()


def _of_duckdb() -> Mapping[str, float]:
    """What it says it holds, by what for. [MB]"""
    query = "SELECT tag, memory_usage_bytes FROM duckdb_memory() WHERE memory_usage_bytes > 0"
    found: dict[str, float] = {}
    for one in list(_open):
        with one.connection.cursor() as connection:
            for tag, size in connection.execute(query).fetchall():
                found[f"duckdb {tag}"] = round(size / 1e6, 2)
    return found


def _of_sqlite() -> Mapping[str, float]:
    """What the library that Python's module uses has allocated. [MB]"""
    module = __import__("_sqlite3")
    library = ctypes.CDLL(getattr(module, "__file__", None))
    library.sqlite3_memory_used.restype = ctypes.c_int64
    return {"sqlite": round(library.sqlite3_memory_used() / 1e6, 2)}


def look(file: Path) -> None:
    """Add a line."""
    found: dict[str, object] = {"mb": {**sizes(), **_of_duckdb(), **_of_sqlite()}}
    kinds, members = holdings()
    found["kinds"] = {name: count for name, count in kinds.items() if count >= MANY}
    found["members"] = {name: count for name, count in members.items() if count >= MANY}
    with file.open("a", encoding="utf-8") as lines:
        print(json.dumps(found), file=lines)


def _watch_databases() -> None:
    made = Database.__init__

    @functools.wraps(made)
    def known(self: Database, *given: object) -> None:
        made(self, *given)  # type: ignore[arg-type]
        _open.add(self)

    Database.__init__ = known  # type: ignore[method-assign]


if __name__ == "__main__":
    sqlite3.connect(":memory:").close()
    _watch_databases()
    signal.signal(signal.SIGUSR1, lambda _number, _frame: look(Path(os.environ[LOOKS])))
    main()
