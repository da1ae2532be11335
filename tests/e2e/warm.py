"""Starts the service without waiting for its imports: forked from a process that has them.

It is a process like any other: a child of the one that asked, with its own number, to be stopped,
killed and waited for. What is not there is the time that a Python needs to read its modules.
"""

import atexit
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TextIO

from tests.tree import ROOT

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: orphans below this process become its own children [prctl(2)]."""
_LOOK_S = 0.005
_ANSWER_S = 120.0


class Forked:
    """A forked process, with what the tests use of `subprocess.Popen`."""

    def __init__(self, pid: int, stdout: TextIO) -> None:
        self.pid = pid
        self.stdout: TextIO | None = stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or minus the number of the signal that ended it; None while it lives."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it lives on.
        """
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("sitewatch", timeout)
            time.sleep(_LOOK_S)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def fork(arguments: Sequence[str], environment: Mapping[str, str]) -> Forked:
    """Start `sitewatch ARGUMENTS`; standard output and error come together."""
    asked = json.dumps({"argv": list(arguments), "cwd": os.getcwd(), "env": dict(environment)})
    reading, writing = os.pipe()
    prctl = ctypes.CDLL(None).prctl
    zygote = _zygote(os.getpid())
    prctl(_SUBREAPER, 1, 0, 0, 0)
    try:
        socket.send_fds(zygote, [f"{asked}\n".encode()], [writing, writing])
        pid = int(_line(zygote))
        _until_ours(pid)
    finally:
        prctl(_SUBREAPER, 0, 0, 0, 0)
        os.close(writing)
    return Forked(pid, os.fdopen(reading, encoding="utf-8"))


def _until_ours(pid: int) -> None:
    until = time.monotonic() + _ANSWER_S
    while time.monotonic() < until:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        if int(status[1]) == os.getpid():
            return
        time.sleep(0.001)
    raise AssertionError(f"the process {pid} was not handed over")


def _line(connection: socket.socket) -> str:
    found = b""
    while not found.endswith(b"\n"):
        more = connection.recv(64)
        assert more, "the process that forks has ended"
        found += more
    return found.decode()


@cache
def _zygote(_asking: int) -> socket.socket:
    """The process that forks, one for each process that asks."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.zygote", str(theirs.fileno())],
        pass_fds=[theirs.fileno()], cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip
    theirs.close()
    ours.settimeout(_ANSWER_S)
    assert _line(ours) == "ready\n"

    def end() -> None:
        ours.close()
        process.wait(30)

    atexit.register(end)
    return ours
