"""A year of history in the embedded store: what it takes, and how fast it answers.

Meters of ten points every five minutes, as many as the points asked for need; the readings are
made by DuckDB itself, in order of arrival, and go through the store's own generations, files and
merges. Then 10,000 devices report once. Every figure stands beside the one to reach.
"""

import resource
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from collectors.sample import Sample
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_layout import Segment, segments
from ingest.stores.duckdb_schema import ROW, generations, open_generation, table_of
from ingest.stores.store import Aggregate, TimeSeriesStore

NAMES = (
    "voltage_l1", "voltage_l2", "voltage_l3", "current_l1", "current_l2", "current_l3",
    "active_power", "power_factor", "active_energy_import", "frequency",
)  # fmt: skip
POINTS = len(NAMES)
INTERVAL_MS = 300_000
YEAR_MS = 365 * 86_400_000
TIMES = YEAR_MS // INTERVAL_MS
START = 1_767_225_600_000
"""2026-01-01. [ms, UTC]"""
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
LATEST = 10_000

_VALUE = """CASE (series - 1) % 10
  WHEN 0 THEN 230 + (hash(i) % 60) / 10.0
  WHEN 1 THEN 231 + (hash(i) % 50) / 10.0
  WHEN 2 THEN 229 + (hash(i) % 70) / 10.0
  WHEN 3 THEN round(20 + 15 * sin(n / 46.0) + (hash(i) % 100) / 100.0, 2)
  WHEN 4 THEN round(18 + 14 * sin(n / 46.0) + (hash(i) % 100) / 100.0, 2)
  WHEN 5 THEN round(22 + 16 * sin(n / 46.0) + (hash(i) % 100) / 100.0, 2)
  WHEN 6 THEN round(14000 + 10000 * sin(n / 46.0) + hash(i) % 300)
  WHEN 7 THEN 0.9 + (hash(i) % 90) / 1000.0
  WHEN 8 THEN n * 1200 + hash(i) % 300
  ELSE 50 + (hash(i) % 9) / 100.0 END"""
"""Voltages, currents, power, power factor, a counter and the frequency, with noise."""

Say = Callable[..., None]


