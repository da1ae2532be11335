"""The two processes of a split service, found and mistreated from outside."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def children(parent: int) -> dict[str, int]:
    """The halves that run: `watch` and `serve`, each with its process id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            # The name of a program may hold spaces; what follows its bracket does not.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if int(fields[1]) == parent and fields[0] != "Z" and b"-m" in words:
                module = words[words.index(b"-m") + 1].decode()
                found[module.rpartition(".")[2]] = int(entry.name)
    return found


def runs(process: int) -> bool:
    """Whether a process is there and not a dead one that nobody has asked for."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def stopped(process: int) -> Iterator[None]:
    """Stop a process as a debugger does, and let it go on."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
