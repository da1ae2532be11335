"""How many quiet samples a second the judge evaluates, and how soon a fire is told.

Run as `python -m tests.bench.alerts [SAMPLES]`. Beside it a bare loop over the same samples that
only looks at every value, as the floor.
"""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from alerts.channels.webhook import Webhook, WebhookSettings
from alerts.judge import Judge
from alerts.outbox import Dispatcher
from alerts.routes import Route, Routes
from alerts.rules import load_rules
from collectors.sample import Lane, Sample, Value
from ingest.bus import Cursor
from ingest.journal import Journal
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.estates import device, make_estate
from tests.webhook import receiving

DEVICES = 1000
KINDS = ("electricity_meter", "pv_inverter", "ev_charger", "elevator", "smoke_detector")
QUIET: dict[str, dict[str, Value]] = {
    "electricity_meter": {
        "voltage_l1": 230.1, "voltage_l2": 229.8, "voltage_l3": 230.4, "current_l1": 10.0,
        "current_l2": 11.0, "current_l3": 9.0, "active_power": 6900.0, "power_factor": 0.97,
        "frequency": 50.0, "active_energy_import": 123456.0,
    },
    "pv_inverter": {
        "active_power": 5000.0, "dc_power": 5100.0, "mppt1_voltage": 600.0, "mppt1_current": 4.0,
        "string1_current": 4.0, "temperature": 41.0, "insulation_resistance": 900000.0,
        "residual_current": 20.0, "state": "running", "fault_grid": False,
    },
    "ev_charger": {
        "voltage_l1": 230.0, "current_l1": 16.0, "active_power": 3600.0, "state": "charging",
        "active_energy_total": 99.0, "session_energy": 9.0, "connector_temperature": 40.0,
        "fault_leakage": False, "fault_stop": False, "frequency": 50.0,
    },
    "elevator": {
        "service_mode": "normal", "car_state": "running", "direction": "up", "door_zone": False,
        "door_closed": True, "floor": 3, "occupied": True, "speed": 1.6, "alarm_button": False,
        "fault_code": 0,
    },
    "smoke_detector": {
        "smoke": False, "fault": False, "shielded": False, "supervisory": False, "test": False,
        "battery": 90, "battery_low": False, "tamper": False, "signal": 100, "heartbeat": True,
    },
}  # fmt: skip


class Tape:
    """A bus that gives numbered samples from memory."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples
        self.position = 0
        self.finished = asyncio.Event()

    async def append(self, samples: Sequence[Sample]) -> int:
        raise NotImplementedError

    async def read(self, after: Cursor, limit: int, timeout: float) -> Sequence[Sample]:
        found = self._samples[self.position : self.position + limit]
        self.position += len(found)
        if not found:
            self.finished.set()
            await asyncio.sleep(timeout)
        return found

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        return


def make_samples(count: int) -> list[Sample]:
    now = time.time_ns() // 1_000_000
    found = []
    for n in range(count):
        kind = KINDS[n % len(KINDS)]
        values = dict(QUIET[kind])
        if kind == "elevator":
            values["door_zone"] = n % 2 == 0
            values["floor"] = n % 11
        lane = Lane.SAFETY if kind in {"elevator", "smoke_detector"} else Lane.ROUTINE
        name = f"d{n % DEVICES}"
        found.append(Sample(name, now, values, lane=lane, seq=n + 1))
    return found


def bare(samples: Sequence[Sample]) -> float:
    """Seconds a loop takes that only looks at every value."""
    began, seen = time.perf_counter(), 0
    for sample in samples:
        for value in sample.values.values():
            seen += value is not None
    took = time.perf_counter() - began
    assert seen
    return took


async def judged(samples: Sequence[Sample], folder: Path) -> tuple[float, float]:
    """Seconds and CPU seconds the judge takes."""
    engine = make_engine(sqlite_url(folder / "records.db"))
    migrate(engine)
    estate = make_estate([device(f"d{n}", KINDS[n % len(KINDS)]) for n in range(DEVICES)])
    tape = Tape(samples)
    judge = Judge(
        engine, tape, estate, load_rules(), Routes(), now_ms=lambda: time.time_ns() // 1_000_000
    )
    began, cpu = time.perf_counter(), time.process_time()
    task = asyncio.ensure_future(judge.run())
    await tape.finished.wait()
    took, used = time.perf_counter() - began, time.process_time() - cpu
    assert judge.health.judged == len(samples)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    engine.dispose()
    return took, used


async def told(folder: Path, count: int) -> list[float]:
    """Seconds from `append` to the webhook's receiver, one smoke sample after the other."""
    engine = make_engine(sqlite_url(folder / "told.db"))
    migrate(engine)
    estate = make_estate([device("panel-1", "fire_panel", parts="smoke_detector")])
    found = []

    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    with receiving() as receiver:
        route = Route.model_validate({"notify": [{"webhook": {"url": receiver.url}}]})
        routes = Routes((route,))
        async with (
            Journal.open(folder / "journal.db", ["judge"]) as journal,
            Webhook(WebhookSettings(), now_ms) as webhook,
        ):
            dispatcher = Dispatcher(
                engine, {"webhook": webhook}, now_ms=now_ms, routes=lambda: routes
            )
            judge = Judge(
                engine, journal, estate, load_rules(), routes, now_ms=now_ms, wake=dispatcher.wake
            )
            tasks = [asyncio.ensure_future(judge.run()), asyncio.ensure_future(dispatcher.run())]
            for n in range(1, count + 1):
                began = time.monotonic()
                part = Sample(f"panel-1/p{n:03d}", now_ms(), {"smoke": True}, lane=Lane.SAFETY)
                await journal.append([part])
                requests = await asyncio.to_thread(receiver.wait, n)
                found.append(requests[-1].at - began)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    engine.dispose()
    return found


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    samples = make_samples(count)
    floor = bare(samples)
    with tempfile.TemporaryDirectory() as folder:
        took, used = asyncio.run(judged(samples, Path(folder)))
        latency = sorted(asyncio.run(told(Path(folder), 100)))
    print(f"judge: {count} samples of 10 points, {DEVICES} devices, default rules, nothing changes")
    print(f"  {count / took:,.0f} samples/s ({took:.2f} s, {used:.2f} s of CPU)")
    print(f"  a bare loop over the values: {count / floor:,.0f} samples/s")
    print(f"  ratio {floor / took:.3f}")
    print("journal append to webhook receiver, 100 fires one after the other")
    print(f"  median {latency[50] * 1000:.0f} ms, longest {latency[-1] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
