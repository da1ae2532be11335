"""Checking an estate folder in a process of its own, which a file that bursts cannot outlive.

Run as `python -m sitewatch.estate_check FOLDER`; prints the faults as JSON.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from device_configs.faults import Fault, InvalidConfigError
from sitewatch.estate_folder import load_folder

LONGEST_S = 60
"""A check that takes longer is ended. [s]"""
MOST_MEMORY = 1024 * 1024 * 1024
"""A check that takes more is ended. [B]"""
_TOO_MUCH = "the folder could not be checked: it takes more time or memory than a check may have"


def faults_of(folder: Path) -> Sequence[Fault]:
    """What is wrong with an estate folder, found in this process."""
    try:
        load_folder(folder)
    except InvalidConfigError as error:
        return error.faults
    return ()


def check_apart(folder: Path) -> Sequence[Fault]:
    """What is wrong with an estate folder, found in another process; blocks until it ends."""
    command = [sys.executable, "-m", "sitewatch.estate_check", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_S, check=True)  # noqa: S603
        return [Fault(*row) for row in json.loads(done.stdout)]
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError, ValueError):
        return (Fault(str(folder), 0, "", _TOO_MUCH),)


def _main(folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_S, LONGEST_S))
    rows = [astuple(fault) for fault in faults_of(Path(folder))]
    sys.stdout.write(json.dumps(rows, ensure_ascii=False))


if __name__ == "__main__":
    _main(sys.argv[1])
