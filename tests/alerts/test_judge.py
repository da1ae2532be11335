import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts import tables
from alerts.feed import AlarmFeed
from alerts.judge import Judge
from alerts.repository import AlarmRepository
from alerts.routes import Routes
from alerts.rules import load_rules
from collectors.sample import Lane, Sample
from device_configs.estate import Estate
from ingest.bus import Cursor
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.estates import default_devices, make_estate
from tests.alerts.memory_bus import MemoryBus
from tests.alerts.waiting import until

RULES = load_rules()


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def smoke(device: str = "smoke-1", on: bool = True, lane: Lane = Lane.SAFETY) -> Sample:
    return Sample(device, wall_ms(), {"smoke": on}, lane=lane)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(sqlite_url(tmp_path / "records.db"))
    migrate(engine)
    yield engine
    engine.dispose()


@asynccontextmanager
async def running(judge: Judge) -> AsyncIterator[Judge]:
    task = asyncio.ensure_future(judge.run())
    try:
        await until(lambda: judge.health.reason is None or task.done())
        yield judge
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def make_judge(
    engine: sa.Engine, bus: MemoryBus, estate: Estate | None = None, feed: AlarmFeed | None = None
) -> Judge:
    return Judge(
        engine, bus, estate or make_estate(), RULES, Routes(), now_ms=wall_ms, feed=feed
    )  # fmt: skip


async def test_a_sample_becomes_an_alarm_an_event_and_a_word_on_the_feed(engine: sa.Engine) -> None:
    bus, feed = MemoryBus(), AlarmFeed()
    repository = AlarmRepository(engine, feed)
    with feed.subscribe() as subscription:
        async with running(make_judge(engine, bus, feed=feed)):
            await bus.append([smoke()])
            change = await subscription.get(timeout=20)
            assert change is not None
            assert (change.alarm.rule, change.transition.value) == ("smoke_detector_fire", "raised")
            stored = repository.get(change.alarm.id)
            assert stored == change.alarm
            await until(lambda: bus.committed.get("judge") == Cursor(safety=1))


async def test_acknowledgement_and_samples_agree_while_it_runs(engine: sa.Engine) -> None:
    bus, feed = MemoryBus(), AlarmFeed()
    repository = AlarmRepository(engine, feed)
    with feed.subscribe() as subscription:
        async with running(make_judge(engine, bus, feed=feed)):
            await bus.append([smoke("panel-1/p001")])
            first = await subscription.get(timeout=20)
            assert first is not None
            await asyncio.to_thread(
                repository.acknowledge, first.alarm.id, "li", None, wall_ms()
            )  # fmt: skip
            acked = await subscription.get(timeout=20)
            assert acked is not None
            assert acked.alarm.acked_by == "li"
            await bus.append([smoke("panel-1/p001", False), smoke("panel-1/p001", True)])
            again = await subscription.get(timeout=20)
            assert again is not None
            assert again.transition.value == "reraised"
            assert not again.alarm.acked
            assert again.alarm.occurrences == 2


async def test_a_restart_goes_on_where_it_was(engine: sa.Engine) -> None:
    bus = MemoryBus()
    repository = AlarmRepository(engine)
    async with running(make_judge(engine, bus)):
        await bus.append([smoke()])
        await until(lambda: len(repository.open_alarms()) == 1)
    await bus.append([smoke("panel-1/p007"), smoke()])
    async with running(make_judge(engine, bus)):
        await until(lambda: len(repository.open_alarms()) == 3)
    found = {(one.rule, one.device): one.occurrences for one in repository.open_alarms()}
    assert found == {
        ("smoke_detector_fire", "smoke-1"): 1,
        ("smoke_detector_fire", "panel-1/p007"): 1,
        ("confirmed_fire", "panel-1/p007"): 1,
    }


async def test_quiet_samples_move_the_cursor_within_seconds(engine: sa.Engine) -> None:
    bus = MemoryBus()
    async with running(make_judge(engine, bus)):
        await bus.append([smoke(on=False) for _ in range(700)])
        await until(lambda: bus.committed.get("judge") == Cursor(safety=700))
    with engine.begin() as connection:
        rows = connection.execute(sa.select(tables.judge_cursor)).all()
    assert [tuple(row) for row in rows] == [("judge", 700, 0)]


async def test_it_waits_for_a_bus_that_fails(engine: sa.Engine) -> None:
    bus = MemoryBus()
    repository = AlarmRepository(engine)
    judge = make_judge(engine, bus)
    async with running(judge):
        bus.broken = True
        await until(lambda: judge.health.reason is not None)
        assert str(judge.health.reason).startswith("bus: the disk is gone")
        await bus.append([smoke()])
        bus.broken = False
        await until(lambda: len(repository.open_alarms()) == 1)


