"""The folder of Parquet files: how one comes into it whole, and when one may go."""

import os
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_UNFINISHED = ".new"


class SegmentFiles:
    """Files that never change; one is removed when no reader is left that may know of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._moment = 0
        self._readers: set[int] = set()
        self._retired: list[tuple[int, Sequence[str]]] = []

    def path(self, name: str) -> Path:
        """Where a file stands."""
        return self.folder / name

    def has(self, name: str, size: int) -> bool:
        """Whether a file is there with the size it was written with."""
        path = self.path(name)
        return path.is_file() and path.stat().st_size == size

    def unfinished(self, name: str) -> Path:
        """Where a file is written before it is whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / (name + _UNFINISHED)

    def finish(self, name: str) -> int:
        """Bring a written file to the disk and to its name; returns its size [bytes]."""
        written = self.unfinished(name)
        sync(written)
        size = written.stat().st_size
        written.replace(self.path(name))
        sync(self.folder)
        return size

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What was not retired before this began stays until it ends."""
        with self._lock:
            self._moment += 1
            mine = self._moment
            self._readers.add(mine)
        try:
            yield
        finally:
            with self._lock:
                self._readers.discard(mine)
                self._sweep()

    def retire(self, names: Sequence[str]) -> None:
        """Remove files that the manifest no longer names, as soon as nobody reads them."""
        with self._lock:
            self._moment += 1
            self._retired.append((self._moment, names))
            self._sweep()

    def _sweep(self) -> None:
        oldest = min(self._readers, default=self._moment + 1)
        for moment, names in self._retired:
            if moment < oldest:
                for name in names:
                    self.path(name).unlink(missing_ok=True)
        self._retired = [kept for kept in self._retired if kept[0] >= oldest]

    def remove_others(self, known: Collection[str]) -> None:
        """Remove what a killed process left: files that no manifest names."""
        if self.folder.is_dir():
            for file in self.folder.iterdir():
                if file.name not in known and file.suffix in (".parquet", _UNFINISHED):
                    file.unlink()


def sync(path: Path) -> None:
    """Bring a file or a folder's list of names to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
