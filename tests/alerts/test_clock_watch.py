"""The wall clock is set while alarms are judged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.alarm import Alarm
from alerts.clock_watch import SMALLEST_MS, ClockWatch
from alerts.judge import Judge
from alerts.repository import AlarmRepository
from alerts.routes import Routes
from alerts.rules import load_rules
from collectors.sample import Lane, Sample, Value
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.estates import make_estate
from tests.alerts.memory_bus import MemoryBus
from tests.alerts.test_judge import running
from tests.alerts.waiting import until

START = 1_780_000_000_000
HOUR_MS = 3_600_000


class Clocks:
    """A wall clock that can be set, beside one that only counts on."""

    def __init__(self) -> None:
        self.steady = 5_000
        self.wall = START

    def pass_by(self, milliseconds: int) -> None:
        self.steady += milliseconds
        self.wall += milliseconds


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(sqlite_url(tmp_path / "records.db"))
    migrate(engine)
    yield engine
    engine.dispose()


def test_only_a_clock_that_was_set_is_told_and_once() -> None:
    clocks = Clocks()
    watch = ClockWatch(lambda: clocks.wall, lambda: clocks.steady)
    clocks.pass_by(10 * HOUR_MS)
    clocks.wall += SMALLEST_MS - 1
    assert watch.set_by() == 0
    for by in (HOUR_MS, -HOUR_MS, SMALLEST_MS):
        clocks.wall += by
        clocks.pass_by(200)
        assert watch.set_by() == by
        assert watch.set_by() == 0
        assert watch.recently(600_000) == abs(by)
    clocks.pass_by(600_001)
    assert watch.recently(600_000) == 0


def judge_on(clocks: Clocks, engine: sa.Engine, bus: MemoryBus) -> Judge:
    return Judge(
        engine, bus, make_estate(), load_rules(), Routes(),
        now_ms=lambda: clocks.wall, steady_ms=lambda: clocks.steady,
    )  # fmt: skip


async def judged(judge: Judge, bus: MemoryBus, clocks: Clocks, **said: Value) -> None:
    """Let smoke-1 say something, or nothing, and wait until it and the time are judged."""
    before = judge.health.judged
    if said:
        await bus.append([Sample("smoke-1", clocks.wall, said, lane=Lane.SAFETY)])
        await until(lambda: judge.health.judged > before)
    await until(lambda: judge.health.judged_until == clocks.wall)


def open_of_smoke_1(repository: AlarmRepository) -> list[Alarm]:
    return [one for one in repository.open_alarms() if one.device == "smoke-1"]


@pytest.mark.parametrize("by", [HOUR_MS, -HOUR_MS])
async def test_a_clock_that_is_set_raises_clears_and_holds_up_nothing(
    engine: sa.Engine, by: int
) -> None:
    clocks, bus, repository = Clocks(), MemoryBus(), AlarmRepository(engine)
    judge = judge_on(clocks, engine, bus)
    async with running(judge):
        await judged(judge, bus, clocks, battery_low=True, smoke=False)
        clocks.pass_by(9_000)
        clocks.wall += by
        await judged(judge, bus, clocks)
        assert open_of_smoke_1(repository) == [], "9 of the 10 s of its on-delay"
        clocks.pass_by(1_000)
        await judged(judge, bus, clocks)
        await until(
            lambda: [a.rule for a in open_of_smoke_1(repository)] == ["detector_battery_low"]
        )
        await judged(judge, bus, clocks, battery_low=False)
        clocks.pass_by(20_000)
        await judged(judge, bus, clocks, battery=90)
        clocks.pass_by(20_000)
        await judged(judge, bus, clocks, battery=90)
        clocks.pass_by(19_000)
        clocks.wall += by
        await judged(judge, bus, clocks)
        assert open_of_smoke_1(repository)[0].active, "59 of the 60 s of its off-delay"
        clocks.pass_by(1_000)
        await judged(judge, bus, clocks)
        await until(lambda: not any(a.active for a in open_of_smoke_1(repository)))
        await judged(judge, bus, clocks, smoke=True)
        await until(
            lambda: any(a.rule == "smoke_detector_fire" for a in open_of_smoke_1(repository))
        )


async def test_a_test_that_ends_after_the_clock_was_set_back_has_ended(engine: sa.Engine) -> None:
    clocks, bus, repository = Clocks(), MemoryBus(), AlarmRepository(engine)
    judge = judge_on(clocks, engine, bus)
    async with running(judge):
        await judged(judge, bus, clocks, test=True)
        clocks.wall -= HOUR_MS
        await judged(judge, bus, clocks, test=False)
        await judged(judge, bus, clocks, smoke=True)
        await until(lambda: len(open_of_smoke_1(repository)) == 1)
    assert not open_of_smoke_1(repository)[0].test, "a real fire"


async def test_what_was_open_ends_after_a_restart_with_the_clock_set_back(
    engine: sa.Engine,
) -> None:
    clocks, bus, repository = Clocks(), MemoryBus(), AlarmRepository(engine)
    judge = judge_on(clocks, engine, bus)
    async with running(judge):
        await judged(judge, bus, clocks, tamper=True)
        await until(lambda: len(open_of_smoke_1(repository)) == 1)
    clocks.wall -= HOUR_MS
    judge = judge_on(clocks, engine, bus)
    async with running(judge):
        await judged(judge, bus, clocks, tamper=False)
        clocks.pass_by(31_000)
        await judged(judge, bus, clocks)
        await until(lambda: not open_of_smoke_1(repository)[0].active)
