"""The simulator as a child process: it ends with us, however we end."""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sitewatch.errors import SitewatchError

_READY_S = 60.0
_STOP_S = 4.0


@dataclass(frozen=True)
class Simulator:
    """The running simulator."""

    broker: str
    """mosquitto or iotcore."""
    mqtt_url: str
    shift_ms: int
    """How far the model's clock is ahead of the wall clock. [ms]"""


@contextmanager
def starting_simulator(
    estate: Path, data: Path, start_at: str | None
) -> Iterator[Callable[[], Simulator]]:
    """Start the simulator; what is yielded waits until it answers. Stop it at the end."""
    command = [
        sys.executable, "-m", "collectors.simulator",
        "--estate", str(estate), "--data", str(data),
        *(("--start-at", start_at) if start_at else ()),
    ]  # fmt: skip
    # A group of its own: Ctrl-C reaches us alone, and we stop it after the service has stopped.
    process = subprocess.Popen(  # noqa: S603 - our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield lambda: _ready(process)
    finally:
        _stop(process)


def _ready(process: subprocess.Popen[str]) -> Simulator:
    """Wait until the simulator answers.

    Raises:
        SitewatchError: it did not start; the sentence is its own.
    """
    until = time.monotonic() + _READY_S
    while process.stdout is not None and time.monotonic() < until:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            continue
        line = process.stdout.readline()
        if not line:
            raise SitewatchError("the simulator stopped before it was ready; see its message above")
        message = json.loads(line)
        if not message["ready"]:
            raise SitewatchError(f"the simulator did not start: {message['error']}")
        broker = message["broker"]
        return Simulator(broker["name"], broker["url"], message["shift_ms"])
    raise SitewatchError(f"the simulator was not ready within {_READY_S:.0f} s")


def _stop(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.terminate()
    try:
        process.wait(timeout=_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
