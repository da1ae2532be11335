import asyncio
import threading

from alerts.alarm import Transition
from alerts.feed import AlarmChange, AlarmFeed
from tests.alerts.desk import Desk


def changes(count: int) -> list[AlarmChange]:
    desk = Desk()
    desk.say("smoke-1", 1, {"smoke": True})
    (alarm,) = desk.repository.open_alarms()
    desk.close()
    return [AlarmChange(alarm, Transition.RAISED)] * count


async def test_every_subscriber_gets_every_change_in_order() -> None:
    feed = AlarmFeed()
    (one,) = changes(1)
    two = AlarmChange(one.alarm, Transition.ACKNOWLEDGED)
    with feed.subscribe() as first, feed.subscribe() as second:
        feed.publish([one])
        feed.publish([two])
        for subscription in (first, second):
            assert await subscription.get(timeout=5) == one
            assert await subscription.get(timeout=5) == two
            assert await subscription.get(timeout=0.01) is None


async def test_a_slow_subscriber_loses_the_oldest_and_is_told() -> None:
    feed = AlarmFeed(bound=3)
    with feed.subscribe() as slow:
        feed.publish(changes(5))
        await asyncio.sleep(0)
        assert slow.dropped == 2
        assert feed.dropped == 2
        found = [await slow.get(timeout=1) for _ in range(3)]
        assert None not in found
    assert feed.dropped == 2


async def test_it_can_be_published_from_a_thread_and_iterated() -> None:
    feed = AlarmFeed()
    told = changes(2)
    with feed.subscribe() as subscription:
        thread = threading.Thread(target=feed.publish, args=(told,))
        thread.start()
        found = []
        async with asyncio.timeout(5):
            async for change in subscription:
                found.append(change)
                if len(found) == 2:
                    break
        thread.join()
    assert found == told


async def test_who_left_gets_nothing() -> None:
    feed = AlarmFeed()
    with feed.subscribe() as gone:
        pass
    feed.publish(changes(1))
    assert await gone.get(timeout=0.01) is None
