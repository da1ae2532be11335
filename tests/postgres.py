"""A real PostgreSQL for the tests, on a socket and in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BINARIES = "/usr/lib/postgresql"
"""Where Debian has the programs of the server, by version."""
USER = "sitewatch"


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`; None where there is no server."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path(_BINARIES).glob("*/bin/initdb"), key=lambda one: one.parts[-3])
    return versions[-1].parent if versions else None


@contextmanager
def postgres(binaries: Path) -> Iterator[str]:
    """The address of a server that has nothing in it; it is stopped at the end."""
    # A socket's path must be short, and the server refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data, log = folder / "data", folder / "log"
        _run(binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        _run(binaries / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://{USER}@/postgres?host={folder}"
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _run(program: Path, *arguments: object) -> None:
    command = [str(program), *map(str, arguments)]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
    done = subprocess.run(
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program.name} ended with {done.returncode}")
