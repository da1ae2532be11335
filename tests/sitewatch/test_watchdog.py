"""systemd's side is a datagram socket, as sd_notify(3) describes it."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from collectors.pulse import Pulse
from sitewatch.heartbeats import Heartbeats, Stage
from sitewatch.watchdog import Watchdog


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address)
        receiver.settimeout(5)
        yield receiver


async def told(watchdog: Watchdog, receiver: socket.socket, count: int) -> list[str]:
    task = asyncio.ensure_future(watchdog.run())
    try:
        return [(await asyncio.to_thread(receiver.recv, 1000)).decode() for _ in range(count)]
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def beats(age_s: float) -> Heartbeats:
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    pulse.beat()
    now[0] = age_s
    return Heartbeats({"engine": Stage(pulse, 30, safety=True)}, lambda: now[0])


@pytest.mark.parametrize("abstract", [False, True])
async def test_it_says_ready_once_and_then_feeds_the_watchdog(
    tmp_path: Path, abstract: bool
) -> None:
    given = f"@sitewatch-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    bound = "\0" + given[1:] if abstract else given
    environment = {"NOTIFY_SOCKET": given, "WATCHDOG_USEC": "60000"}
    with listening(bound) as receiver:
        said = await told(Watchdog(beats(1), environment), receiver, 3)
    assert said[0] == "READY=1"
    assert all(one.startswith("WATCHDOG=1\n") for one in said[1:])


async def test_it_does_not_feed_it_while_a_stage_stands_still(tmp_path: Path) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000"}
    with listening(environment["NOTIFY_SOCKET"]) as receiver:
        said = await told(Watchdog(beats(31), environment), receiver, 2)
        receiver.settimeout(0.2)
        with pytest.raises(TimeoutError):
            receiver.recv(1000)
    assert said == ["READY=1", "STATUS=stopped: engine"]


def test_how_often_is_a_third_of_what_systemd_asks_and_only_of_this_process() -> None:
    usec = {"WATCHDOG_USEC": "60000000"}
    assert Watchdog(beats(1), usec).every_s == 20
    assert Watchdog(beats(1), usec | {"WATCHDOG_PID": str(os.getpid())}).every_s == 20
    assert Watchdog(beats(1), usec | {"WATCHDOG_PID": "1"}).every_s == 30
    assert Watchdog(beats(1), {}).every_s == 30


async def test_without_systemd_nothing_is_sent(tmp_path: Path) -> None:
    task = asyncio.ensure_future(Watchdog(beats(1), {}).run())
    await asyncio.sleep(0.01)
    assert not task.done()
    task.cancel()
    gone = {"NOTIFY_SOCKET": str(tmp_path / "nobody")}
    other = asyncio.ensure_future(Watchdog(beats(1), gone).run())
    await asyncio.sleep(0.01)
    assert not other.done()
    other.cancel()
