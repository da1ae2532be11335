"""How soon a fire is stored and told in the middle of a flood, through a robot of 20 messages/min.

Run as `python -m tests.bench.flood [--alarms N] [--seconds S] [--rate R] [--fires F]`: so many
detectors behind many panels report a fault over so many seconds, meters send R samples a second
beside them, and F smoke detectors report at moments spread over the flood. Everything goes through
the journal, the judge and the outbox, each alarm with its events, chain and messages. The robot
blocks who sends more than 20 a minute, as a provider does; the duty phone takes what is urgent.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from alerts import tables
from alerts.channels.message import Channel, Message, Receipt
from alerts.judge import Judge
from alerts.outbox import Dispatcher, Outbox
from alerts.routes import Route, Routes
from alerts.rules import load_rules
from collectors.sample import Lane, Sample
from device_configs.estate import Device, Estate
from ingest.intake import Intake
from ingest.journal import Journal
from ingest.latest import Latest
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.estates import PARTS, device, make_estate
from tests.alerts.test_outbox_flood import Robot
from tests.bench.rig.figures import p99, show

REACH_S = 3.0
METERS = 500
_BATCHES_S = 20
"""How many times a second the meters send."""
_LONGEST_S = 300.0
ROUTES = Routes((
    Route.model_validate({"notify": [{"wecom": {"robot": "duty"}}]}),
    Route.model_validate({
        "when": {"severity": "emergency"}, "notify": [{"webhook": {"url": "http://127.0.0.1:9/p"}}],
    }),
))  # fmt: skip


def now_ms() -> int:
    """The wall clock. [ms, UTC]"""
    return time.time_ns() // 1_000_000


class Phone:
    """The duty phone: when each alarm first reached it. [s, monotonic]"""

    def __init__(self) -> None:
        self.at: dict[object, float] = {}

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        """Note the call."""
        self.at.setdefault(message.payload["device"], time.monotonic())
        return None


@dataclass
class Flood:
    """What is said, and when."""

    alarms: int
    seconds: float
    rate: int
    fires: int
    wait_s: float = _LONGEST_S
    """How long the faults may take to be stored after the last fire is out. [s]"""
    said: dict[str, float] = field(default_factory=dict)
    """Device or part to when the journal had its sample. [s, monotonic]"""

    def devices(self) -> Sequence[Device]:
        """Panels with their detectors, smoke detectors and meters."""
        panels = -(-self.alarms // PARTS)
        own = "smoke_detector"
        return [
            *(device(f"panel-{n}", "fire_panel", parts=own, interval_s=600) for n in range(panels)),
            *(
                device(f"smoke-{n}", own, f"place-{n}", protocol="mqtt", interval_s=3600)
                for n in range(self.fires)
            ),
            *(device(f"meter-{n}", "electricity_meter", interval_s=600) for n in range(METERS)),
        ]

    def faults(self) -> Iterator[str]:
        """The parts that report a fault."""
        for number in range(self.alarms):
            yield f"panel-{number // PARTS}/p{number % PARTS + 1:03d}"

    async def report(self, intake: Intake) -> None:
        """The detectors' faults, a wave each tenth of a second."""
        names, began = list(self.faults()), time.monotonic()
        waves = max(1, round(self.seconds * 10))
        each = -(-len(names) // waves)
        for wave in range(waves):
            chosen = names[wave * each : (wave + 1) * each]
            now = now_ms()
            await self._say(intake, [(name, {"fault": True}) for name in chosen], now)
            await asyncio.sleep(max(0.0, began + (wave + 1) / 10 - time.monotonic()))

    async def burn(self, intake: Intake) -> None:
        """The fires, at random moments."""
        chance = random.Random(self.fires)
        moments = sorted(chance.uniform(0.1, self.seconds) for _ in range(self.fires))
        began = time.monotonic()
        for number, at in enumerate(moments):
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            await self._say(intake, [(f"smoke-{number}", {"smoke": True})], now_ms())

    async def _say(
        self, intake: Intake, said: Sequence[tuple[str, Mapping[str, bool]]], now: int
    ) -> None:
        at = time.monotonic()
        self.said |= {name: at for name, _ in said}
        await intake.append([Sample(name, now, values, {}, Lane.SAFETY) for name, values in said])

    async def measure(self, intake: Intake) -> None:
        """The meters, until cancelled."""
        each, turn = max(1, self.rate // _BATCHES_S), 0
        began = time.monotonic()
        while True:
            now = now_ms()
            await intake.append([
                Sample(f"meter-{n % METERS}", now, {"active_power": float(n + turn)})
                for n in range(each)
            ])  # fmt: skip
            turn += 1
            await asyncio.sleep(max(0.0, began + turn / _BATCHES_S - time.monotonic()))


@dataclass(frozen=True)
class Came:
    """What came of it."""

    stored: Mapping[str, float]
    """Device or part to when its alarm was seen in the database. [s, monotonic]"""
    phone: Phone
    robot: Robot
    samples: int
    seconds: float
    waiting: int


async def watch(engine: sa.Engine, wanted: int, stored: dict[str, float]) -> None:
    """Note when alarms appear in the database."""
    table, seen = tables.alarms, 0
    query = sa.select(table.c.id, table.c.device).where(table.c.rule.in_(("smoke_detector_fire", "detector_fault")))  # noqa: E501  # fmt: skip

    def fresh() -> Sequence[tuple[int, str]]:
        with engine.connect() as connection:
            return [(n, d) for n, d in connection.execute(query.where(table.c.id > seen))]

    while len(stored) < wanted:
        for number, name in await asyncio.to_thread(fresh):
            seen = max(seen, number)
            stored[name] = time.monotonic()
        await asyncio.sleep(0.01)


async def run(folder: Path, flood: Flood) -> Came:
    """The flood through journal, judge and outbox."""
    engine = make_engine(sqlite_url(folder / "records.db"))
    migrate(engine)
    estate: Estate = make_estate(flood.devices())
    robot, phone, stored = Robot(), Phone(), dict[str, float]()
    channels: Mapping[str, Channel] = {"wecom": robot, "webhook": phone}
    async with Journal.open(folder / "journal.db", ["judge"]) as journal:
        intake = Intake(journal, Latest(lambda device, point: 60_000), estate.devices)
        dispatcher = Dispatcher(engine, channels, now_ms=now_ms, routes=lambda: ROUTES)
        judge = Judge(
            engine, journal, estate, load_rules(), ROUTES, now_ms=now_ms, wake=dispatcher.wake
        )
        began = time.monotonic()
        work = [judge.run(), dispatcher.run(), flood.measure(intake)]
        tasks = [asyncio.ensure_future(one) for one in work]
        await asyncio.sleep(1.0)
        wanted = flood.alarms + flood.fires
        looking = asyncio.ensure_future(watch(engine, wanted, stored))
        try:
            async with asyncio.timeout(_LONGEST_S):
                await asyncio.gather(flood.report(intake), flood.burn(intake))
                while len(phone.at) < flood.fires:  # noqa: ASYNC110  (a bench; there is no event)
                    await asyncio.sleep(0.05)
            with suppress(TimeoutError):
                async with asyncio.timeout(flood.wait_s):
                    await looking
        finally:
            for task in (*tasks, looking):
                task.cancel()
            await asyncio.wait([*tasks, looking])
        took = time.monotonic() - began
        written = journal.statistics().written
    waiting = Outbox(engine).waiting()
    engine.dispose()
    return Came(stored, phone, robot, written, took, waiting)


def _print(flood: Flood, came: Came) -> float:
    fires = [name for name in flood.said if name.startswith("smoke-")]
    kinds = {
        "fire, sample to stored alarm": [came.stored[n] - flood.said[n] for n in fires],
        "fire, sample to first attempt": [came.phone.at[n] - flood.said[n] for n in fires],
        "fault, sample to stored alarm": [
            at - flood.said[n] for n, at in came.stored.items() if n not in fires
        ],
    }
    rows, figures = [], dict[str, object]()
    for name, found in kinds.items():
        reach = f"< {REACH_S:.0f} s" if name.startswith("fire") else ""
        for title, value in (("p50", statistics.median(found)), ("p99", p99(found))):
            rows.append((f"{name}, {title}", f"{1000 * value:,.0f} ms", reach))
            figures[f"{name.replace(', ', '_').replace(' ', '_')}_{title}_s"] = round(value, 3)
    merged = sum("further" in one for _, one in came.robot.sent)
    rows += [
        ("samples through the journal", f"{came.samples / came.seconds:,.0f} /s", ""),
        ("messages of the robot, of these merged", f"{len(came.robot.sent)}, {merged}", "< 20/min"),
        ("alarms stored", f"{len(came.stored):,} of {len(flood.said):,}", ""),
        ("notifications waiting at the end", f"{came.waiting:,}", ""),
    ]
    title = (
        f"{flood.alarms:,} alarms in {flood.seconds:.0f} s, {flood.fires} fires among them, "
        f"{flood.rate:,} samples/s beside them"
    )
    show(title, rows, figures)
    return max(came.phone.at[n] - flood.said[n] for n in fires)


def main() -> None:
    """Run and print; exit code 1 where a fire took longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=20_000, help="samples/s of the meters")
    parser.add_argument("--fires", type=int, default=20)
    parser.add_argument("--wait", type=float, default=_LONGEST_S, help="for the last fault [s]")
    given = parser.parse_args()
    flood = Flood(given.alarms, given.seconds, given.rate, given.fires, given.wait)
    with tempfile.TemporaryDirectory() as folder:
        came = asyncio.run(run(Path(folder), flood))
    if _print(flood, came) > REACH_S:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
