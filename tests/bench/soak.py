"""Memory, file descriptors, threads and queues of the whole service by simulated hour.

Run as `python -m tests.bench.soak [--hours N] [--rate R]`. The service runs as a user starts it,
with mosquitto and lifts. A simulated hour is as many messages as the lifts would send in one, ten
seconds apart, sent as fast as `--rate` says; the clock is the real one, so that what happens once a
day happens once in a real day. Every simulated hour some pages, a series and a report are asked
for. At the end the slope of each figure over the last half is printed with its standard error, and
whether it is flat; the exit code is 1 where one is not, or where so few hours cannot say. How much
memory a house needs is for `tests.bench.five_hundred`: here many times as much comes in. With
`--inside FILE` the service writes what its memory is made of (`tests.bench.rig.inside`) after an
eighth of the hours and at the end; that takes memory and seconds itself. `--judge FILE` judges what
a run has printed, such as one that was broken off.
"""

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sitewatch.data_folder import DataFolder
from tests.bench.alarms_under_load import lifts
from tests.bench.rig.census import most_resident, resident
from tests.bench.rig.figures import show
from tests.bench.rig.inside import INSIDE, LOOKS, look_inside
from tests.bench.rig.publisher import DEVICES
from tests.brokers import running_broker
from tests.e2e.folders import estate, lift, smoke
from tests.e2e.service import PROGRAM, Service, eventually, started

INTERVAL_S = 10.0
"""Between two messages of a lift in simulated time. [s]"""
HOUR_MESSAGES = round(DEVICES * 3600 / INTERVAL_S)
LAST_MS = 600_000


@dataclass(frozen=True)
class Look:
    """The service at the end of a simulated hour."""

    hour: int
    resident_mb: float
    peak_mb: float
    """The most that was resident at any moment of the hour."""
    descriptors: int
    threads: int
    queued: int
    """Samples that the slowest consumer of the journal has still to read."""


FLAT = {
    "resident_mb": 0.5, "peak_mb": 0.5, "descriptors": 0.05, "threads": 0.02, "queued": 1000.0,
}  # fmt: skip
"""The slope an hour that is still called flat: within what one look differs from the next. A queue
that nobody works off grows by all messages of an hour."""


def look(service: Service, data: DataFolder, hour: int) -> Look:
    """Read the figures of the process and of its journal."""
    pid = service.process.pid
    process = Path(f"/proc/{pid}")
    now, most = resident(pid), most_resident(pid)
    # From here on the most of the next hour (proc(5), clear_refs).
    (process / "clear_refs").write_text("5")
    return Look(
        hour,
        round(now, 1),
        round(most, 1),
        len(list((process / "fd").iterdir())),
        len(list((process / "task").iterdir())),
        queued(data.journal),
    )


def queued(journal: Path) -> int:
    """Samples that the slowest consumer has still to read."""
    query = (
        "SELECT name, (SELECT coalesce(sum(count), 0) FROM batch WHERE"
        " last_seq > CASE lane WHEN 0 THEN safety ELSE routine END) FROM consumer"
    )
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        return max(int(left) for _, left in connection.execute(query))


def ask(service: Service, begun_ms: int) -> None:
    """What people ask in an hour."""
    for _ in range(5):
        service.get("sites")
        service.get("latest")
        service.get("alarms", limit=100)
    # Of the last minutes: the interface gives at most 20,000 readings at once.
    service.series("lift-1", "floor", max(begun_ms, time.time_ns() // 1_000_000 - LAST_MS))
    service.get("reports/energy", period=time.strftime("%Y-%m"))


def slope(values: list[float]) -> tuple[float, float]:
    """Of a straight line through the last half, an hour, and its standard error."""
    kept = np.array(values[len(values) // 2 :])
    hours = np.arange(len(kept)) - (len(kept) - 1) / 2
    spread = float((hours**2).sum())
    found = float((hours * kept).sum()) / spread
    left = kept - kept.mean() - found * hours
    return found, float(np.sqrt((left**2).sum() / max(1, len(kept) - 2) / spread))


def soak(folder: Path, hours: int, rate: float, inside: Path | None = None) -> list[Look]:
    """Run so many simulated hours."""
    many = "".join(lift(f"lift-{n}") for n in range(DEVICES))
    home = estate(folder, many + smoke([f"smoke-{n}" for n in range(500 - DEVICES)]))
    looks, data = [], DataFolder(folder / "data")
    with running_broker(folder / "broker") as broker:
        arguments = ("run", "--estate", str(home), "--data", str(data.path), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url, LOOKS: str(inside)}
        program = PROGRAM if inside is None else INSIDE
        with (
            started(*arguments, folder=folder, environment=environment, program=program) as service,
            lifts(broker.port, rate),
        ):
            begun_ms = time.time_ns() // 1_000_000
            eventually("a lift is heard", lambda: bool(service.latest("lift-1")), within_s=60)
            began = time.monotonic()
            for hour in range(1, hours + 1):
                ask(service, begun_ms)
                time.sleep(max(0.0, began + hour * HOUR_MESSAGES / rate - time.monotonic()))
                looks.append(look(service, data, hour))
                print(json.dumps(asdict(looks[-1])), flush=True)
                if inside is not None and hour in (max(1, hours // 8), hours):
                    look_inside(service.process.pid, inside)
    return looks


def judged(found: float, error: float, most: float) -> str:
    """Whether a slope is below a bound beyond doubt, above it, or neither (two standard errors)."""
    if found + 2 * error <= most:
        return "flat"
    return "GROWS" if found - 2 * error > most else "cannot say, too few hours"


def judge(looks: list[Look]) -> bool:
    """Print the slopes; whether all are flat and memory is within its limit."""
    rows, figures, good = [], {}, True
    for name, most in FLAT.items():
        values = [float(getattr(one, name)) for one in looks]
        found, error = slope(values)
        verdict = judged(found, error, most)
        good &= verdict == "flat"
        said = f"{found:+.3f} ± {error:.3f} an hour: {verdict}"
        rows.append(
            (f"{name}, {values[0]:g} to {values[-1]:g}, most {max(values):g}", said, "flat")
        )
        figures[name] = round(found, 4)
        figures[f"{name} ±"] = round(error, 4)
    most_mb = max(one.peak_mb for one in looks)
    rows.append(("resident, most", f"{most_mb:.0f} MB", ""))
    title = f"{len(looks)} simulated hours, 500 devices, {DEVICES} of them sending"
    show(title, rows, {**figures, "most_mb": most_mb, "good": good})
    return good


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=48, help="simulated")
    parser.add_argument("--rate", type=float, default=2000.0, help="messages/s")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--inside", type=Path, help="where to write what memory is made of")
    parser.add_argument("--judge", type=Path, help="what a run printed, to be judged again")
    given = parser.parse_args()
    if given.judge is not None:
        printed = given.judge.read_text(encoding="utf-8").splitlines()
        looks = [Look(**json.loads(line)) for line in printed if line.startswith('{"hour"')]
        sys.exit(0 if judge(looks) else 1)
    if given.hours < 6:
        sys.exit("a slope needs at least 6 hours")
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        sys.exit(0 if judge(soak(Path(name), given.hours, given.rate, given.inside)) else 1)


if __name__ == "__main__":
    main()
