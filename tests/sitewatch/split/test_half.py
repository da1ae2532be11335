import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from sitewatch.split.half import Half
from tests.ingest.samples import until

CHILD = """
import sys, time
from sitewatch.split.lifeline import BEAT, BLOCKED, FREE, READY, Lifeline
line = Lifeline(int(sys.argv[1]))
for word in {words}:
    line.say(word)
time.sleep({seconds})
sys.exit({code})
"""


def half(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: str, seconds: int = 60, code: int = 0
) -> Half:
    text = CHILD.format(words=words, seconds=seconds, code=code)
    (folder / "half_child.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(Path.cwd())]))

    def arguments(lifeline: int) -> Sequence[str]:
        return [str(lifeline)]

    return Half("child", "half_child", arguments, [])


async def test_what_a_child_says_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = half(tmp_path, monkeypatch, "[BEAT, BLOCKED, BLOCKED, READY]")
    running = asyncio.create_task(child.run_once())
    await until(child.was_ready.is_set)
    assert (child.signs.beats, child.blocked) == (1, 2)
    child.terminate()
    assert await running == -signal.SIGTERM
    assert child.pid is None


async def test_free_again_is_not_blocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = half(tmp_path, monkeypatch, "[BLOCKED, FREE, READY]")
    running = asyncio.create_task(child.run_once())
    await until(child.was_ready.is_set)
    assert child.blocked == 0
    child.kill()
    assert await running == -signal.SIGKILL


async def test_a_stopped_child_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = half(tmp_path, monkeypatch, "[READY]")
    running = asyncio.create_task(child.run_once())
    await until(child.was_ready.is_set)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGSTOP)
    child.kill()
    async with asyncio.timeout(10):
        assert await running == -signal.SIGKILL


async def test_it_can_be_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = half(tmp_path, monkeypatch, "[BLOCKED]", seconds=0, code=3)
    assert [await child.run_once(), await child.run_once()] == [3, 3]
    child.terminate()
