"""Memory of the service with 500 devices that report as devices do: 400 meters and 100 lifts.

Run as `python -m tests.bench.five_hundred [--minutes N] [--inside FILE]`. The meters have 30 points
and are polled every ten seconds over Modbus TCP; the lifts send ten points every ten seconds over
MQTT. Once a minute some pages, a series and a report are asked for. The service is one process with
its embedded store, as a user starts it; everything else is in other processes.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sitewatch.data_folder import DataFolder
from tests.bench.alarms_under_load import lifts
from tests.bench.rig.census import most_resident, resident
from tests.bench.rig.figures import show
from tests.bench.rig.inside import INSIDE, LOOKS, look_inside
from tests.bench.rig.meters import POINTS, write_thirty_points
from tests.bench.rig.publisher import DEVICES
from tests.bench.rig.simulator import simulator
from tests.bench.soak import INTERVAL_S, ask, slope
from tests.brokers import running_broker
from tests.e2e.folders import estate, lift
from tests.e2e.service import PROGRAM, Service, eventually, started

ENDPOINTS, UNITS = 20, 20
_LOOK_S = 5.0
LIMIT_MB = 300
"""Resident memory for 500 devices with the embedded store. [MB] [design, section 11]"""


def meters(ports: Sequence[int]) -> str:
    """The meters as an estate has them."""
    return "".join(
        f"- {{id: m{number}-{unit}, profile: bench, place: hall, interval: 10s, "
        f"link: {{modbus_tcp: {{host: 127.0.0.1, port: {port}, unit: {unit}}}}}}}\n"
        for number, port in enumerate(ports)
        for unit in range(1, UNITS + 1)
    )


def watch(service: Service, minutes: float) -> list[float]:
    """Resident memory at each look, while people ask. [MB]"""
    begun_ms, began, found = time.time_ns() // 1_000_000, time.monotonic(), list[float]()
    asked = began
    while time.monotonic() < began + minutes * 60:
        if time.monotonic() >= asked:
            ask(service, begun_ms)
            asked += 60
        found.append(resident(service.process.pid))
        time.sleep(_LOOK_S)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--inside", type=Path, help="where to write what memory is made of")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = stack.enter_context(simulator(ENDPOINTS)).ports
        broker = stack.enter_context(running_broker(folder / "broker"))
        many = meters(ports) + "".join(lift(f"lift-{n}") for n in range(DEVICES))
        home = estate(folder, many)
        write_thirty_points(home / "profiles")
        data = DataFolder(folder / "data")
        arguments = ("run", "--estate", str(home), "--data", str(data.path), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url, LOOKS: str(given.inside)}
        program = PROGRAM if given.inside is None else INSIDE
        service = stack.enter_context(
            started(*arguments, folder=folder, environment=environment, program=program)
        )
        stack.enter_context(lifts(broker.port, DEVICES / INTERVAL_S))
        last = f"m{ENDPOINTS - 1}-{UNITS}"
        eventually("all are heard", lambda: bool(service.latest(last)), within_s=120)
        found = watch(service, given.minutes)
        most = most_resident(service.process.pid)
        if given.inside is not None:
            look_inside(service.process.pid, given.inside)
    rise, error = (60 / _LOOK_S * figure for figure in slope(found))
    rows = [
        ("resident, when all are heard", f"{found[0]:.0f} MB", ""),
        (f"  {given.minutes:g} minutes after", f"{found[-1]:.0f} MB", f"< {LIMIT_MB} MB"),
        ("  most at any moment", f"{most:.0f} MB", f"< {LIMIT_MB} MB"),
        ("  slope of the last half", f"{rise:+.2f} ± {error:.2f} MB/min", ""),
    ]
    figures = {
        "first_mb": round(found[0], 1), "last_mb": round(found[-1], 1), "most_mb": round(most, 1),
        "mb_a_minute": round(rise, 3), "error": round(error, 3),
    }  # fmt: skip
    count = ENDPOINTS * UNITS
    show(f"{count} meters of {POINTS} points and {DEVICES} lifts, every 10 s", rows, figures)
    sys.exit(0 if most < LIMIT_MB else 1)


if __name__ == "__main__":
    main()
