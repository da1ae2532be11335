"""A process that has imported the service and forks it: `python -m tests.e2e.zygote SOCKET`.

Importing takes most of a start, and a run of the tests starts the service very often. Each request
is one line of JSON, `{"argv": [...], "cwd": "...", "env": {...}}`, with the descriptors of standard
output and error; the answer is the number of the new process. Who forks it ends at once, so that
the process belongs to who asked (who is a subreaper at that moment) and can be waited for.
"""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from sitewatch.cli import main
from sitewatch.estate_folder import load_folder
from tests.tree import ROOT

LONGEST = 1_000_000
MODULES = (
    "alembic.command", "sitewatch.commands.demo", "sitewatch.commands.run", "sitewatch.operations",
    "sitewatch.service", "sitewatch.web",
)  # fmt: skip
"""What a service imports, also where it does so late."""
HOUSE = ROOT / "tests" / "acceptance" / "house"
"""An estate folder, loaded for the profile library that is read with it."""


@cache
def have_at_hand() -> None:
    """Have in memory what every service reads first, so that a fork is born with it."""
    for name in MODULES:
        import_module(name)
    load_folder(HOUSE)


def become(request: Mapping[str, Any], descriptors: list[int]) -> None:
    """Be the program that was asked for; never returns."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for target, given in enumerate(descriptors, 1):
            os.dup2(given, target)
            os.close(given)
        sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", closefd=False)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.argv = [f"{ROOT}/sitewatch/__main__.py", *request["argv"]]
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is, it ends this process
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def fork(request: Mapping[str, Any], descriptors: list[int], asking: socket.socket) -> None:
    """Fork twice, and say the number of the second process before the first one ends."""
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        return
    second = os.fork()
    if second:
        asking.sendall(f"{second}\n".encode())
        os._exit(0)
    asking.close()
    become(request, descriptors)


def serve(asking: socket.socket) -> None:
    """Fork what is asked for until nobody asks any more."""
    have_at_hand()
    gc.collect()
    gc.freeze()
    asking.sendall(b"ready\n")
    while True:
        line, descriptors, _, _ = socket.recv_fds(asking, LONGEST, 2)
        if not line:
            return
        while not line.endswith(b"\n"):
            line += asking.recv(LONGEST)
        fork(json.loads(line), descriptors, asking)
        for one in descriptors:
            os.close(one)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # DuckDB would print what its binding leaks
