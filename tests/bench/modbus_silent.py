"""What silent units cost their neighbours on a line: `python -m tests.bench.modbus_silent`.

30 units on one line, over TCP and as RTU over TCP. The time between two readings of a unit that
answers, when all answer and when one is silent, five are, or one sends one byte a second.
"""

import argparse
import asyncio
from collections.abc import Sequence
from itertools import pairwise

import structlog

from collectors import modbus
from device_configs.profile import Profile
from tests.bench.rig.figures import p99, show
from tests.bench.rig.meters import meter, thirty_points
from tests.bench.rig.service import Counting, wiring
from tests.bench.rig.simulator import Simulator, simulator
from tests.collectors.lines import running

UNITS = 30
CASES: dict[str, dict[str, Sequence[int]]] = {
    "1 silent": {"silent": (7,)},
    "5 silent": {"silent": (3, 7, 11, 19, 23)},
    "1 that sends a byte a second": {"trickling": (7,)},
}


async def cycles(
    profile: Profile, meters: Simulator, given: argparse.Namespace, *, rtu: bool, bad: Sequence[int]
) -> list[float]:
    """The time between two readings of a device, of all that answer. [s]"""
    sink = Counting()
    port = meters.ports[0]
    devices = [meter(profile, port, unit, given.interval, rtu=rtu) for unit in range(1, UNITS + 1)]
    (line,) = modbus.DRIVER.open(devices, wiring(sink, given.interval))
    async with running(line):
        await asyncio.sleep(given.seconds)
    failing = {f"m{port}-{unit}" for unit in bad}
    return [
        later - earlier
        for name, times in sink.heard.items()
        if name not in failing
        for earlier, later in pairwise(times)
    ]


async def measure(meters: Simulator, given: argparse.Namespace, *, rtu: bool) -> None:
    """Measure all cases over one kind of frames."""
    profile = thirty_points(given.timeout_ms)
    way = "RTU over TCP" if rtu else "TCP"
    meters.order()
    usual = await cycles(profile, meters, given, rtu=rtu, bad=())
    rows = [("all answer, p99 cycle", f"{p99(usual):.3f} s", f"interval {given.interval:g} s")]
    figures: dict[str, object] = {"all_p99_s": round(p99(usual), 3)}
    for name, orders in CASES.items():
        bad = [unit for units in orders.values() for unit in units]
        meters.order(**orders)
        found = await cycles(profile, meters, given, rtu=rtu, bad=bad)
        ratio = p99(found) / p99(usual)
        rows.append((f"{name}, p99 cycle of the others", f"{p99(found):.3f} s", ""))
        rows.append(("  against all answer", f"{ratio:.2f}", "<= 1.2"))
        figures[name] = {"p99_s": round(p99(found), 3), "ratio": round(ratio, 3)}
    title = f"Silent units of {UNITS}, {way}, time-out {given.timeout_ms} ms"
    show(title, rows, figures)


def main() -> None:
    """Start the simulators, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each case")
    parser.add_argument("--interval", type=float, default=1.0)
    parser.add_argument("--timeout-ms", type=int, default=100)
    given = parser.parse_args()
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()],
                        logger_factory=structlog.ReturnLoggerFactory())  # fmt: skip
    for rtu in (False, True):
        with simulator(rtu=rtu) as meters:
            asyncio.run(measure(meters, given, rtu=rtu))


if __name__ == "__main__":
    main()
