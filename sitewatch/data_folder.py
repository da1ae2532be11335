"""The data folder: what stands in it, and that only one service works on it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sitewatch.errors import AlreadyRunningError, SitewatchError


@dataclass(frozen=True)
class DataFolder:
    """Names of everything in the data folder."""

    path: Path
    lock: int | None = None
    """Descriptor of its lock; a process that inherits it holds the folder as well."""

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.path / "journal.sqlite"

    @property
    def records(self) -> Path:
        """The relational database, where it is SQLite."""
        return self.path / "sitewatch.sqlite"

    @property
    def attachments(self) -> Path:
        """Photos of work orders, by the SHA-256 of their content."""
        return self.path / "attachments"

    @property
    def series(self) -> Path:
        """The series, where they are in DuckDB."""
        return self.path / "series.duckdb"


@contextmanager
def own(folder: Path) -> Iterator[DataFolder]:
    """Make a data folder and hold it; readable for its owner only.

    Raises:
        AlreadyRunningError: another service holds it.
        SitewatchError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise SitewatchError(
            f"the data folder {folder} cannot be used: {error.strerror}"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunningError(
                f"another sitewatch works on {folder}; stop it or give another --data"
            ) from error
        yield DataFolder(folder, lock.fileno())
