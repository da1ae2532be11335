"""Points a second from journal to store, and query times, beside a bare loop in the same run.

Run as `python -m tests.bench.store [--points N] [--cycles N] [--devices N] [--influx] [--folder
DIR] [--keep DIR]`. A device has 30 points; each cycle is one sample a device. The bare loop inserts
the same rows as ready-made arrays into a DuckDB table of the same shape: what is left to gain.
`--points` is how much history (`tests.bench.rig.history`) is made and asked about; 0 for none. With
`--keep` it is made there and left, and a later run with the same number asks it again. With
`--influx` a year of two of its meters is put into an influxd as well, and both are asked the same.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb
import numpy as np

from collectors.sample import Lane, Sample
from ingest.bus import Cursor
from ingest.journal import Journal
from ingest.recorder import CONSUMER, Recorder
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from ingest.stores.store import Aggregate, TimeSeriesStore
from tests.bench.rig import history
from tests.influx import influxd

POINTS = 30
INTERVAL_MS = 10_000
START = 1_780_000_000_000
NAMES = [f"point_{n}" for n in range(POINTS)]
BATCH = 2000


def _say(case: str, **figures: object) -> None:
    print(json.dumps({"case": case, **figures}), flush=True)


def _samples(cycle: int, devices: int) -> list[Sample]:
    at = START + cycle * INTERVAL_MS
    return [
        Sample(f"d{d}", at, {name: d + n * 0.25 + cycle % 60 for n, name in enumerate(NAMES)})
        for d in range(devices)
    ]


def bare(folder: Path, cycles: int, devices: int) -> float:
    """Points a second of a loop that inserts ready-made arrays."""
    connection = duckdb.connect(folder / "bare.duckdb", config={"threads": 2})
    connection.execute(
        "CREATE TABLE reading (series INTEGER, t BIGINT, lag BIGINT, own_clock BOOLEAN,"
        " type UTINYINT, number DOUBLE, text VARCHAR, reason VARCHAR)"
    )
    rows = devices * POINTS
    columns = {
        "series": np.arange(rows, dtype=np.int32),
        "lag": np.zeros(rows, dtype=np.int64),
        "own_clock": np.zeros(rows, dtype=np.bool_),
        "type": np.ones(rows, dtype=np.uint8),
        "number": np.arange(rows, dtype=np.float64),
    }
    began = time.perf_counter()
    for cycle in range(cycles):
        arrays = columns | {"t": np.full(rows, START + cycle * INTERVAL_MS, dtype=np.int64)}
        connection.register("incoming", arrays)
        connection.execute(
            "INSERT INTO reading SELECT series, t, lag, own_clock, type, number, NULL, NULL"
            " FROM incoming"
        )
        connection.unregister("incoming")
    seconds = time.perf_counter() - began
    connection.close()
    return cycles * rows / seconds


def direct(store: TimeSeriesStore, cycles: int, devices: int) -> float:
    """Points a second of `write` alone, in batches as the recorder makes them."""
    spent, seq, points = 0.0, 0, 0
    pending: list[Sample] = []
    for cycle in range(cycles):
        for sample in _samples(cycle, devices):
            seq += 1
            pending.append(Sample(sample.device, sample.received_at, sample.values, seq=seq))
        if len(pending) >= BATCH or cycle == cycles - 1:
            began = time.perf_counter()
            store.write(pending, Cursor(0, seq))
            spent += time.perf_counter() - began
            points += len(pending) * POINTS
            pending = []
    return points / spent


async def _move(store: DuckDbStore) -> None:
    while True:
        if not await asyncio.to_thread(store.compactor.step):
            await asyncio.sleep(0.2)


async def recorded(folder: Path, cycles: int, devices: int) -> float:
    """Points a second of the recorder draining a journal, decoding from its disk."""
    path = folder / "journal.sqlite"
    async with Journal.open(path, (CONSUMER,)) as journal:
        for cycle in range(cycles):
            await journal.append(_samples(cycle, devices))
    with closing(DuckDbStore(DuckDbSettings(folder / "recorded.duckdb"))) as store:
        async with Journal.open(path, (CONSUMER,)) as journal:
            recorder = Recorder(journal, store, batch=BATCH)
            began = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                running = group.create_task(recorder.run())
                moving = group.create_task(_move(store))
                while journal.statistics().lag[CONSUMER][Lane.ROUTINE].samples:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                seconds = time.perf_counter() - began
                running.cancel()
                moving.cancel()
    return cycles * devices * POINTS / seconds


def _fastest_ms(call: Callable[[], object], times: int = 5) -> float:
    durations = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        durations.append(time.perf_counter() - began)
    return round(min(durations) * 1000, 2)


def queries(store: TimeSeriesStore, cycles: int) -> dict[str, float]:
    """The fastest of five runs of each question to what was just written. [ms]"""
    end = START + cycles * INTERVAL_MS
    hour = 3_600_000
    return {
        "raw_newest_day_ms": _fastest_ms(
            lambda: store.series("d7", [NAMES[3]], max(START, end - 24 * hour), end)
        ),
        "hourly_all_ms": _fastest_ms(
            lambda: store.series("d7", [NAMES[3]], START, end, hour, Aggregate.MEAN)
        ),
        "latest_ms": _fastest_ms(store.latest, 2),
    }


def main() -> None:
    """Run and print one JSON line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000_000, help="of history")
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--influx", action="store_true", help="measure an influxd as well")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", type=Path, help="where the history stays for a later run")
    given = parser.parse_args()
    cycles, devices = given.cycles, given.devices
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        loop = bare(folder, cycles, devices)
        _say("bare duckdb loop", points_per_second=round(loop))
        with closing(DuckDbStore(DuckDbSettings(folder / "direct.duckdb"))) as store:
            rate = direct(store, cycles, devices)
            asked = queries(store, cycles)
        figures = {"points_per_second": round(rate), "ratio": round(rate / loop, 3)}
        _say("duckdb store", **figures, **asked)
        rate = asyncio.run(recorded(folder, min(cycles, 100), devices))
        _say(
            "journal to duckdb, files moved meanwhile",
            points_per_second=round(rate),
            ratio=round(rate / loop, 3),
            to_reach=100_000,
        )
        if given.points:
            history.measure((given.keep or folder) / "history.duckdb", given.points, _say)
        if given.influx:
            with influxd(folder / "influxd") as url:
                _influx(url, cycles, devices)
                side_by_side(folder / "side.duckdb", url)


