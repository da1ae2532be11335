import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.alarm import Transition
from alerts.feed import AlarmChange, AlarmFeed, AlarmSubscription
from alerts.repository import AlarmRepository
from alerts.tail import AlarmTail
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.desk import START, Desk


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "records.db"))
    migrate(made)
    yield made
    made.dispose()


async def told(subscription: AlarmSubscription) -> list[tuple[str, Transition]]:
    found = []
    await asyncio.sleep(0)
    while (change := await subscription.get(timeout=0.01)) is not None:
        found.append((change.alarm.device, change.transition))
    return found


async def test_what_was_before_is_not_told_and_what_comes_is_told_once(engine: sa.Engine) -> None:
    desk, feed = Desk(engine=engine), AlarmFeed()
    desk.say("smoke-1", 1, {"smoke": True})
    tail = AlarmTail(engine, feed)
    with feed.subscribe() as changes:
        tail.look()
        assert await told(changes) == []
        desk.say("smoke-2", 2, {"smoke": True})
        (alarm,) = [one for one in desk.repository.open_alarms() if one.device == "smoke-2"]
        AlarmRepository(engine).acknowledge(alarm.id, "duty", None, START + 3000)
        tail.look()
        tail.look()
        assert await told(changes) == [
            ("smoke-2", Transition.RAISED),
            ("smoke-2", Transition.ACKNOWLEDGED),
        ]


async def test_a_call_makes_it_look_at_once(engine: sa.Engine) -> None:
    desk, feed = Desk(engine=engine), AlarmFeed()
    tail = AlarmTail(engine, feed, look_s=20)
    with feed.subscribe() as changes:
        running = asyncio.create_task(tail.run())
        change: AlarmChange | None = None
        async with asyncio.timeout(10):
            number = 0
            while change is None:
                # The first look only notes where to begin, and nobody tells when it was.
                number += 1
                desk.say(f"smoke-{number % 2 + 1}", number, {"smoke": number % 4 < 2})
                tail.wake()
                change = await changes.get(timeout=0.05)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_it_waits_for_a_database_that_is_away(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "late.db"))
    tail = AlarmTail(engine, AlarmFeed(), look_s=0.01)
    running = asyncio.create_task(tail.run())
    await asyncio.sleep(0.05)
    assert not running.done()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    engine.dispose()
