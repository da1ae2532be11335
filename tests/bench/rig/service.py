"""The service from the checks on: journal on disk, judge with default rules, recorder, latest."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from alerts.judge import Judge
from alerts.routes import Routes
from alerts.rules import load_rules
from collectors.driver import Wiring
from collectors.sample import Sample
from device_configs.estate import Device
from ingest.intake import Intake
from ingest.journal import Journal
from ingest.latest import Latest
from ingest.recorder import Recorder
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.estates import make_estate


def now_ms() -> int:
    """The wall clock. [ms, UTC]"""
    return time.time_ns() // 1_000_000


class NoLetters:
    """Counts dead letters."""

    count = 0

    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        """Count one."""
        self.count += 1


class Counting:
    """A sink that counts; with the service behind it, it hands everything on first."""

    def __init__(self, behind: Intake | None = None) -> None:
        self._behind = behind
        self.samples = self.points = self.unknown = 0
        self.heard: dict[str, list[float]] = {}

    async def append(self, samples: Sequence[Sample]) -> int:
        """Hand on and count."""
        if self._behind is not None:
            await self._behind.append(samples)
        now = time.perf_counter()
        for sample in samples:
            self.samples += 1
            known = sum(value is not None for value in sample.values.values())
            self.points += known
            self.unknown += len(sample.values) - known
            if known:
                self.heard.setdefault(sample.device, []).append(now)
        return self.samples

    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        """Registers are no payloads."""


@dataclass(frozen=True)
class Service:
    """Everything that is on."""

    intake: Intake
    journal: Journal
    judge: Judge
    recorder: Recorder

    def lag(self) -> dict[str, int]:
        """How many samples each consumer is behind the journal."""
        found = self.journal.statistics().lag
        return {name: sum(one.samples for one in lanes.values()) for name, lanes in found.items()}

    def stored(self) -> dict[str, int]:
        """Samples that are in the journal, judged, and in the store."""
        return {
            "journal": self.journal.statistics().written,
            "judged": self.judge.health.judged,
            "recorded": self.recorder.statistics().samples,
        }


def wiring(sink: Counting, spread_s: float = 1.0) -> Wiring:
    """What a line is given."""
    return Wiring(sink, sink, now_ms, {}, spread_s)


@asynccontextmanager
async def service(
    folder: Path, devices: Sequence[Device], *, judging: bool = True, recording: bool = True
) -> AsyncIterator[Service]:
    """Run the service for these devices for the life of a block."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    engine = make_engine(sqlite_url(folder / "records.db"))
    migrate(engine)
    estate = make_estate(devices)
    store = DuckDbStore(DuckDbSettings(folder / "series.duckdb", "128MB"))
    consumers = ["judge"] * judging + ["recorder"] * recording
    async with Journal.open(folder / "journal.db", consumers) as journal:
        intake = Intake(journal, Latest(lambda device, point: 60_000), estate.devices)
        judge = Judge(engine, journal, estate, load_rules(), Routes(), now_ms=now_ms)
        recorder = Recorder(journal, store)
        tasks = [asyncio.ensure_future(judge.run())] if judging else []
        tasks += [asyncio.ensure_future(recorder.run())] if recording else []
        try:
            yield Service(intake, journal, judge, recorder)
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
    store.close()
    engine.dispose()
