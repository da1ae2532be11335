"""Sockets with a name in the data folder, for its owner only."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def address(folder: Path, name: str) -> Iterator[str]:
    """The socket's path; a socket's may have 107 bytes only, a folder's more."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{name}"
    finally:
        os.close(handle)


def listen_at(folder: Path, name: str) -> socket.socket:
    """Listen under a name; one that a dead process left is taken over."""
    (folder / name).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    with address(folder, name) as path:
        before = os.umask(0o177)
        try:
            # Under its name only once it listens: a command may come at any moment.
            Path(f"{path}~").unlink(missing_ok=True)
            listening.bind(f"{path}~")
            listening.listen()
            Path(f"{path}~").rename(path)
        finally:
            os.umask(before)
    return listening


def is_answered(folder: Path, name: str) -> bool:
    """Whether a process listens under a name."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            with address(folder, name) as path:
                connection.connect(path)
        except OSError:
            return False
    return True
