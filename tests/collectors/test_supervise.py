"""A line that dies is started again, and a cancellation is not a failure."""

import asyncio

import pytest

from collectors.driver import CollectorsError
from collectors.supervise import BACK_OFF_CAP_S, GOOD_TIME_S, restart_wait, supervise


class Clock:
    """Time that only the sleeps move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


async def supervised(run: "Dying", clock: Clock) -> None:
    await supervise(
        "line", run, on_failure=run.told.append, sleep=clock.sleep,
        monotonic=clock.monotonic, chance=lambda: 1.0,
    )  # fmt: skip


class Dying:
    """Fails as often as told, then ends."""

    def __init__(self, clock: Clock, lives: list[float]) -> None:
        self.clock, self.lives = clock, lives
        self.started = 0
        self.told: list[Exception] = []

    async def __call__(self) -> None:
        self.started += 1
        if self.lives:
            self.clock.now += self.lives.pop(0)
            raise CollectorsError("dead")


async def test_it_is_started_again_with_growing_waits() -> None:
    clock = Clock()
    run = Dying(clock, [0.0, 0.0, 0.0, 0.0])
    await supervised(run, clock)
    assert run.started == 5
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]
    assert [str(error) for error in run.told] == ["dead"] * 4


async def test_a_good_time_resets_the_wait() -> None:
    clock = Clock()
    run = Dying(clock, [0.0, 0.0, GOOD_TIME_S, 0.0])
    await supervised(run, clock)
    assert clock.slept == [0.5, 1.0, 0.5, 1.0]


async def test_errors_out_of_task_groups_are_told_singly() -> None:
    clock, told = Clock(), list[Exception]()
    lives = [1]

    async def run() -> None:
        if lives.pop() if lives else 0:
            raise ExceptionGroup("group", [ValueError("inner")])

    await supervise("line", run, on_failure=told.append, sleep=clock.sleep)
    assert [type(error) for error in told] == [ValueError]


async def test_a_cancellation_passes() -> None:
    started = asyncio.Event()
    told: list[Exception] = []

    async def run() -> None:
        started.set()
        await asyncio.sleep(3600)

    task = asyncio.ensure_future(supervise("line", run, on_failure=told.append))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == []


def test_waits_are_capped_and_jittered() -> None:
    assert restart_wait(50, 1.0) == BACK_OFF_CAP_S
    assert restart_wait(1000, 0.25) == BACK_OFF_CAP_S / 4
    assert restart_wait(1, 0.0) == 0.0


async def test_a_cancellation_that_meets_a_failure_is_not_swallowed() -> None:
    begun = asyncio.Event()

    async def fails_when_cancelled() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            raise CollectorsError("lost at the wrong moment")

    task = asyncio.ensure_future(supervise("x", fails_when_cancelled))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await task