def fill(store: DuckDbStore, devices: int, unsorted: float = 0.0) -> float:
    """Put a year into the store; returns points a second, files and merges included.

    The last share of it may be left unsorted, as it came: work for the store's housekeeping.
    """
    store.write(
        [Sample(f"h{d}", START, dict.fromkeys(NAMES, 0.0)) for d in range(devices)], store.cursor()
    )
    store.seal()
    series = devices * POINTS
    chunk = max(1, store.database.settings.generation_rows // series)
    began = time.perf_counter()
    for first in range(1, TIMES, chunk):
        _generation(store, series, first, min(chunk, TIMES - first))
        while first < TIMES * (1 - unsorted) and store.compactor.step():
            pass
    while not unsorted and (
        store.compactor.merge_closed(START + 2 * YEAR_MS) or store.compactor.step()
    ):
        pass
    return series * TIMES / (time.perf_counter() - began)


def _generation(store: DuckDbStore, series: int, first: int, count: int) -> None:
    with store.database.transaction() as connection:
        open_now = generations(connection)[-1]
        connection.execute(
            f"INSERT INTO {table_of(open_now)} ({ROW})"
            f" SELECT series, {START} + n * {INTERVAL_MS}, 30, false, 1, {_VALUE}, NULL, NULL FROM"
            f" (SELECT {first * series} + i AS i, 1 + i % {series} AS series,"
            f" {first} + i // {series} AS n FROM range({series * count}) r(i))"
        )
        open_generation(connection, open_now + 1)
        store.database.after_commit(store.begin_generation)


def _fastest_ms(call: Callable[[], object], times: int = 5) -> float:
    durations = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        durations.append(time.perf_counter() - began)
    return round(min(durations) * 1000, 2)


def make(path: Path, devices: int, say: Say) -> None:
    """Make a year of history, unless a run before has left it here."""
    done = path.with_suffix(".made")
    if done.exists() and done.read_text() == str(devices):
        say("history of a run before", file=str(path))
        return
    if path.exists():
        raise SystemExit(f"{path} holds another history; name another folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(DuckDbStore(DuckDbSettings(path))) as store:
        rate = fill(store, devices)
        say("history", points=POINTS * devices * TIMES, made_and_moved_per_second=round(rate))
    done.write_text(str(devices))


def devices_of(points: int) -> int:
    """How many meters have so many points in a year."""
    return max(1, points // (POINTS * TIMES))


def questions(store: TimeSeriesStore, devices: int, say: Say) -> None:
    """The questions of the design, section 11, with what is to be reached."""
    day = START + 200 * DAY_MS
    middle, power, every = f"h{devices // 2}", "active_power", list(NAMES)
    year = START, START + YEAR_MS
    _ask(say, "one device's day raw, one point", 20,
         lambda: store.series(middle, [power], day, day + DAY_MS))  # fmt: skip
    _ask(say, "one device's day raw, all ten points", 20,
         lambda: store.series(middle, every, day, day + DAY_MS))  # fmt: skip
    for aggregate in (Aggregate.MEAN, Aggregate.MAX, Aggregate.LAST):
        for name, points in (("one point", [power]), ("all ten points", every)):
            _ask(say, f"a building's year by hour, {aggregate}, {name}", 100,
                 lambda points=points, how=aggregate: store.series(  # type: ignore[misc]
                     middle, points, *year, HOUR_MS, how))  # fmt: skip
    _ask(say, "a building's year by day, all ten points", None,
         lambda: store.series(middle, every, *year, DAY_MS))  # fmt: skip
    _ask(say, "latest of every point", 50, store.latest)


def measure(path: Path, points: int, say: Say) -> None:
    """Make the history and ask the questions of the design, section 11."""
    devices = devices_of(points)
    make(path, devices, say)
    with closing(DuckDbStore(DuckDbSettings(path))) as store:
        files = segments(store.database.connection)
        readings = sum(one.readings for one in files)
        size, hours = sum(one.bytes for one in files), sum(one.hours or 0 for one in files)
        say("files", points=readings, files=len(files), with_hours=sum(map(_has_hours, files)))
        say(
            "bytes a point",
            readings=round(size / readings, 2),
            hours=round(hours / readings, 2),
            found=round((size + hours) / readings, 2),
            with_open_file=round((size + hours + path.stat().st_size) / readings, 2),
            to_reach=4,
        )
        questions(store, devices, say)
        heard = [Sample(f"l{d}", START + YEAR_MS, {"x": float(d)}) for d in range(LATEST)]
        store.write(heard, store.cursor())
        _ask(say, f"latest of {LATEST} devices and the history's", 50, store.latest)
        say("longest write beside sorting and merging", ms=longest_write_ms(store, 10.0))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say("memory", peak_resident_mb=round(peak))


def _has_hours(one: Segment) -> bool:
    return bool(one.hours)


def _ask(say: Say, question: str, to_reach: float | None, call: Callable[[], object]) -> None:
    say(question, ms=_fastest_ms(call), to_reach_ms=to_reach)


def longest_write_ms(store: DuckDbStore, seconds: float) -> float:
    """The longest of many small writes while files are sorted and merged beside them [ms]."""
    stop = threading.Event()

    def move() -> None:
        while not stop.is_set():
            store.seal()
            while store.compactor.step():
                pass
            store.compactor.merge_closed(START + 2 * YEAR_MS)

    thread = threading.Thread(target=move)
    thread.start()
    longest, until, number = 0.0, time.monotonic() + seconds, 0
    while time.monotonic() < until:
        number += 1
        at = START + YEAR_MS + number * 1000
        batch = [Sample(f"l{d}", at, {"x": float(number)}) for d in range(1000)]
        began = time.perf_counter()
        store.write(batch, store.cursor())
        longest = max(longest, time.perf_counter() - began)
        # Late data, so that a month of the past is merged again and again.
        store.write([Sample("h0", START + number, {"voltage_l1": 1.0})], store.cursor())
        time.sleep(0.02)
    stop.set()
    thread.join()
    return round(longest * 1000, 1)
