"""From a smoke detector's message to its stored alarm, while the rest of the service is kept busy.

Run as `python -m tests.bench.alarms_under_load [--points N] [--alarms N] [--rate R]`. The whole
service is one process, with mosquitto, lifts that send all the time, and a year of history whose
last part is still unsorted. Smoke messages come at random moments, first with the lifts alone, then
while a year's report, year-long and month-long series and exports are asked for in loops and the
store sorts, merges and writes hours. What is stored is looked up in the database every few
milliseconds, from outside.
"""

import argparse
import contextlib
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from collectors.sample import Sample
from device_configs.estate import Estate
from ingest.interval_ledger import IntervalLedger
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from records.engine import make_engine, migrate, sqlite_url
from sitewatch.control_socket import ask
from sitewatch.data_folder import DataFolder
from sitewatch.errors import SitewatchError
from sitewatch.estate_folder import load_folder
from tests.bench.rig import history
from tests.bench.rig.figures import p99, show
from tests.bench.rig.publisher import DEVICES, publish
from tests.bench.rig.service import now_ms
from tests.brokers import Publisher, publisher, running_broker
from tests.e2e.folders import estate, lift, smoke
from tests.e2e.service import PROGRAM, Service, eventually, started

REACH_S = 1.0
_LOOK_S = 0.003
_LONGEST_S = 30.0
_YEAR = {"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z", "step": "1h"}
_MONTH = {"start": "2026-05-01T00:00:00Z", "end": "2026-06-01T00:00:00Z"}


def meters(count: int) -> str:
    """Meters whose past is in the store and that say nothing now."""
    return "".join(
        f"- {{id: h{n}, profile: homewizard_meter, place: centre, interval: 1h, "
        f"link: {{mqtt: {{topic: meters/h{n}}}}}}}\n"
        for n in range(count)
    )


def seed(folder: DataFolder, known: Estate, count: int) -> None:
    """A year of readings and of energy intervals, before the service starts."""
    folder.path.mkdir(parents=True)
    with closing(DuckDbStore(DuckDbSettings(folder.series))) as store:
        history.fill(store, count, unsorted=0.5)
    engine = make_engine(sqlite_url(folder.records))
    migrate(engine)

    ledger = IntervalLedger(engine, known, now_ms=now_ms)
    for hour in range(0, 365 * 24, 4):
        at = history.START + hour * history.HOUR_MS
        ledger.backfill([
            Sample(f"h{n}", at, {"active_energy_import": 1000.0 * hour})
            for n in range(min(count, 10))
        ])  # fmt: skip
    engine.dispose()


@dataclass
class Busy:
    """What is asked of the service in loops, and how often it was answered."""

    service: Service
    data: Path
    done: dict[str, int] = field(default_factory=dict)
    longest_s: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def loops(self) -> list[threading.Thread]:
        """One thread for each loop, started."""
        every = ",".join(history.NAMES)
        asks: dict[str, Callable[[], object]] = {
            "report of a year": lambda: self.service.get(
                "reports/energy", period="2026", step="day"
            ),
            "year by hour": lambda: self.service.get("devices/h1/series", points=every, **_YEAR),
            "month of readings": lambda: self.service.get(
                "devices/h2/series", points="active_power,voltage_l1", **_MONTH
            ),
            "exports": self._exports,
        }
        threads = [threading.Thread(target=self._loop, args=one) for one in asks.items()]
        for thread in threads:
            thread.start()
        return threads

    def _exports(self) -> None:
        """One after the other: the service does one command at a time."""
        self._export("all.parquet", None)
        self._export("h3.lp", "h3")

    def _export(self, name: str, device: str | None) -> object:
        form = "lineprotocol" if name.endswith(".lp") else "parquet"
        request = {
            "command": "export", "file": str(self.data.parent / name), "form": form,
            "start": history.START, "end": history.START + history.YEAR_MS, "device": device,
        }  # fmt: skip
        return ask(self.data, request, lambda done, of: None)

    def _loop(self, name: str, call: Callable[[], object]) -> None:
        while not self.ended.is_set():
            began = time.monotonic()
            try:
                call()
            except (AssertionError, SitewatchError) as error:
                # The service may refuse, and says why; how often is printed.
                name_refused = f"{name}, refused: {str(error)[:60]}"
                self.done[name_refused] = self.done.get(name_refused, 0) + 1
                time.sleep(0.5)
                continue
            self.done[name] = self.done.get(name, 0) + 1
            spent = time.monotonic() - began
            self.longest_s[name] = round(max(spent, self.longest_s.get(name, 0)), 1)


