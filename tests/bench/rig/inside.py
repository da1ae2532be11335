"""`sitewatch` with a look inside: `python -m tests.bench.rig.inside COMMAND ...`.

On SIGUSR1 it adds a line of JSON to the file that SITEWATCH_BENCH_LOOKS names: how the allocators
stand (`tests.bench.rig.census`), what DuckDB and SQLite hold, and what its objects do.
"""

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from ingest.stores.duckdb_database import Database
from sitewatch.cli import main
from tests.bench.rig.census import holdings, reachable, sizes

LOOKS = "SITEWATCH_BENCH_LOOKS"
INSIDE = (sys.executable, "-m", "tests.bench.rig.inside")
"""The program to start in place of sitewatch."""
MANY = 500
"""Fewer of a kind are not worth a line."""
_LONGEST_S = 60.0


def _of_duckdb(databases: Iterable[Database]) -> Mapping[str, float]:
    """What it says it holds, by what for. [MB]"""
    query = "SELECT tag, memory_usage_bytes FROM duckdb_memory() WHERE memory_usage_bytes > 0"
    found: dict[str, float] = {}
    for one in databases:
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
    before = sizes()
    objects = list(reachable())
    kinds, members = holdings(objects)
    databases = [one for one in objects if isinstance(one, Database)]
    found = {
        "mb": {**before, **_of_duckdb(databases), **_of_sqlite()},
        "kinds": {name: count for name, count in kinds.items() if count >= MANY},
        "members": {name: count for name, count in members.items() if count >= MANY},
    }
    with file.open("a", encoding="utf-8") as lines:
        print(json.dumps(found), file=lines)


def look_inside(pid: int, file: Path) -> None:
    """Have a process started as `INSIDE` look, and wait until it has."""
    before = file.stat().st_size if file.exists() else 0
    os.kill(pid, signal.SIGUSR1)
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until and (not file.exists() or file.stat().st_size == before):
        time.sleep(0.05)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, lambda _number, _frame: look(Path(os.environ[LOOKS])))
    main()
