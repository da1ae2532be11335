"""How soon a smoke message is an alarm: in one process, in two, and with the serving one stopped.

Run as `python -m tests.bench.split [ALARMS]`. A real mosquitto, the real service, a real webhook
receiver. Stored is the moment at which another process sees the alarm in the database, to 2 ms.
"""

import json
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import httpx

from tests.bench.rig.figures import p99, show
from tests.brokers import publisher, running_broker
from tests.e2e.folders import estate, smoke, webhook
from tests.e2e.halves import children, stopped
from tests.e2e.service import PROGRAM, Service, eventually, started
from tests.webhook import receiving

APART_S = 0.05
LOOK_S = 0.002
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6
REACH_MS = 1000
"""Design, section 11: change at a device to alarm stored, p99. [ms]"""


class Seen:
    """When each alarm was first seen in the database, by device."""

    def __init__(self, file: Path) -> None:
        self.at: dict[str, float] = {}
        self._file = file
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Seen":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def _look(self) -> None:
        last = 0
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=10)) as db:
            while not self._ended.wait(LOOK_S):
                query = "SELECT id, device FROM alarms WHERE id > ? ORDER BY id"
                for number, device in db.execute(query, (last,)).fetchall():
                    last = number
                    self.at[device] = time.monotonic()


class Page:
    """When each alarm came over the live stream, by device."""

    def __init__(self, service: Service) -> None:
        self.at: dict[str, float] = {}
        self._service = service
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Page":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _read(self) -> None:
        event = ""
        try:
            with self._service.client.stream("GET", "live", timeout=60) as stream:
                for line in stream.iter_lines():
                    if line.startswith("event: "):
                        event = line.removeprefix("event: ")
                    elif event == "alarm" and line.startswith("data: "):
                        alarm = json.loads(line.removeprefix("data: "))
                        self.at.setdefault(alarm["device"], time.monotonic())
                    if self._ended.is_set():
                        return
        except httpx.HTTPError:
            return


Delays = dict[str, list[float]]
"""Where an alarm arrived to how long after the publishing of its message. [ms]"""


def measured(
    count: int, options: Sequence[str], prepare: Callable[[Service, ExitStack], None]
) -> Delays:
    """From the publishing of each message to its alarm in the database, the webhook, the page."""
    names = [f"smoke-{number}" for number in range(1, count + 1)]
    sent: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(running_broker(folder / "broker"))
        receiver = stack.enter_context(receiving())
        home = estate(folder, smoke(names), webhook(receiver.url))
        data = folder / "data"
        arguments = ("run", *options, "--estate", str(home), "--data", str(data), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        service = stack.enter_context(
            started(*arguments, folder=folder, environment=environment, program=PROGRAM)
        )
        eventually("it is well", lambda: service.client.get("health").status_code == 200)
        publishes = stack.enter_context(publisher(broker))
        seen = stack.enter_context(Seen(data / "sitewatch.sqlite"))
        page = stack.enter_context(Page(service))
        time.sleep(1.0)
        with ExitStack() as during:
            prepare(service, during)
            for device in names:
                sent[device] = time.monotonic()
                publishes.publish(f"zigbee2mqtt/{device}", '{"smoke": true}')
                time.sleep(APART_S)
            eventually("all are stored", lambda: seen.at.keys() >= set(names), within_s=30)
            told = {json.loads(one.body)["device"]: one.at for one in receiver.wait(count)}
            if prepare is undisturbed:
                eventually("the page has all", lambda: page.at.keys() >= set(names))
        shown = ", ".join(f"{name} {size:.0f} MB" for name, size in memory(service).items())
        print(f"resident: {shown}", flush=True)
    places = {"stored": seen.at, "at the webhook": told}
    places |= {"at the page": page.at} if prepare is undisturbed else {}
    return {
        place: [(found[device] - sent[device]) * 1000 for device in names]
        for place, found in places.items()
    }


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


def undisturbed(_service: Service, _during: ExitStack) -> None:
    """Leave it alone."""


def memory(service: Service) -> dict[str, float]:
    """Resident memory of the service's processes. [MB]"""
    processes = {"main": service.process.pid, **children(service.process.pid)}
    return {
        name: round(int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE_MB)
        for name, pid in processes.items()
    }


def stop_serving(service: Service, during: ExitStack) -> None:
    """Stop the serving process until the end of the measurement."""
    during.enter_context(stopped(children(service.process.pid)["serve"]))


def main() -> int:
    """Measure all three, and print them side by side."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    cases: dict[str, tuple[Sequence[str], Callable[[Service, ExitStack], None]]] = {
        "one process": ((), undisturbed),
        "two processes": (("--split",), undisturbed),
        "two, the serving one stopped": (("--split",), stop_serving),
    }
    rows: list[tuple[str, str, str]] = []
    figures: dict[str, object] = {"alarms": count, "cores": os.cpu_count()}
    worst = 0.0
    for case, (options, prepare) in cases.items():
        for what, values in measured(count, options, prepare).items():
            shown = f"p50 {median(values):.0f} ms, p99 {p99(values):.0f} ms"
            rows.append((f"{case}: {what}", shown, f"p99 < {REACH_MS} ms"))
            figures[f"{case}: {what}"] = [round(median(values), 1), round(p99(values), 1)]
            worst = max(worst, p99(values))
    show("publish to alarm", rows, figures)
    return int(worst >= REACH_MS)


if __name__ == "__main__":
    sys.exit(main())