def side_by_side(path: Path, url: str) -> None:
    """A year of two meters in both stores, and the same questions to both."""
    devices = 2
    history.make(path, devices, _say)
    with closing(DuckDbStore(DuckDbSettings(path))) as duck, closing(_influx_store(url)) as influx:
        influx.cursor()
        began, points = time.perf_counter(), 0
        for device in duck.devices():
            for samples in duck.samples(device, history.START, history.START + history.YEAR_MS):
                for first in range(0, len(samples), BATCH):
                    influx.write(samples[first : first + BATCH], Cursor())
                points += sum(len(sample.values) for sample in samples)
        rate = round(points / (time.perf_counter() - began))
        _say("year of two meters from duckdb to influxdb", points=points, points_per_second=rate)
        for name, store in (("duckdb", duck), ("influxdb", influx)):
            history.questions(store, devices, partial(_say_of, name))


def _say_of(store: str, case: str, **figures: object) -> None:
    _say(case, store=store, **figures)


def _influx_store(url: str) -> InfluxStore:
    def reject(source: str, payload: bytes, reason: str) -> None:
        raise SystemExit(f"{source} rejected {payload!r}: {reason}")

    settings = InfluxSettings(url)
    return InfluxStore(settings, lambda device: ("electricity_meter", "centre"), reject)


def _influx(url: str, cycles: int, devices: int) -> None:
    with closing(_influx_store(url)) as store:
        store.cursor()
        rate = direct(store, cycles, devices)
        _say("influxdb 1.x store", points_per_second=round(rate), **queries(store, cycles))


if __name__ == "__main__":
    main()
