"""How fast a whole Modbus line is, beside a bare pymodbus loop over the same blocks in one run.

Run as `python -m tests.bench.modbus [--seconds 6] [--units 30]`; the server is its own process.
"""

import argparse
import asyncio
import multiprocessing
import multiprocessing.connection
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient
from rich.console import Console
from rich.table import Table

from collectors import modbus
from collectors.driver import Line, Wiring
from collectors.modbus_reading import DeviceReader
from collectors.read_plan import Block
from collectors.sample import Sample
from device_configs.profile import Profile, read_profile
from tests.collectors.lines import device, running
from tests.replay_server import Fault, ReplayServer, Unit

POINTS = 30
"""Points of the device that is polled, as float32 in one block: the design's 30-point device."""
ROUNDS = 8
"""How often loop and line take turns."""
SILENT = 7
"""The unit that falls silent."""


def profile_of(folder: Path, timeout_ms: int) -> Profile:
    """A meter with 30 points, all float32."""
    names = [f"{what}_l{phase}" for what in QUANTITIES for phase in (1, 2, 3)]
    names += ["active_power", "reactive_power", "apparent_power", "power_factor", "frequency"]
    names += ["active_energy_import", "active_energy_export", "reactive_energy_import"]
    names += ["current_total", "current_n", "active_energy_total", "reactive_energy_total"]
    units = {"voltage": "V", "current": "A", "active_power": "W", "reactive_power": "var",
             "apparent_power": "VA", "frequency": "Hz", "active_energy": "kWh",
             "reactive_energy": "kvarh"}  # fmt: skip
    lines = []
    for number, name in enumerate(names[:POINTS]):
        unit = next((u for prefix, u in units.items() if name.startswith(prefix)), None)
        suffix = f", unit: {unit}" if unit else ""
        lines.append(f"  {name}: {{address: {2 * number}, type: float32{suffix}}}")
    file = folder / "bench.yaml"
    head = (
        "profile: bench\nkind: electricity_meter\nvendor: Test\nmodel: Thirty points\n"
        f"source: test\nverified: document\nmodbus: {{table: input, timeout_ms: {timeout_ms}}}\n"
    )
    file.write_text(head + "points:\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return read_profile(file, {"modbus": modbus.SCHEMA})


QUANTITIES = (
    "voltage", "current", "active_power", "reactive_power", "apparent_power", "power_factor",
)  # fmt: skip


class _Changing(ReplayServer):
    """Answers with other values each time, so that nothing can be taken from the last poll."""

    _turn = 0

    def body(self, device: Unit, function: int, address: int, count: int) -> bytes:
        self._turn = (self._turn + 1) % 256
        body = super().body(device, function, address, count)
        return body.replace(b"\x33\x34", bytes([self._turn, 0x34]))


def serve(pipe: multiprocessing.connection.Connection, units: int) -> None:
    """The server's process: tells its port, then toggles the silent unit when told to."""

    async def run() -> None:
        made = {}
        for number in range(1, units + 1):
            unit = Unit()
            unit.load(4, 0, [0x4366, 0x3334] * POINTS)
            made[number] = unit
        async with _Changing(made) as server:
            pipe.send(server.port)
            while True:
                order = await asyncio.to_thread(pipe.recv)
                if order == "stop":
                    return
                made[SILENT].fault = Fault.SILENT if order == "silent" else None
                server.requests.clear()

    asyncio.run(run())


class Counting:
    """A sink that counts, and remembers when each device was heard."""

    def __init__(self) -> None:
        self.samples = self.points = 0
        self.heard: dict[str, list[float]] = {}

    async def append(self, samples: Sequence[Sample]) -> int:
        """Count."""
        now = time.perf_counter()
        for sample in samples:
            self.samples += 1
            self.points += len(sample.values)
            if any(value is not None for value in sample.values.values()):
                self.heard.setdefault(sample.device, []).append(now)
        return self.samples

    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        """Nothing is kept."""


def line_of(profile: Profile, port: int, units: int, interval_s: float, sink: Counting) -> Line:
    """One line with all units."""
    devices = [
        device(profile, port, number, name=f"m{number}", interval_s=interval_s)
        for number in range(1, units + 1)
    ]
    wiring = Wiring(sink, sink, lambda: time.time_ns() // 1_000_000)
    (line,) = modbus.DRIVER.open(devices, wiring)
    return line


@dataclass(frozen=True)
class Rates:
    """What the whole path did in a second."""

    polls: float
    points: float
    requests: float
    busy_us: float
    """Processor time of this process for one request. [us]"""


async def bare(port: int, units: int, blocks: Sequence[Block], seconds: float) -> Rates:
    """pymodbus alone, one request after the other, without decoding."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0)
    await client.connect()
    count, end = 0, time.perf_counter() + seconds
    began, busy = time.perf_counter(), time.process_time()
    while time.perf_counter() < end:
        unit = count % units + 1
        for block in blocks:
            answer = await client.read_input_registers(
                block.address, count=block.count, device_id=unit
            )
            if answer.isError():
                raise SystemExit("the server refused")
        count += 1
    took, busy = time.perf_counter() - began, time.process_time() - busy
    client.close()
    asked = count * len(blocks)
    return Rates(count / took, 0.0, asked / took, busy / asked * 1e6)


async def whole(profile: Profile, port: int, units: int, seconds: float) -> Rates:
    """The line as it runs: plan, gate, checks, decoding, conversion, samples, outbox, sink."""
    sink = Counting()
    line = line_of(profile, port, units, 0.0001, sink)
    began, busy = time.perf_counter(), time.process_time()
    async with running(line):
        await asyncio.sleep(seconds)
    took, busy = time.perf_counter() - began, time.process_time() - busy
    requests = line.health().counters["requests"]
    return Rates(sink.samples / took, sink.points / took, requests / took, busy / requests * 1e6)


async def cycles(
    profile: Profile, port: int, units: int, seconds: float, interval_s: float
) -> list[float]:
    """The time between two readings of a device, of all devices but the silent one. [s]"""
    sink = Counting()
    line = line_of(profile, port, units, interval_s, sink)
    async with running(line):
        await asyncio.sleep(seconds)
    return [
        later - earlier
        for name, times in sink.heard.items()
        if name != f"m{SILENT}"
        for earlier, later in pairwise(times)
    ]


def p99(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


async def measure(port: int, order: Callable[[str], None], arguments: argparse.Namespace) -> None:
    """Measure and print."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        profile = profile_of(Path(folder), 1000)
        patient = profile_of(Path(folder), arguments.timeout_ms)
    units, seconds = arguments.units, arguments.seconds
    settings = modbus.settings_of(device(profile, port))
    blocks = DeviceReader(profile, settings).blocks
    # In short turns, so that a slow moment of the machine meets both.
    loops, lines = [], []
    for _ in range(ROUNDS):
        loops.append(await bare(port, units, blocks, seconds / ROUNDS))
        order("clear")
        lines.append(await whole(profile, port, units, seconds / ROUNDS))
        order("clear")
    columns = ("path", "requests/s", "polls/s", "points/s", "CPU us/request")
    table = Table(*columns, title=f"{units} units, one line")
    for name, rates in (("bare pymodbus loop", loops), ("whole line", lines)):
        table.add_row(
            name,
            *(
                f"{statistics.median(column):,.0f}"
                for column in (
                    [rate.requests for rate in rates],
                    [rate.polls for rate in rates],
                    [rate.points for rate in rates],
                    [rate.busy_us for rate in rates],
                )
            ),
        )
    console.print(table)
    wall = statistics.median(w.requests / b.requests for w, b in zip(lines, loops, strict=True))
    busy = statistics.median(b.busy_us / w.busy_us for w, b in zip(lines, loops, strict=True))
    console.print(
        f"whole line / bare loop = {wall:.2f} (median of {ROUNDS} rounds; to reach: 0.5); "
        f"by processor time {busy:.2f}"
    )
    interval = arguments.interval
    before = await cycles(patient, port, units, seconds, interval)
    order("silent")
    after = await cycles(patient, port, units, seconds, interval)
    table = Table(
        "line", "p50 cycle", "p99 cycle", title=f"interval {interval} s, {patient_text(patient)}"
    )
    for name, values in (("all answer", before), ("one silent", after)):
        table.add_row(name, f"{statistics.median(values):.3f} s", f"{p99(values):.3f} s")
    console.print(table)
    console.print(f"p99 with one silent / before = {p99(after) / p99(before):.2f} (to reach: 1.2)")


def patient_text(profile: Profile) -> str:
    """The time-out in words."""
    return f"time-out {modbus.settings_of(device(profile, 1)).timeout_ms} ms"


def main() -> None:
    """Start the server's process, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--units", type=int, default=30)
    parser.add_argument("--interval", type=float, default=1.0)
    parser.add_argument("--timeout-ms", type=int, default=100)
    arguments = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, arguments.units), daemon=True
    )
    process.start()
    try:
        asyncio.run(measure(ours.recv(), ours.send, arguments))
    finally:
        ours.send("stop")
        process.join(5)


if __name__ == "__main__":
    main()
