import asyncio
import contextlib
import socket
import subprocess
import sys
from contextlib import closing

from sitewatch.split.lifeline import BEAT, READY, Lifeline

CHILD = """
import sys, threading
from sitewatch.split.lifeline import READY, Lifeline
stopped = threading.Event()
line = Lifeline(int(sys.argv[1]))
line.end_with_parent(stopped.set)
line.say(READY)
assert stopped.wait(30)
print("stopped")
"""


def test_words_go_up_and_nobody_waits_for_a_parent_that_does_not_listen() -> None:
    ours, theirs = socket.socketpair()
    with closing(Lifeline(theirs.detach())) as line:
        with ours:
            line.say(READY)
            assert ours.recv(10) == READY
            for _ in range(100_000):
                line.say(BEAT)
        line.say(BEAT)


async def test_it_beats_until_cancelled() -> None:
    ours, theirs = socket.socketpair()
    with ours, closing(Lifeline(theirs.detach())) as line:
        beating = asyncio.create_task(line.beat())
        assert await asyncio.to_thread(ours.recv, 1) == BEAT
        assert await asyncio.to_thread(ours.recv, 1) == BEAT
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating


def test_the_end_of_the_parent_stops_the_child() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        assert ours.recv(1) == READY
        assert child.poll() is None
    out, _ = child.communicate(timeout=20)
    assert (out, child.returncode) == ("stopped\n", 0)
