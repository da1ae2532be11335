"""Points a second into InfluxDB 1.x and VictoriaMetrics, beside a bare line-protocol loop.

Run as `python -m tests.bench.influx [--cycles N] [--devices N] [--runs N]`. A device has 30 points;
each cycle is one sample a device. The bare loop formats the same lines with one f-string a line and
posts them in requests of the same size: it knows no reasons, no refusals and no cursor. `store` is
`write` alone; `recorder` is the whole way from the journal on the disk. InfluxDB 1.x is written by
`/write`, VictoriaMetrics by `/api/v2/write` with the maker's client.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx

from collectors.sample import Lane, Sample
from ingest.bus import Cursor
from ingest.journal import Journal
from ingest.recorder import CONSUMER, Recorder
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from tests.bench.rig.figures import CONSOLE
from tests.conftest import ROOT
from tests.influx import influxd_of, victoria_metrics

POINTS = 30
INTERVAL_MS = 10_000
START = 1_780_000_000_000
NAMES = [f"point_{n}" for n in range(POINTS)]
BATCH = 5000
REACH = 0.6


def samples(cycles: int, devices: int) -> list[Sample]:
    """What all loops write."""
    return [
        Sample(
            f"d{d}", START + cycle * INTERVAL_MS,
            {name: d + n * 0.25 + cycle % 60 for n, name in enumerate(NAMES)},
            seq=1 + cycle * devices + d,
        )
        for cycle in range(cycles) for d in range(devices)
    ]  # fmt: skip


def _parts(found: Sequence[Sample]) -> list[Sequence[Sample]]:
    return [found[start : start + BATCH] for start in range(0, len(found), BATCH)]


class WriteOnly(InfluxStore):
    """A store on a server that takes lines and answers no questions."""

    def cursor(self) -> Cursor:
        """Nothing is there yet."""
        return Cursor()


def _settings(url: str, database: str, version: int) -> InfluxSettings:
    return InfluxSettings(url, database, version, token="any" if version == 2 else "")


def bare(settings: InfluxSettings, found: Sequence[Sample]) -> float:
    """Points a second of the loop with nothing but lines."""
    name = settings.database
    path, query = "/write", {"db": name, "precision": "ns"}
    if settings.version == 2:
        path, query = "/api/v2/write", {"bucket": name, "org": settings.org, "precision": "ns"}
    with httpx.Client(base_url=settings.url, timeout=60, trust_env=False) as client:
        if settings.version == 1:
            client.post("/query", data={"q": f'CREATE DATABASE "{name}"'}).raise_for_status()
        began = time.perf_counter()
        for part in _parts(found):
            body = "\n".join(
                f"electricity_meter,device={one.device},site=hall "
                f"{','.join([f'{name}={value!r}' for name, value in one.values.items()])} "
                f"{one.received_at * 1_000_000 + one.seq % 1_000_000}"
                for one in part
            )
            client.post(path, params=query, content=body.encode()).raise_for_status()
        return len(found) * POINTS / (time.perf_counter() - began)


def _store(settings: InfluxSettings) -> InfluxStore:
    made = InfluxStore if settings.version == 1 else WriteOnly
    return made(settings, lambda _: ("electricity_meter", "hall"), _refused)


def _refused(source: str, payload: bytes, reason: str) -> None:
    raise SystemExit(f"{source} refused a line: {reason}")


def direct(settings: InfluxSettings, found: Sequence[Sample]) -> float:
    """Points a second of `InfluxStore.write`."""
    with closing(_store(settings)) as store:
        store.cursor()
        began = time.perf_counter()
        for part in _parts(found):
            store.write(part, Cursor(0, part[-1].seq))
        return len(found) * POINTS / (time.perf_counter() - began)


async def drained(settings: InfluxSettings, folder: Path, found: Sequence[Sample]) -> float:
    """Points a second of the recorder that drains a journal from its disk."""
    path = folder / f"{settings.database}.sqlite"
    async with Journal.open(path, (CONSUMER,)) as journal:
        for part in _parts(found):
            await journal.append(part)
    with closing(_store(settings)) as store:
        async with Journal.open(path, (CONSUMER,)) as journal:
            recorder = Recorder(journal, store, batch=BATCH)
            began = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                running = group.create_task(recorder.run())
                while journal.statistics().lag[CONSUMER][Lane.ROUTINE].samples:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                seconds = time.perf_counter() - began
                running.cancel()
    return len(found) * POINTS / seconds


def measure(
    name: str, url: str, version: int, folder: Path, found: Sequence[Sample], runs: int
) -> float:
    """Run the loops in turn and print the medians; the worst ratio to the bare loop."""
    rates: dict[str, list[float]] = {"bare loop": [], "store": [], "recorder": []}
    for run in range(runs):
        rates["bare loop"].append(bare(_settings(url, f"bare{run}", version), found))
        rates["store"].append(direct(_settings(url, f"store{run}", version), found))
        database = _settings(url, f"recorder{version}{run}", version)
        rates["recorder"].append(asyncio.run(drained(database, folder, found)))
    medians = {case: statistics.median(rate) for case, rate in rates.items()}
    CONSOLE.print(name)
    for case, rate in medians.items():
        ratio = rate / medians["bare loop"]
        CONSOLE.print(f"  {case:10} {rate:12,.0f} points/s   {ratio:5.2f} of the bare loop")
    return min(medians["store"], medians["recorder"]) / medians["bare loop"]


def main() -> int:
    """Measure both servers; 1 where the ratio is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    found = samples(given.cycles, given.devices)
    config = (ROOT / "deploy" / "influx1" / "influxdb.conf").read_text("utf-8")
    config = config.replace("auth-enabled = true", "auth-enabled = false")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with influxd_of(folder / "influxd", config) as url:
            reached = [measure("InfluxDB 1.x", url, 1, folder, found, given.runs)]
        with victoria_metrics(folder / "victoria") as url:
            reached.append(measure("VictoriaMetrics", url, 2, folder, found, given.runs))
    CONSOLE.print(f"to reach: store and recorder at {REACH} of the bare loop; {min(reached):.2f}")
    return 0 if min(reached) >= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
