import asyncio
import gc
import subprocess
import sys
import weakref

import pytest

from sitewatch.garbage import ALL_S, SHARE, YOUNG_S, clear_away

CODE = """
import atexit, gc
from sitewatch.garbage import settle
before = gc.get_freeze_count()
atexit.register(lambda: print(gc.get_freeze_count()))
settle()
print(gc.get_freeze_count() > before, gc.get_threshold()[0])
"""


def test_what_was_loaded_is_looked_at_no_more_and_all_is_looked_at_in_the_end() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.split() == ["True", "50000", "0"]


class Ring:
    """A cycle, which only the collector frees."""

    def __init__(self) -> None:
        self.me = self


async def run_for(seconds: float, took_s: float = 0.0) -> list[int]:
    """How many rings live after each pause; 100 are made in each, and a look takes so long."""
    made, alive, now = list["weakref.ref[Ring]"](), list[int](), 0.0

    async def sleep(pause_s: float) -> None:
        nonlocal now
        alive.append(sum(one() is not None for one in made))
        if now >= seconds:
            raise asyncio.CancelledError
        made.extend(weakref.ref(Ring()) for _ in range(100))
        now += pause_s

    def monotonic() -> float:
        nonlocal now
        now += took_s
        return now

    with pytest.raises(asyncio.CancelledError):
        await clear_away(sleep, monotonic)
    return alive


async def test_what_has_become_garbage_does_not_gather() -> None:
    gc.collect()
    before = gc.get_threshold()
    gc.set_threshold(10**6, 100, 100)
    try:
        alive = await run_for(10 * YOUNG_S)
        assert max(alive) <= 100
        assert len(alive) > 9
    finally:
        gc.set_threshold(*before)


async def test_the_longer_a_whole_look_takes_the_seldomer_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = list[int]()
    monkeypatch.setattr(gc, "collect", lambda generation=2: looks.append(generation))
    await run_for(4 * ALL_S)
    assert looks.count(2) == 4
    looks.clear()
    await run_for(4 * ALL_S, took_s=ALL_S * SHARE * 2)
    assert looks.count(2) == 1
