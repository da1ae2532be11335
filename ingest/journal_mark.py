"""What the journal should hold, noted beside it: a file that lost its end does not know it.

One small record, written in place after each commit and never synced: it survives the end of the
process, and after a power failure it is older than the journal, which is harmless.
"""

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ingest.bus import IngestError

_SIZE = 4096
_CRC = 4


@dataclass(frozen=True)
class Mark:
    """The counts of a journal at one commit."""

    last_seq: int
    totals: tuple[int, int] = (0, 0)
    """Samples ever written, safety and routine."""
    gone: tuple[int, int] = (0, 0)
    """Of them, those deleted on purpose; always the oldest."""
    unread: tuple[int, int] = (0, 0)
    """Of them, those that some consumer has still to read, as far as it has told."""
    dropped: int = 0
    duplicates: int = 0
    lost: int = 0
    cursors: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Consumer to its cursor in the safety and the routine lane."""


class MarkFile:
    """The file with the mark."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise IngestError(f"the journal's folder cannot be written: {error}") from error

    def read(self) -> Mark | None:
        """The mark; None where there is none that is whole."""
        try:
            found = os.pread(self._file, _SIZE, 0)
        except OSError:
            return None
        body = found[_CRC:].rstrip(b"\0")
        if len(found) <= _CRC or found[:_CRC] != zlib.crc32(body).to_bytes(_CRC):
            return None
        try:
            return msgspec.json.decode(body, type=Mark)
        except msgspec.DecodeError:
            return None

    def write(self, mark: Mark) -> None:
        """Replace the mark.

        Raises:
            IngestError: the disk refused.
        """
        body = msgspec.json.encode(mark)
        content = (zlib.crc32(body).to_bytes(_CRC) + body).ljust(_SIZE, b"\0")
        try:
            os.pwrite(self._file, content, 0)
        except OSError as error:
            raise IngestError(f"the journal's mark cannot be written: {error}") from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
