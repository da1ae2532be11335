"""Samples a second through the journal to disk, beside a bare SQLite loop on the same disk.

Run as `python -m tests.bench.journal [--count N] [--folder DIR]`. Both write the same encoded
samples with one synced commit a group; the journal also numbers them, keeps its tail, wakes its
reader and answers each caller. `one by one` is one sample a commit, which is what a disk allows.
"""

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from pathlib import Path

import msgspec

from collectors.sample import Lane, Sample
from ingest.bus import Cursor
from ingest.journal import Journal

POINTS = 10
CALLERS = 200
"""Appends that wait at one time, as many MQTT messages may be unacknowledged."""


def _sample(number: int, identity: str | None = None) -> Sample:
    values = {f"point_{n}": number + n * 0.5 for n in range(POINTS)}
    lane = Lane.SAFETY if number % 20 == 0 else Lane.ROUTINE
    return Sample(f"device-{number % 500}", number, values, {}, lane, None, identity)


def bare(folder: Path, count: int, group: int) -> float:
    """Samples a second of a loop that encodes and inserts, one synced commit a group."""
    connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE batch (id INTEGER PRIMARY KEY, payload BLOB)")
    samples = [_sample(n) for n in range(count)]
    began = time.perf_counter()
    for start in range(0, count, group):
        payload = msgspec.msgpack.encode(samples[start : start + group])
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO batch (payload) VALUES (?)", (payload,))
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return count / seconds


async def appended(path: Path, count: int, callers: int, *, identity: bool) -> dict[str, float]:
    """Samples a second of callers that each append one sample and wait for it."""
    samples = iter([_sample(n, str(n) if identity else None) for n in range(count)])
    longest = 0.0

    async def caller(journal: Journal) -> None:
        nonlocal longest
        for sample in samples:
            asked = time.perf_counter()
            await journal.append([sample])
            longest = max(longest, time.perf_counter() - asked)

    async def reader(journal: Journal) -> None:
        cursor = Cursor()
        seen = 0
        while seen < count:
            found = await journal.read(cursor, 5000, 5.0)
            seen += len(found)
            cursor = cursor.advanced(found)
            await journal.commit("reader", cursor)

    async with Journal.open(path, ("reader",)) as journal:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(reader(journal))
            for _ in range(callers):
                group.create_task(caller(journal))
        seconds = time.perf_counter() - began
        batches = journal.statistics().batches
    return {
        "per_second": round(count / seconds),
        "samples_a_batch": round(count / batches, 1),
        "longest_append_ms": round(longest * 1000, 1),
    }


def main() -> None:
    """Run and print one JSON line a case, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        found = {
            "callers": asyncio.run(appended(folder / "a", given.count, CALLERS, identity=False)),
            "callers with identity": asyncio.run(
                appended(folder / "b", given.count, CALLERS, identity=True)
            ),
            "one caller": asyncio.run(appended(folder / "c", given.count // 20, 1, identity=False)),
        }
        group = max(1, round(found["callers"]["samples_a_batch"]))
        loop = bare(folder, given.count, group)
    for case, figures in found.items():
        ratio = round(figures["per_second"] / loop, 3)
        points = figures["per_second"] * POINTS
        print(json.dumps({"case": case, **figures, "points_per_second": points, "ratio": ratio}))
    print(json.dumps({"case": f"bare loop, {group} samples a commit", "per_second": round(loop)}))


if __name__ == "__main__":
    main()
