"""The runner of looks: what fails is tried again and said, what was told is published."""

import asyncio
from collections.abc import Sequence

import sqlalchemy as sa

from alerts.alarm import Transition
from alerts.feed import AlarmChange, AlarmFeed
from alerts.lookout import Lookout
from tests.alerts.desk import Desk
from tests.alerts.waiting import until


async def test_it_looks_again_after_a_failure_and_says_why() -> None:
    looks = 0

    def look() -> Sequence[AlarmChange]:
        nonlocal looks
        looks += 1
        if looks < 3:
            raise sa.exc.OperationalError("select", {}, Exception("disk"))
        return ()

    lookout = Lookout("test", look, 0.01)
    task = asyncio.create_task(lookout.run())
    await until(lambda: lookout.reason is not None)
    assert "disk" in str(lookout.reason)
    assert lookout.pulse.age() is not None
    await until(lambda: looks >= 3 and lookout.reason is None)
    task.cancel()


async def test_what_was_told_wakes_the_outbox_and_is_published() -> None:
    desk = Desk()
    desk.say("smoke-1", 1, {"smoke": True})
    alarm = desk.alarm("smoke_detector_fire", "smoke-1")
    assert alarm is not None
    told = [AlarmChange(alarm, Transition.RAISED)]
    feed, woken = AlarmFeed(), asyncio.Event()
    lookout = Lookout("test", lambda: [told.pop()] if told else [], 0.01, wake=woken.set, feed=feed)
    with feed.subscribe() as changes:
        task = asyncio.create_task(lookout.run())
        change = await changes.get(timeout=5)
        assert change is not None
        assert change.alarm.id == alarm.id
        async with asyncio.timeout(5):
            await woken.wait()
        task.cancel()
    desk.close()
