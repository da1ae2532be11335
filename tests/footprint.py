"""What this process holds, for the tests that look for leaks; and whether they run in full."""

import os
from pathlib import Path

FULL = bool(os.environ.get("SITEWATCH_FULL"))
"""Set by `make soak`."""
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def resident_mb() -> float:
    """Memory of this process. [MB]"""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE_MB


def open_files() -> int:
    """File descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))
