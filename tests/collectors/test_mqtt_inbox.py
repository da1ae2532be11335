"""The inbox: safety first, bounded, and nothing that must not be lost is dropped silently."""

import asyncio
from collections.abc import Iterable

from collectors.mqtt_inbox import Inbox, Incoming


def message(name: str, *, qos: int = 1, size: int = 1) -> Incoming:
    return Incoming(name, b"x" * size, 0, 1, qos, False, 1)


def put_all(inbox: Inbox, topics: Iterable[str]) -> None:
    for topic in topics:
        inbox.put(message(topic), safety=False)


def names(taken: list[Incoming]) -> list[str]:
    return [message.topic for message in taken]


async def test_safety_overtakes_and_each_lane_keeps_its_order() -> None:
    inbox = Inbox(100, 10_000, 0.01)
    for name in ("r1", "s1", "r2", "s2"):
        inbox.put(message(name), safety=name.startswith("s"))
    assert names(await inbox.take(3, 5)) == ["s1", "s2", "r1"]
    assert names(await inbox.take(3, 5)) == ["r2"]
    assert await inbox.take(3, 0.01) == []
    assert len(inbox) == 0


async def test_a_full_inbox_drops_and_counts_what_no_broker_repeats() -> None:
    inbox = Inbox(2, 10_000, 0.01)
    for name in ("a", "b", "c"):
        inbox.put(message(name, qos=0), safety=False)
    assert inbox.dropped == 1
    assert names(await inbox.take(9, 5)) == ["a", "b"]


async def test_a_full_inbox_makes_the_network_thread_wait_but_drops_nothing_of_qos_1() -> None:
    inbox = Inbox(2, 10_000, 30)

    filling = asyncio.create_task(asyncio.to_thread(put_all, inbox, map(str, range(10))))
    taken: list[str] = []
    while len(taken) < 10:
        await asyncio.sleep(0.005)
        assert len(inbox) <= 2
        taken += names(await inbox.take(1, 5))
    await filling
    assert taken == [str(number) for number in range(10)]
    assert inbox.waits > 0
    assert inbox.dropped == 0


async def test_it_is_bounded_in_bytes_too() -> None:
    inbox = Inbox(100, 1000, 0.01)
    inbox.put(message("big", size=1000), safety=False)
    inbox.put(message("late", qos=0), safety=False)
    assert inbox.dropped == 1


async def test_waiting_ends_so_that_the_connection_stays_alive() -> None:
    inbox = Inbox(1, 1000, 0.01)
    await asyncio.to_thread(put_all, inbox, "abc")
    assert names(await inbox.take(9, 5)) == ["a", "b", "c"]
    assert inbox.waits == 2


async def test_closing_lets_a_waiting_thread_go() -> None:
    inbox = Inbox(1, 1000, 30)
    inbox.put(message("a"), safety=False)
    waiting = asyncio.create_task(asyncio.to_thread(lambda: inbox.put(message("b"), safety=False)))
    await asyncio.sleep(0.01)
    inbox.close()
    async with asyncio.timeout(5):
        await waiting
