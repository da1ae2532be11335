"""Room that is kept for alarms: a file in the data folder that is given up when the disk is full.

Whoever fills the disk, the journal and the alarms must still be written. What is bulk waits in the
journal meanwhile, which gives up its own oldest routine samples.
"""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import structlog

_LOG = structlog.get_logger(__name__)

DISK = "disk"
"""Its stage, as `health` names it."""
LARGEST_BYTES = 64 * 1024**2
"""Alarms and the journal's own reserve need less for days. [B] [P]"""
SHARE = 10
"""It takes at most this part of the disk: a tenth. [P]"""
_LOW_SHARE = 4
"""It is given up when less than a quarter of its size is free. [P]"""
_EVERY_S = 0.25


class DiskReserve:
    """A file that takes room, and lets go of it when there is no other."""

    def __init__(
        self,
        folder: Path,
        usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage,
    ) -> None:
        self._file = folder / "reserve"
        self._usage = usage
        self.reason: str | None = None
        """Why bulk must not be written now; None while the reserve is there or was never needed."""

    async def run(self) -> None:
        """Look several times a second until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(_EVERY_S)

    def look(self) -> None:
        """Take the room, or give it up, as the disk is."""
        try:
            total, _, free = self._usage(self._file.parent)
            size = min(LARGEST_BYTES, total // SHARE)
            held = self._file.stat().st_size if self._file.exists() else 0
            if held and free < size // _LOW_SHARE:
                self._file.unlink()
                self.reason = "the disk is full: only alarms and the journal are written"
                _LOG.error("the disk is full; its reserve is given up", freed=held)
            elif not held and free > 2 * size:
                self._take(size)
        except OSError as error:
            _LOG.warning("the reserve of the disk cannot be kept", error=str(error))

    def _take(self, size: int) -> None:
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        fresh.rename(self._file)
        if self.reason is not None:
            self.reason = None
            _LOG.info("the disk has room again; its reserve is kept", size=size)
