"""10,000 simulated 30-point devices at a 10 s cycle: `python -m tests.bench.modbus_many`.

200 endpoints of 50 units each on the loopback, in a process of their own; the whole service behind
the lines. Lateness is the start of a poll against the moment it was due, as each line's health says
it at the end; a missed beat is a poll that was left out because the one before took too long.
"""

import argparse
import asyncio
import cProfile
import pstats
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from collectors import modbus
from collectors.driver import Line
from tests.bench.rig.figures import Clock, p99, resident_mb, show
from tests.bench.rig.meters import meter, thirty_points
from tests.bench.rig.service import Counting, service, wiring
from tests.bench.rig.simulator import Simulator, simulator


class Lateness:
    """Looks at every line's newest lateness, often."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self.seen_ms: list[float] = []

    def look(self) -> None:
        """Take what the lines say now."""
        self.seen_ms += [line.health().lateness_ms for line in self._lines]

    def worst_p99_ms(self) -> float:
        """The worst p99 that any line says of its own newest polls."""
        return max(line.health().lateness_p99_ms for line in self._lines)

    def missed(self) -> int:
        """Polls that were left out."""
        return sum(line.health().counters["skipped"] for line in self._lines)


async def measure(meters: Simulator, given: argparse.Namespace) -> None:
    """Measure and print."""
    profile = thirty_points()
    devices = [
        meter(profile, port, unit, given.interval)
        for port in meters.ports
        for unit in range(1, given.units + 1)
    ]
    profiler = cProfile.Profile() if given.profile else None
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        behind = await stack.enter_async_context(service(folder, devices))
        sink = Counting(behind.intake)
        lines = modbus.DRIVER.open(devices, wiring(sink, given.interval))
        tasks = [asyncio.ensure_future(line.run()) for line in lines]
        late = Lateness(lines)
        await asyncio.sleep(given.warm)
        missed, heard, before, clock = late.missed(), sink.samples, meters.order(), Clock()
        if profiler is not None:
            profiler.enable()
        for _ in range(max(1, round(given.seconds))):
            await asyncio.sleep(1)
            late.look()
        if profiler is not None:
            profiler.disable()
        wall, cpu = clock.read()
        after = meters.order()
        polls = (sink.samples - heard) / wall
        lag, missed = behind.lag(), late.missed() - missed
        worst = late.worst_p99_ms()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    simulated = (after["cpu_s"] - before["cpu_s"]) / wall
    rows = [
        ("polls a second", f"{polls:,.0f}", f"{len(devices) / given.interval:,.0f}"),
        ("lateness p50", f"{sorted(late.seen_ms)[len(late.seen_ms) // 2]:.0f} ms", ""),
        ("lateness p99, over all lines", f"{p99(late.seen_ms):.0f} ms", "< 1,000 ms"),
        ("lateness p99 of the worst line", f"{worst:.0f} ms", "< 1,000 ms"),
        ("missed beats", f"{missed}", "0"),
        ("processor, service", f"{cpu / wall:.2f} of one core", ""),
        ("processor, simulator", f"{simulated:.2f} of one core", ""),
        ("resident memory, service", f"{resident_mb():.0f} MB", ""),
        ("consumers behind the journal", f"{lag} samples", "none grows"),
        ("values that were unknown", f"{sink.unknown}", "0"),
    ]
    figures = {
        "devices": len(devices), "polls_per_second": round(polls), "missed": missed,
        "lateness_p99_ms": round(p99(late.seen_ms)), "worst_line_p99_ms": round(worst),
        "service_cores": round(cpu / wall, 3), "simulator_cores": round(simulated, 3),
        "resident_mb": round(resident_mb()), "behind_samples": lag, "seconds": round(wall),
    }  # fmt: skip
    show(f"{len(devices):,} devices of 30 points, a cycle of {given.interval:g} s", rows, figures)
    if profiler is not None:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def main() -> None:
    """Start the simulator, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoints", type=int, default=200)
    parser.add_argument("--units", type=int, default=50)
    parser.add_argument("--interval", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm", type=float, default=20.0, help="seconds that do not count")
    parser.add_argument("--profile", action="store_true", help="print what takes the time")
    given = parser.parse_args()
    with simulator(given.endpoints) as meters:
        asyncio.run(measure(meters, given))


if __name__ == "__main__":
    main()
