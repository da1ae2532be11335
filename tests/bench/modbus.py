"""How fast Modbus polling is beside a bare pymodbus loop that reads the same blocks, in one run.

Run as `python -m tests.bench.modbus [--seconds 24] [--units 30] [--server cheap]`. In short
turns: the bare loop; the line alone (plan, gate, checks, decoding, conversion, samples); the whole
service (the line, the checks, the journal on disk, judge with default rules, recorder to DuckDB,
latest values). Against a server that costs nearly nothing a poll is all our own time; pymodbus' own
server, which most would take, costs a request as much again.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient

from collectors import modbus
from collectors.driver import Line
from collectors.modbus_reading import DeviceReader
from collectors.read_plan import Block
from device_configs.estate import Device
from tests.bench.rig.figures import CONSOLE, Clock, resident_mb, show
from tests.bench.rig.meters import meter, thirty_points
from tests.bench.rig.service import Counting, Service, service, wiring
from tests.bench.rig.simulator import pymodbus_server, simulator
from tests.collectors.lines import running

ROUNDS = 8
"""How often they take turns."""
_BARE, _WHOLE = "bare pymodbus loop", "whole service"
_STAGES = ("line alone", "with the journal", "and the judge", _WHOLE)
"""What is on, each with all of the one before."""
_AT_ONCE_S = 0.0001
"""An interval that is always over. [s]"""


@dataclass(frozen=True)
class Rates:
    """What one turn did in a second."""

    polls: float
    points: float
    requests: float
    busy: float
    """Processor time of this process for a second of wall time."""

    def per_poll_us(self) -> float:
        """Processor time of one poll. [us]"""
        return self.busy / self.polls * 1e6


async def bare(port: int, units: int, blocks: Sequence[Block], seconds: float) -> Rates:
    """pymodbus alone, one request after the other, without decoding."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0)
    await client.connect()
    polls, clock = 0, Clock()
    while clock.read()[0] < seconds:
        for block in blocks:
            answer = await client.read_input_registers(
                block.address, count=block.count, device_id=polls % units + 1
            )
            if answer.isError():
                raise SystemExit("the server refused")
        polls += 1
    wall, cpu = clock.read()
    client.close()
    return Rates(polls / wall, 0.0, polls * len(blocks) / wall, cpu / wall)


async def polled(devices: Sequence[Device], seconds: float, behind: Service | None) -> Rates:
    """The line for some seconds, alone or with the service behind it."""
    sink = Counting(behind.intake if behind else None)
    (line,) = modbus.DRIVER.open(devices, wiring(sink, 0.0))
    clock = Clock()
    async with running(line):
        await asyncio.sleep(seconds)
    wall, cpu = clock.read()
    return _rates(sink, line, wall, cpu)


def _rates(sink: Counting, line: Line, wall: float, cpu: float) -> Rates:
    requests = line.health().counters["requests"]
    return Rates(sink.samples / wall, sink.points / wall, requests / wall, cpu / wall)


async def measure(port: int, seconds: float, units: int) -> None:
    """Measure and print."""
    profile = thirty_points()
    devices = [meter(profile, port, unit, _AT_ONCE_S) for unit in range(1, units + 1)]
    blocks = DeviceReader(profile, modbus.settings_of(devices[0])).blocks
    rates: dict[str, list[Rates]] = {name: [] for name in (_BARE, *_STAGES)}
    turn = seconds / ROUNDS / len(rates)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = [
            await stack.enter_async_context(
                service(folder / str(on), devices, judging=on > 1, recording=on > 2)
            )
            for on in (1, 2, 3)
        ]
        behind = made[-1]
        for _ in range(ROUNDS):
            rates[_BARE].append(await bare(port, units, blocks, turn))
            for name, one in zip(_STAGES, (None, *made), strict=True):
                rates[name].append(await polled(devices, turn, one))
        lag, stored = behind.lag(), behind.stored()
    CONSOLE.print(f"{units} units on one line, {len(blocks)} request a poll, {ROUNDS} turns each")
    _print(rates, lag, stored)


def _print(rates: dict[str, list[Rates]], lag: dict[str, int], stored: dict[str, int]) -> None:
    loops = [rate.polls for rate in rates[_BARE]]
    rows: list[tuple[str, str, str]] = []
    figures: dict[str, object] = {}
    for name, found in rates.items():
        polls = statistics.median(rate.polls for rate in found)
        ratio = statistics.median(r.polls / loop for r, loop in zip(found, loops, strict=True))
        cost = statistics.median(rate.per_poll_us() for rate in found)
        points = statistics.median(rate.points for rate in found)
        text = f"{polls:,.0f} polls/s, {points:,.0f} points/s, {cost:,.0f} us of CPU a poll"
        rows += [(name, text, ""), ("  of the bare loop", f"{ratio:.2f}", _target(name))]
        figures[name] = {
            "polls_per_second": round(polls),
            "ratio": round(ratio, 3),
            "points_per_second": round(points),
            "cpu_us_per_poll": round(cost),
        }
    rows.append(("consumers behind the journal", f"{lag} samples", ""))
    rows.append(("resident memory", f"{resident_mb():.0f} MB", ""))
    more = {"behind_samples": lag, "samples": stored, "resident_mb": round(resident_mb())}
    show("Modbus polling, 30-point devices", rows, figures | more)


def _target(name: str) -> str:
    return ">= 0.5" if name == _WHOLE else ""


def main() -> None:
    """Start the simulator, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=24.0)
    parser.add_argument("--units", type=int, default=30)
    parser.add_argument("--server", choices=("cheap", "pymodbus"), default="cheap")
    arguments = parser.parse_args()
    start = simulator if arguments.server == "cheap" else pymodbus_server
    with start() as meters:
        asyncio.run(measure(meters.ports[0], arguments.seconds, arguments.units))


if __name__ == "__main__":
    main()