@contextmanager
def lifts(port: int, rate: float) -> Iterator[None]:
    """A process that publishes the lifts' messages."""
    command = [sys.executable, "-m", "tests.bench.alarms_under_load", "--publish", str(port)]
    with subprocess.Popen([*command, "--rate", str(rate)]) as process:
        try:
            yield
        finally:
            process.kill()


def stored_after(database: Path, told: Publisher, name: str) -> float:
    """Seconds from the message of a detector to its alarm in the database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        query = "SELECT 1 FROM alarms WHERE device = ? AND rule = 'smoke_detector_fire'"
        began = time.monotonic()
        told.publish(f"zigbee2mqtt/{name}", json.dumps({"smoke": True, "linkquality": 90}))
        while connection.execute(query, (name,)).fetchone() is None:
            if time.monotonic() - began > _LONGEST_S:
                raise SystemExit(f"no alarm of {name} after {_LONGEST_S:.0f} s")
            time.sleep(_LOOK_S)
        return time.monotonic() - began


def alarms(database: Path, told: Publisher, names: list[str]) -> list[float]:
    """One after the other, at random moments."""
    chance = random.Random(len(names))
    found = []
    for name in names:
        time.sleep(chance.uniform(0.05, 0.6))
        found.append(stored_after(database, told, name))
    return found


def measure(folder: Path, given: argparse.Namespace) -> None:
    """Build, run and print."""
    count, names = history.devices_of(given.points), [f"smoke-{n}" for n in range(2 * given.alarms)]
    many = "".join(lift(f"lift-{n}") for n in range(DEVICES))
    home = estate(folder, smoke(names) + many + meters(count))
    data = DataFolder(folder / "data")
    seed(data, load_folder(home).estate, count)
    with running_broker(folder / "broker") as broker, publisher(broker) as told:
        arguments = ("run", "--estate", str(home), "--data", str(data.path), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        with (
            started(*arguments, folder=folder, environment=environment, program=PROGRAM) as service,
            lifts(broker.port, given.rate),
        ):
            eventually("a lift is heard", lambda: bool(service.latest("lift-1")), within_s=60)
            quiet = alarms(data.records, told, names[: given.alarms])
            busy = Busy(service, data.path)
            threads = busy.loops()
            loaded = alarms(data.records, told, names[given.alarms :])
            busy.ended.set()
            for thread in threads:
                thread.join()
            health = service.get("health")
    _print(quiet, loaded, busy, str(health["status"]))


def _print(quiet: list[float], loaded: list[float], busy: Busy, health: str) -> None:
    rows = [
        (f"{title}, {name}", f"{1000 * of(found):,.0f} ms", reach)
        for title, found in (("lifts alone", quiet), ("under load", loaded))
        for name, of, reach in (
            ("median", statistics.median, ""),
            ("p99", p99, f"< {1000 * REACH_S:,.0f} ms"),
            ("longest", max, ""),
        )
    ]
    rows += [(f"  {name}", f"{n} times", "") for name, n in sorted(busy.done.items())]
    rows += [(f"  {name}, longest", f"{s} s", "") for name, s in sorted(busy.longest_s.items())]
    rows.append(("health at the end", health, ""))
    figures = {"quiet_p99_s": round(p99(quiet), 3), "loaded_p99_s": round(p99(loaded), 3)}
    show("Smoke message to stored alarm, whole service in one process", rows, figures)


def main() -> None:
    """Run the bench, or the process that publishes for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000_000, help="of history")
    parser.add_argument("--alarms", type=int, default=100, help="in each of the two parts")
    parser.add_argument("--rate", type=float, default=500.0, help="messages/s of the lifts")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--publish", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.publish:
        with contextlib.suppress(OSError):
            publish(given.publish, 10**9, given.rate)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        measure(Path(name), given)


if __name__ == "__main__":
    main()