async def test_it_waits_for_a_database_that_fails(engine: sa.Engine) -> None:
    bus = MemoryBus()
    repository = AlarmRepository(engine)
    judge = make_judge(engine, bus)
    async with running(judge):
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE alarm_events RENAME TO away"))
        await bus.append([smoke()])
        await until(lambda: judge.health.reason is not None)
        assert str(judge.health.reason).startswith("database")
        assert repository.open_alarms() == ()
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE away RENAME TO alarm_events"))
        await until(lambda: len(repository.open_alarms()) == 1)
        await until(lambda: judge.health.reason is None)


async def test_a_new_revision_is_taken_up_and_what_is_gone_is_withdrawn(
    engine: sa.Engine,
) -> None:
    bus = MemoryBus()
    repository = AlarmRepository(engine)
    judge = make_judge(engine, bus)
    async with running(judge):
        await bus.append([smoke(), Sample("gas-1", wall_ms(), {"fault": True}, lane=Lane.SAFETY)])
        await until(lambda: len(repository.open_alarms()) == 2)
        left = [one for one in default_devices() if one.id not in {"smoke-1", "gas-1"}]
        judge.replace(make_estate(left), RULES, Routes())
        await until(lambda: not any(alarm.active for alarm in repository.open_alarms()))
        states = {alarm.device: alarm.state for alarm in repository.open_alarms()}
        assert states == {"smoke-1": "latched_unacked", "gas-1": "returned_unacked"}
        await bus.append([smoke("panel-1/p003")])
        await until(lambda: len(repository.open_alarms()) == 3)


async def test_safety_overtakes_routine(engine: sa.Engine) -> None:
    bus = MemoryBus()
    repository = AlarmRepository(engine)
    quiet = Sample("meter-1", wall_ms(), {"active_power": 5.0})
    await bus.append([quiet] * 3000)
    await bus.append([smoke()])
    async with running(make_judge(engine, bus)):
        await until(lambda: len(repository.open_alarms()) == 1 and bool(bus.history))
    assert bus.history[0].safety == 3001
    assert bus.history[0].routine < 3000


async def test_a_backlog_is_not_silence(engine: sa.Engine) -> None:
    """Old samples in the journal are judged at their own time: nothing was silent meanwhile."""
    bus = MemoryBus()
    repository = AlarmRepository(engine)
    estate = make_estate([one for one in default_devices() if one.id == "meter-1"])
    began = wall_ms() - 3_600_000
    await bus.append(
        [Sample("meter-1", began + n * 1000, {"active_power": 1.0}) for n in range(3590)]
    )
    judge = make_judge(engine, bus, estate)
    async with running(judge):
        await until(lambda: judge.health.judged == 3590)
        await until(lambda: bus.committed.get("judge") == Cursor(routine=3590))
    assert repository.page("all").items == ()


async def test_a_fire_does_not_wait_behind_a_flood(engine: sa.Engine) -> None:
    """By order, not by time: the fire was reported last, and most of the flood is written later."""
    bus = MemoryBus()
    repository = AlarmRepository(engine)
    panel = [f"panel-1/p{n:03d}" for n in range(1, 101)]
    async with running(make_judge(engine, bus)):
        for point in ("shielded", "supervisory", "tamper"):
            await bus.append([Sample(p, wall_ms(), {point: True}, lane=Lane.SAFETY) for p in panel])
        await bus.append([Sample(p, wall_ms(), {"smoke": False}, lane=Lane.SAFETY) for p in panel])
        await bus.append([smoke("smoke-1")])
        await until(lambda: bus.committed.get("judge") == Cursor(safety=4 * 100 + 1))
    found = repository.page("all", limit=2000).items
    (fire,) = [one for one in found if one.rule == "smoke_detector_fire"]
    before = [one for one in found if one.id < fire.id]
    assert len(found) - len(before) > 100, f"{len(before)} of {len(found)} came before the fire"


async def test_what_dies_in_the_middle_of_a_flood_is_judged_again_and_told_once(
    engine: sa.Engine,
) -> None:
    bus = MemoryBus()
    repository = AlarmRepository(engine)
    await bus.append([smoke(f"panel-1/p{n:03d}") for n in range(1, 61)])
    await bus.append([smoke("smoke-1"), smoke("gas-1")])
    async with running(make_judge(engine, bus)):
        await until(lambda: len(repository.open_alarms()) >= 10)
    left = bus.committed.get("judge", Cursor())
    async with running(make_judge(engine, bus)):
        await until(lambda: bus.committed.get("judge") == Cursor(safety=62))
    assert left.safety < 62, "it died in the middle"
    fires = [one for one in repository.page("all", limit=2000).items
             if one.rule == "smoke_detector_fire"]  # fmt: skip
    assert len(fires) == len({one.device for one in fires}) == 61
    assert {one.occurrences for one in fires} == {1}
